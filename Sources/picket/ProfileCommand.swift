import ArgumentParser
import Glibc
import PicketEvents
import PicketProfiles

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Checks, tests and explains profile files.",
        subcommands: [
            ProfileCheckCommand.self, ProfileTestCommand.self, ProfileExplainCommand.self,
            ProfileFormatCommand.self, ProfileImportCommand.self, ProfileLearningCommand.self,
            ProfileSchemaCommand.self, ProfileDiffCommand.self, ProfileBacktestCommand.self,
        ])
}

struct ProfileCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says everything that is wrong with profile files, with the place of each mistake.",
        discussion: """
            Examples:
              picket profile check profiles/
              picket profile check sensor.yaml --output json
              picket profile check profiles/ --fleet fleet.yaml

            Exit code 0: they can be loaded. 2: they cannot.
            """)

    @Argument(help: ArgumentHelp("Profile files and folders.", valueName: "path"))
    var paths: [String]

    @Option(
        help: ArgumentHelp("Check this fleet file too, and that it has the groups of the targets.", valueName: "file"))
    var fleet: String?

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let (profiles, found) = ProfileLoader.load(paths: paths)
        var diagnostics = found
        if let fleet {
            let (known, _, problems) = FleetReader.load(path: fleet)
            diagnostics += problems + (known.map { TargetCheck.diagnostics(profiles, $0) } ?? [])
        }
        var out = StandardOutput()
        if output.isJSON {
            for diagnostic in diagnostics { try out.line(DiagnosticRenderer.json(diagnostic)) }
        } else if !diagnostics.isEmpty {
            try out.line(DiagnosticRenderer(color: output.mayColor(STDOUT_FILENO)).text(diagnostics).utf8)
        }
        let isWrong = diagnostics.contains { $0.severity == .error }
        if !isWrong, !output.isJSON {
            let behaviors = profiles.reduce(0) { $0 + $1.behaviors.count }
            func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
            try out.line("\(counted(profiles.count, "profile")) with \(counted(behaviors, "behavior")): no errors".utf8)
        }
        try out.flush()
        if isWrong { throw Failure.configuration }
    }
}
