import ArgumentParser
import Foundation
import PicketEvents
import PicketLog
import PicketProfiles
import PicketService
import PicketState

struct ViolationsSilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence",
        abstract: "Says that violations like one are known, and not to be acted on for a while.",
        discussion: """
            Violations of the same behavior by the same subject are recorded as ever, marked silenced, and no playbook acts on \
            them, until the time is over. A newer silence replaces an older one; --for 0s ends it. One of a proved device does not \
            hide what others only claim in its name.

            The running daemon records it; when none runs, this command does.

            Examples:
              picket violations silence 5f3a01c2 --for 2h --reason 'firmware roll-out, ticket 815'
              picket violations silence 5f3a01c2 --for 0s --reason 'roll-out is over'
            """)

    @Argument(help: ArgumentHelp("The id, or its first digits.", valueName: "id"))
    var id: String

    @Option(name: .customLong("for"), help: ArgumentHelp("How long, up to seven days: 30m, 2h, 1d.", valueName: "time"))
    var duration: String

    @Option(help: "Why it is right to look away.")
    var reason: String

    @Option(help: "Who answers for it; you, when left out.")
    var owner: String?

    @OptionGroup var state: StateOptions

    mutating func run() async throws {
        do {
            guard let seconds = duration == "0s" ? 0 : Durations.seconds(duration) else {
                throw ValidationError("'\(duration)' is no time up to seven days. Write 30m, 2h or 1d.")
            }
            guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason says nothing.") }
            let entry = try state.violation(id)
            guard let kind = SubjectKind(rawValue: entry.kind), let subject = entry.subject,
                let profile = entry.profile, let behavior = entry.behavior
            else {
                StandardOutput.say("picket: the record of \(entry.id) does not say whose violation it is")
                throw Failure.findings
            }
            let request = SilenceRequest(
                violation: entry.id, profile: profile, behavior: behavior, subjectKind: kind, subject: subject,
                identity: entry.identity ?? "", seconds: seconds, reason: reason, owner: owner)
            let answer = try ControlClient(data: state.data).decide(.silence(request))
            StandardOutput.say("picket: \(answer.message)")
            if !answer.isDone { throw Failure.unreachable }
        } catch {
            throw Failure.reported(error)
        }
    }
}

struct ViolationsSilencesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silences",
        abstract: "Lists what is not acted on at the moment, until when, why, and who answers for it.",
        discussion: """
            Example:
              picket violations silences --data picket-data --all
            """)

    @Flag(help: "Also those that are over.")
    var all = false

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        do {
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            Access.record(.query, [all ? "silences" : "silences=in-force"], in: state.place)
            let silences = try state.tables().silences().filter { all || $0.until > now }
            var out = StandardOutput()
            for silence in silences {
                try out.line(
                    output.isJSON ? StateLine.json(silence) : Array(VisibleLine.text(silence, now: now).utf8))
            }
            try out.flush()
            if !output.isJSON, silences.isEmpty {
                StandardOutput.say("picket: nothing is silenced")
            }
        } catch {
            throw Failure.reported(error)
        }
    }
}
