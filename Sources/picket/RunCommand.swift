import ArgumentParser
import Foundation
import Glibc
import PicketEvents
import PicketLocks
import PicketMitigation
import PicketProfiles
import PicketReports
import PicketService

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Follows live feeds, keeps the log, and reports violations as they happen.",
        discussion: """
            Without a configuration file the data goes to ./picket-data, profiles come from ./profiles if there is such \
            a folder, and standard input is the feed when it is no terminal.

            Examples:
              picket run --config picket.yaml
              picket run --config picket.yaml --check
              mosquitto -v 2>&1 | picket run

            SIGTERM and SIGINT stop it in order; SIGHUP loads profiles and playbooks again, all of them or none.
            """)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Flag(help: "Check the configuration and the profiles, print what would be done, and end.")
    var check = false

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let configuration = try loadConfiguration()
        let (profiles, diagnostics) = ProfileSet.load(paths: configuration.profiles, fleet: configuration.fleet)
        ProfileArguments.say(diagnostics.filter { $0.severity != .note }, output)
        guard let profiles else { throw Failure.configuration }
        let (playbooks, problems) = PlaybookReader.load(paths: configuration.playbooks)
        ProfileArguments.say(problems, output)
        guard let playbooks else { throw Failure.configuration }
        let missing = Notices.missing(playbooks, configuration)
        for name in missing { StandardOutput.say("picket: `notify` of the configuration has no \(name)") }
        let impossible = PlaybookNeeds.problems(playbooks, profiles.profiles)
        for problem in impossible { StandardOutput.say("picket: \(problem)") }
        guard missing.isEmpty, impossible.isEmpty else { throw Failure.configuration }
        for warning in PlaybookNeeds.warnings(playbooks, configuration) {
            StandardOutput.say("picket: warning: \(warning)")
        }
        var audit: AuditPlan?
        if let path = configuration.audit {
            let (plan, problems) = AuditPlan.read(path: path)
            ProfileArguments.say(problems, output)
            guard let plan else { throw Failure.configuration }
            audit = plan
        }
        if check {
            print(configuration.yaml, terminator: "")
            return
        }
        guard !configuration.feeds.isEmpty else {
            throw ValidationError("There is no feed: name one in a configuration file, or pipe one into picket run.")
        }
        let writer = LiveWriter(ViolationWriter(output, isLive: true))
        let daemon = Daemon(
            configuration, playbooks: playbooks, audit: audit, report: { writer.write($0) },
            say: { StandardOutput.say($0) })
        let signals = Signals()
        do {
            try await daemon.run(profiles: profiles, requests: signals.requests)
        } catch {
            throw Failure.reported(error)
        }
    }

    private func loadConfiguration() throws -> Configuration {
        guard let config else {
            return Configuration.standard(
                standardInputIsTerminal: isatty(STDIN_FILENO) == 1,
                profilesExist: FileManager.default.fileExists(atPath: "profiles"))
        }
        let (configuration, diagnostics) = ConfigurationReader.read(path: config)
        ProfileArguments.say(diagnostics, output)
        guard let configuration else { throw Failure.configuration }
        return configuration
    }
}

/// Violations come from the pipeline, one batch after another; the lock says so to the compiler.
private final class LiveWriter: Sendable {
    private let writer: Locked<ViolationWriter>

    init(_ writer: ViolationWriter) { self.writer = Locked(writer) }

    func write(_ violations: [Violation]) {
        writer.withLock { writer in
            do {
                try writer.write(violations)
            } catch {
                // Whoever read standard output is gone. The log holds what they would have seen.
            }
        }
    }
}
