import Glibc
import PicketEvents
import PicketService

/// Writes violations and a summary to standard output, as lines of JSON or as text.
struct ViolationWriter {
    private var out = StandardOutput()
    private let isJSON: Bool
    private let colors: Bool
    /// Whether every line is written at once.
    private let isLive: Bool

    init(_ output: OutputOptions, isLive: Bool = false) {
        isJSON = output.isJSON
        colors = output.mayColor(STDOUT_FILENO)
        self.isLive = isLive
    }

    mutating func write(_ violations: [Violation]) throws {
        for violation in violations {
            if isJSON {
                try out.line(violation.json())
            } else {
                try out.line(ViolationText.line(violation, colors: colors).utf8)
            }
        }
        if isLive { try out.flush() }
    }

    /// Writes what was gathered.
    mutating func flush() throws { try out.flush() }

    /// Ends the output: the summary as data where it was asked for, and what could not be read and seen as words to the person.
    mutating func finish(_ summary: ReplaySummary, isAskedFor: Bool) throws {
        if isAskedFor {
            if isJSON {
                try out.line(summary.json)
            } else {
                try out.line(summary.text.utf8)
            }
        }
        try out.flush()
        if summary.rejected > 0 {
            StandardOutput.say(
                "\nNot read: \(summary.rejected) of \(summary.events + summary.rejected) records of this input, which count for "
                    + "nothing.\n  Where that is most of them the format is another one, which --format names; a log "
                    + "(--write-log) keeps each with its reason, as `rejected`.")
        }
        let blind = summary.blind
        guard !blind.isEmpty else { return }
        StandardOutput.say(
            "\nBlind: \(blind.count == 1 ? "this behavior" : "these behaviors") could not see anything in this input.")
        for one in blind {
            StandardOutput.say(
                "  \(one.profile)/\(one.behavior) (\(one.metric.rawValue)): \(one.reason).\n    To see it: \(one.remedy)"
            )
        }
    }
}
