import ArgumentParser
import PicketProfiles

struct ProfileImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-aws",
        abstract: "Prints the shell commands that save the profiles of an AWS account, and all that belongs to them.",
        discussion: """
            Example:
              picket profile import-aws --script | sh
              picket profile check aws-export

            The folder is read as it is: profiles, targets, dimensions, custom metrics, things and their groups.
            """)

    @Flag(help: "Print the script.")
    var script = false

    mutating func run() async throws {
        guard script else { throw ValidationError("Say --script; nothing is fetched from here.") }
        var out = StandardOutput()
        try out.line(AWSExportScript.text.utf8)
        try out.flush()
    }
}
