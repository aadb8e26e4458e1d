import ArgumentParser
import PicketEvents
import PicketLog
import PicketMitigation
import PicketService

struct MitigationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mitigation",
        abstract: "What was done about violations, what waits for a person, and deciding it.",
        discussion: """
            Examples:
              picket mitigation list --waiting
              picket mitigation show 5f3a…
              picket mitigation approve 5f3a… --note "confirmed with the site"
              picket mitigation stop --note "false alarms"
            """,
        subcommands: [
            MitigationListCommand.self, MitigationShowCommand.self, MitigationApproveCommand.self,
            MitigationRejectCommand.self, MitigationUndoCommand.self, MitigationStopCommand.self,
            MitigationResumeCommand.self,
        ])

}

/// Whose mitigations are meant.
struct MitigationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder of picket run.", valueName: "folder")) var data = "./picket-data"
    var place: LogPlace { LogPlace(data) }
}

struct MitigationListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All mitigations, the oldest first.")

    @OptionGroup var options: MitigationOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Only those that wait for a person.") var waiting = false

    mutating func run() async throws {
        do {
            Access.record(.query, ["mitigations"], in: options.place)
            let (outbox, _, _) = try OutboxReading.read(folder: options.place.folder)
            var out = StandardOutput()
            for intent in outbox.order.compactMap({ outbox.intents[$0] }) where !waiting || intent.state == .waiting {
                try out.line(output.isJSON ? MitigationText.json(intent) : Array(MitigationText.line(intent).utf8))
            }
            try out.flush()
            if outbox.isHeld { StandardOutput.say("picket: all mitigation is stopped; picket mitigation resume") }
        } catch {
            throw Failure.reported(error)
        }
    }
}

struct MitigationShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One mitigation, with its records: the events, the violation, what was done, which facts were seen.")

    @Argument(help: "The id of a mitigation, or of a violation.") var id: String
    @OptionGroup var options: MitigationOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        do {
            Access.record(.query, ["mitigation=\(id)"], in: options.place)
            let (outbox, records, decisions) = try OutboxReading.read(folder: options.place.folder)
            let wanted = outbox.order.compactMap { outbox.intents[$0] }.filter { $0.id == id || $0.violation == id }
            guard !wanted.isEmpty else {
                StandardOutput.say("picket: there is no mitigation \(id); picket mitigation list shows all")
                throw Failure.findings
            }
            var out = StandardOutput()
            var shown: Set<String> = []
            for intent in wanted {
                if shown.insert(intent.violation).inserted {
                    let chain = try MitigationChain.read(folder: options.place.folder, intent)
                    for line in chain.lines(intent, asJSON: output.isJSON) { try out.line(line) }
                }
                for line in MitigationText.chain(intent, records, decisions, asJSON: output.isJSON) {
                    try out.line(line)
                }
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}

/// What a person decides, why, and of which data folder.
struct DecisionOptions: ParsableArguments {
    @OptionGroup var options: MitigationOptions
    @Option(help: "Why.") var note: String?

    /// Has the decision recorded, and says what came of it.
    func record(_ request: ControlRequest) throws {
        do {
            let answer = try ControlClient(data: options.data).decide(request)
            StandardOutput.say("picket: \(answer.message)")
            if !answer.isDone { throw Failure.findings }
        } catch {
            throw Failure.reported(error)
        }
    }
}

struct MitigationApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Lets a mitigation run that waits for a person.")
    @Argument(help: "The id of the mitigation.") var id: String
    @OptionGroup var decision: DecisionOptions
    mutating func run() async throws { try decision.record(.approve(mitigation: id, note: decision.note)) }
}

struct MitigationRejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Ends a mitigation that waits for a person.")
    @Argument(help: "The id of the mitigation.") var id: String
    @OptionGroup var decision: DecisionOptions
    mutating func run() async throws { try decision.record(.reject(mitigation: id, note: decision.note)) }
}

struct MitigationUndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Takes a cut-off back. A revoked certificate stays revoked.")
    @Argument(help: "The id of the mitigation.") var id: String
    @OptionGroup var decision: DecisionOptions
    mutating func run() async throws { try decision.record(.undo(mitigation: id, note: decision.note)) }
}

struct MitigationStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Holds all mitigation at once, until resume.")
    @OptionGroup var decision: DecisionOptions
    mutating func run() async throws { try decision.record(.stop(note: decision.note)) }
}

struct MitigationResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Lets mitigation go on.")
    @OptionGroup var decision: DecisionOptions
    mutating func run() async throws { try decision.record(.resume(note: decision.note)) }
}
