import ArgumentParser
import PicketEvents
import PicketMitigation
import PicketService

struct PlaybookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playbook", abstract: "Checks, tests and explains playbook files.",
        subcommands: [PlaybookCheckCommand.self, PlaybookTestCommand.self, PlaybookExplainCommand.self])

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

struct PlaybookTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Runs the tests in playbook files.",
        discussion: """
            A test says what a violation is like and how steps end, and which steps then run, wait or are refused. Nothing is \
            done to anybody. Exit code 1 when one fails.

            Example:
              picket playbook test playbooks.yaml
            """)

    @Argument(help: ArgumentHelp("Playbook files.", valueName: "file")) var paths: [String]
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let set = try PlaybookCommand.load(paths, output)
        var out = StandardOutput()
        var failed = 0
        for test in set.tests {
            let failures = PlaybookTestRun(test, in: set).failures
            if !failures.isEmpty { failed += 1 }
            if output.isJSON {
                var line = RecordLine()
                line.add("playbook", test.playbook)
                line.add("test", test.name)
                line.add("result", failures.isEmpty ? "ok" : "failed")
                if !failures.isEmpty { line.add("failures", failures) }
                try out.line(line.finish())
            } else {
                let lines = ["\(failures.isEmpty ? "ok    " : "FAILED") \(test.playbook): \(test.name)"]
                for line in lines + failures.map({ "         \($0)" }) { try out.line(Array(line.utf8)) }
            }
        }
        try out.flush()
        StandardOutput.say("\(set.tests.count) tests, \(failed) failed")
        guard failed == 0 else { throw Failure.findings }
    }
}
