import ArgumentParser
import PicketEvents
import PicketService
import PicketState

struct ViolationsVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Records what a person thinks of a violation.",
        discussion: """
            \(VerificationState.allCases.map { "\($0.rawValue): \($0.meaning)." }.joined(separator: "\n"))

            The running daemon records it; when none runs, this command does.

            Example:
              picket violations verify 5f3a01c2 false-positive --note 'load test, see ticket 812'
            """)

    @Argument(help: ArgumentHelp("The id, or its first digits.", valueName: "id"))
    var id: String

    @Argument(help: "true-positive, benign-positive, false-positive or unknown.")
    var verdict: VerificationState

    @Option(help: "Why.")
    var note: String?

    @OptionGroup var state: StateOptions

    mutating func run() async throws {
        do {
            let entry = try state.violation(id)
            let answer = try ControlClient(data: state.data)
                .decide(.verify(violation: entry.id, state: verdict, note: note))
            StandardOutput.say("picket: \(answer.message)\n\(verdict.rawValue): \(verdict.meaning)")
            if !answer.isDone { throw Failure.unreachable }
        } catch {
            throw Failure.reported(error)
        }
    }
}

extension VerificationState: ExpressibleByArgument {}
