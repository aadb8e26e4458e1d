import ArgumentParser
import PicketLog

struct LogExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes evidence into a folder: records, a proof for each, the checkpoint, and how to check.",
        discussion: """
            Examples:
              picket log export picket-data/log --to-folder case-17 --device sensor-000614 --from 2026-11-18
              picket log export picket-data/log --to-folder violations --kind violation

            Records that no checkpoint covers yet are left out, and counted.
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    @Option(
        name: .customLong("to-folder"), help: ArgumentHelp("A folder that does not exist yet.", valueName: "folder"))
    var target: String

    @OptionGroup var options: QueryOptions

    mutating func run() async throws {
        let query = try options.query()
        let place = LogPlace(folder)
        Access.record(.export, query.words, in: place)
        do {
            let summary = try LogExport(folder: place.folder).write(query, to: target)
            StandardOutput.say("picket: \(summary.sentence(target))")
        } catch {
            throw Failure.reported(error)
        }
    }
}
