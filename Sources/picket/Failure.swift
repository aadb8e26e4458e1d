import ArgumentParser
import PicketFeeds
import PicketLog
import PicketService

/// The exit codes of DESIGN §8, and how an error becomes one of them.
enum Failure: Error {
    /// Whoever read standard output has gone away; nothing is left to say.
    case brokenPipe

    /// Findings: a failed check, a failed test, a tampered log.
    static let findings = ExitCode(1)
    /// A wrong configuration or profile.
    static let configuration = ExitCode(2)
    /// Something could not be read or reached.
    static let unreachable = ExitCode(3)
    /// A fault of ours.
    static let fault = ExitCode(70)

    /// Says what went wrong, and gives the code to exit with.
    static func reported(_ error: any Error) -> any Error {
        switch error {
        case is ExitCode, is ValidationError:
            return error
        case Failure.brokenPipe:
            return ExitCode.success
        case is FeedError, is LogError:
            StandardOutput.say("picket: \(error)")
            return unreachable
        default:
            StandardOutput.say("picket: internal error: \(error)\nPlease report this with the command that caused it.")
            return fault
        }
    }
}
