import ArgumentParser
import PicketProfiles

struct ProfileFormatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Prints profiles in one form, Picket's own, also those that AWS wrote.",
        discussion: """
            Example:
              picket profile fmt aws-export/sensors.profile.json >sensors.yaml

            Comments and tests are not part of a profile and are not printed. What belongs to an AWS profile and lies in the same \
            folder (targets, dimensions, custom metrics) is taken in when the folder is named.
            """)

    @Argument(help: ArgumentHelp("Profile files and folders.", valueName: "path"))
    var paths: [String]

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let profiles = try ProfileArguments.load(paths, output)
        var out = StandardOutput()
        for (index, profile) in profiles.enumerated() {
            if index > 0 { try out.line("---".utf8) }
            var yaml = ProfileWriter.yaml(profile)
            if yaml.hasSuffix("\n") { yaml.removeLast() }
            try out.line(yaml.utf8)
        }
        try out.flush()
    }
}

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
