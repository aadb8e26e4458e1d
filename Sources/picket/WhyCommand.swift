import ArgumentParser
import PicketEvents
import PicketLog
import PicketProfiles
import PicketService
import PicketState

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Says why a violation came: value, limit, window, and the events that were counted.",
        discussion: """
            All of it is read from the log: the profile that was in force, and the records themselves.

            Examples:
              picket why 5f3a01c2
              picket why 5f3a01c2 --data picket-data --events 100 --output json
            """)

    @Argument(help: ArgumentHelp("The id, or its first digits.", valueName: "id"))
    var id: String

    @Option(help: "How many of the events that were counted to print, the last ones.")
    var events = 20

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Profile files to believe where the log does not say which were in force.", valueName: "path"))
    var profile: [String] = []

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...10_000).contains(events) else { throw ValidationError("--events is a number from 1 to 10000.") }
    }

    mutating func run() async throws {
        do {
            let entry = try state.violation(id)
            let given = profile.isEmpty ? [] : try ProfileArguments.load(profile, output)
            guard let opening = ViolationEvidence.Opening(entry) else {
                StandardOutput.say("picket: the record of \(entry.id) does not say whose violation it is")
                throw Failure.findings
            }
            let silence = try state.tables().silences().first { $0.isAbout(entry) }
            Access.record(.query, ["violation=\(entry.id)"], in: state.place)
            let evidence = try ViolationEvidence(of: opening, in: state.place.folder, given: given, most: events)
            var out = StandardOutput()
            if output.isJSON {
                try out.line(WhyText.json(entry, evidence, silence))
            } else {
                for line in WhyText.lines(entry, evidence, silence) { try out.line(line.utf8) }
            }
            try out.flush()
        } catch let problem as ViolationEvidence.Problem {
            StandardOutput.say("picket: \(problem.words)")
            throw Failure.findings
        } catch {
            throw Failure.reported(error)
        }
    }
}

extension ViolationEvidence.Opening {
    /// The opening of a violation in the tables; nil when its records do not say enough.
    fileprivate init?(_ entry: ViolationEntry) {
        guard let kind = SubjectKind(rawValue: entry.kind), let subject = entry.subject, let profile = entry.profile,
            let behavior = entry.behavior
        else { return nil }
        self.init(
            id: entry.id, profile: profile, behavior: behavior, kind: kind, subject: subject, time: entry.opened,
            index: UInt64(clamping: entry.firstIndex))
    }
}
