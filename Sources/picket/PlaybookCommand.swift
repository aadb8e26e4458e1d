import ArgumentParser
import PicketMitigation
import PicketService

struct PlaybookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playbook", abstract: "Checks and explains playbook files.",
        subcommands: [PlaybookCheckCommand.self, PlaybookExplainCommand.self])

    /// The playbooks in `paths`: all, or exit code 2.
    static func load(_ paths: [String], _ output: OutputOptions) throws -> PlaybookSet {
        let (set, diagnostics) = PlaybookReader.load(paths: paths)
        ProfileArguments.say(diagnostics, output)
        guard let set else { throw Failure.configuration }
        return set
    }
}

struct PlaybookCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Says everything that is wrong with playbook files.",
        discussion: """
            With a configuration it also says what its brokers cannot do, or cannot prove.

            Examples:
              picket playbook check playbooks.yaml
              picket playbook check playbooks.yaml --config picket.yaml
            """)

    @Argument(help: ArgumentHelp("Playbook files.", valueName: "file")) var paths: [String]
    @Option(help: ArgumentHelp("The configuration of the daemon that will use them.", valueName: "file"))
    var config: String?
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let set = try PlaybookCommand.load(paths, output)
        if let config {
            let (configuration, diagnostics) = ConfigurationReader.read(path: config)
            ProfileArguments.say(diagnostics, output)
            guard let configuration else { throw Failure.configuration }
            let missing = Notices.missing(set, configuration)
            for name in missing { StandardOutput.say("picket: `notify` of the configuration has no \(name)") }
            for warning in PlaybookNeeds.warnings(set, configuration) { StandardOutput.say("warning: \(warning)") }
            guard missing.isEmpty else { throw Failure.configuration }
        }
        if !output.isJSON { print("\(set.playbooks.count) playbooks: no errors") }
    }
}

struct PlaybookExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says in plain sentences what playbooks do, and what they never do.")

    @Argument(help: ArgumentHelp("Playbook files.", valueName: "file")) var paths: [String]
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let set = try PlaybookCommand.load(paths, output)
        for playbook in set.playbooks.values.sorted(by: { $0.name < $1.name }) {
            for line in PlaybookExplain.lines(playbook, set) { print(line) }
        }
    }
}
