import ArgumentParser
import PicketDetection
import PicketEvents
import PicketLog
import PicketProfiles
import PicketService

struct ProfileLearningCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learning",
        abstract: "Says how far limits that learn have come, and what each knows of each subject.",
        discussion: """
            Models are state of the engine: they are made again from the log, with the profiles that were in force, or with others.

            Examples:
              picket profile learning --data picket-data
              picket profile learning --data picket-data --device t-7 --output json
              picket profile learning --data picket-data --profile new-sensor.yaml
            """)

    @Option(help: "Only what is known of this device.")
    var device: String?

    @Option(help: "Only this behavior.")
    var behavior: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Profile files to learn with instead of those in force.", valueName: "path"))
    var profile: [String] = []

    @Option(help: ArgumentHelp("The fleet file for --profile.", valueName: "file"))
    var fleet: String?

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        do {
            let given = profile.isEmpty ? [] : try ProfileArguments.load(profile, output)
            let known = try fleet.map { try ProfileArguments.loadFleet($0, output) } ?? .none
            Access.record(.query, ["learning"] + (device.map { ["device=\($0)"] } ?? []), in: state.place)
            let all = try LearningReading.read(folder: state.place.folder, given: given, fleet: known)
            let wanted = all.filter {
                (device == nil || $0.subjectKind == .device && $0.subject == device)
                    && (behavior == nil || $0.behavior == behavior)
            }
            var out = StandardOutput()
            for one in wanted {
                try out.line(
                    output.isJSON
                        ? one.json
                        : Array(
                            VisibleLine.text(
                                "\(one.profile)/\(one.behavior)  \(one.subjectKind.rawValue) \(one.subject)  \(one.text)"
                            ).utf8))
            }
            try out.flush()
            if !output.isJSON, wanted.isEmpty {
                StandardOutput.say(
                    "picket: nothing is learned; limits that learn are `firstSeen` and `history` of a profile in force")
            }
        } catch {
            throw Failure.reported(error)
        }
    }
}
