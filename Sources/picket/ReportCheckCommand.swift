import ArgumentParser
import PicketProfiles
import PicketReports

struct ReportCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says everything that is wrong with frameworks, and with what profiles say of them.",
        discussion: """
            A framework is a file that names, for each requirement of a standard, the metrics, audit checks and records that \
            contribute evidence. Names that Picket does not know are errors. With --profile it also says which \
            requirements profiles name that the framework does not have.

            Examples:
              picket report check etsi-en-303-645
              picket report check my-standard.yaml --profile profiles/

            Exit code 2: something is wrong.
            """)

    @Argument(help: ArgumentHelp("Standards of profiles/compliance, or paths of files.", valueName: "name"))
    var frameworks: [String]

    @Option(
        name: .customLong("profile"), parsing: .singleValue,
        help: "A profile file or a folder of them, whose `controls` are compared; may be repeated.")
    var profiles: [String] = []

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        var read: [ComplianceFramework] = []
        var isWrong = false
        for name in frameworks {
            let (framework, diagnostics) = FrameworkReader.read(name, folders: ReportCommand.folders)
            ProfileArguments.say(diagnostics, output)
            if let framework { read.append(framework) } else { isWrong = true }
        }
        for profile in try ProfileArguments.load(profiles, output) {
            for problem in read.compactMap({ $0.unknownControls(in: profile) }).flatMap({ $0 }) {
                StandardOutput.say("picket: profile \(profile.name) (\(profile.source)): \(problem)")
                isWrong = true
            }
        }
        if isWrong { throw Failure.configuration }
        guard !output.isJSON else { return }
        for framework in read { print("\(framework.id): \(framework.controls.count) requirements, no errors") }
    }
}
