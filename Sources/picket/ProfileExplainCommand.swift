import ArgumentParser
import Foundation
import PicketEvents
import PicketProfiles
import PicketState

struct ProfileExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says in plain sentences what profiles do, what they except, and what is silenced.",
        discussion: """
            Examples:
              picket profile explain profiles/generic-sensor.yaml
              picket profile explain profiles/ --data picket-data
            """)

    @Argument(help: ArgumentHelp("Profile files and folders.", valueName: "path"))
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "A data folder of picket run, or a log folder: says what people silenced there.", valueName: "folder"))
    var data: String?

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        do {
            let profiles = try ProfileArguments.load(paths, output)
            let silences = try data.map { try StateOptions.tables(in: $0).silences() } ?? []
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            var out = StandardOutput()
            for profile in profiles {
                let own = silences.filter { $0.profile == profile.name }
                if output.isJSON {
                    for line in Explain.json(profile, now: now) + own.map({ StateLine.json($0) }) { try out.line(line) }
                } else {
                    try out.line(Explain.text(profile, now: now).utf8)
                    for silence in own { try out.line("  Silenced: \(VisibleLine.text(silence, now: now))".utf8) }
                }
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}
