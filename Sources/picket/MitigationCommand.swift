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

    /// Has a decision recorded, and says what came of it.
    static func decide(_ request: ControlRequest, _ options: MitigationOptions) throws {
        do {
            let client = ControlClient(data: options.data)
            let answer = try client.decide(request)
            StandardOutput.say("picket: \(answer.message)")
            if !answer.isDone { throw Failure.findings }
        } catch {
            throw Failure.reported(error)
        }
    }
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
            let (outbox, _) = try OutboxReading.read(folder: options.place.folder)
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
        commandName: "show", abstract: "One mitigation: its violation, what was done, and which facts were seen.")

    @Argument(help: "The id of a mitigation, or of a violation.") var id: String
    @OptionGroup var options: MitigationOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        do {
            let (outbox, records) = try OutboxReading.read(folder: options.place.folder)
            let wanted = outbox.order.compactMap { outbox.intents[$0] }.filter { $0.id == id || $0.violation == id }
            guard !wanted.isEmpty else {
                StandardOutput.say("picket: there is no mitigation \(id); picket mitigation list shows all")
                throw Failure.findings
            }
            var out = StandardOutput()
            for intent in wanted {
                for line in MitigationText.chain(intent, records, asJSON: output.isJSON) { try out.line(line) }
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}

struct MitigationApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Lets a mitigation run that waits for a person.")
    @Argument(help: "The id of the mitigation.") var id: String
    @OptionGroup var options: MitigationOptions
    @Option(help: "Why.") var note: String?
    mutating func run() async throws {
        try MitigationCommand.decide(.approve(mitigation: id, note: note), options)
    }
}

struct MitigationRejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Ends a mitigation that waits for a person.")
    @Argument(help: "The id of the mitigation.") var id: String
    @OptionGroup var options: MitigationOptions
    @Option(help: "Why.") var note: String?
    mutating func run() async throws {
        try MitigationCommand.decide(.reject(mitigation: id, note: note), options)
    }
}

struct MitigationUndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Takes a cut-off back. A revoked certificate stays revoked.")
    @Argument(help: "The id of the mitigation.") var id: String
    @OptionGroup var options: MitigationOptions
    @Option(help: "Why.") var note: String?
    mutating func run() async throws { try MitigationCommand.decide(.undo(mitigation: id, note: note), options) }
}

struct MitigationStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Holds all mitigation at once, until resume.")
    @OptionGroup var options: MitigationOptions
    @Option(help: "Why.") var note: String?
    mutating func run() async throws { try MitigationCommand.decide(.stop(note: note), options) }
}

struct MitigationResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Lets mitigation go on.")
    @OptionGroup var options: MitigationOptions
    @Option(help: "Why.") var note: String?
    mutating func run() async throws { try MitigationCommand.decide(.resume(note: note), options) }
}
