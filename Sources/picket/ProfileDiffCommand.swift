import ArgumentParser
import PicketLog
import PicketProfiles
import PicketService

struct ProfileDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract:
            "Says in sentences what is not the same in two sets of profiles, and whose open violations a reload ends.",
        discussion: """
            A log folder, or the data folder of picket run, stands for the profiles in force there.

            Examples:
              picket profile diff old/ new/
              picket profile diff picket-data profiles/

            Exit code 0: they mean the same. 1: they do not.
            """)

    @Argument(help: ArgumentHelp("A profile file, a folder of them, or a log.", valueName: "old"))
    var old: String

    @Argument(help: ArgumentHelp("What it is compared with.", valueName: "new"))
    var new: String

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        do {
            let differences = ProfileDifference.between(try profiles(old), try profiles(new))
            var out = StandardOutput()
            for difference in differences {
                if output.isJSON {
                    try out.line(difference.json)
                } else {
                    for line in difference.lines { try out.line(line.utf8) }
                }
            }
            if !output.isJSON, differences.isEmpty { try out.line("no difference".utf8) }
            try out.flush()
            if !differences.isEmpty { throw Failure.findings }
        } catch {
            throw Failure.reported(error)
        }
    }

    private func profiles(_ path: String) throws -> [SecurityProfile] {
        let folder = LogPlace(path).folder
        guard LogFolder.isLogFolder(folder) else { return try ProfileArguments.load([path], output) }
        guard let inForce = try ProfilesInForce.profiles(in: folder) else {
            StandardOutput.say("picket: the log in \(folder) does not say which profiles were in force")
            throw Failure.unreachable
        }
        return inForce
    }
}
