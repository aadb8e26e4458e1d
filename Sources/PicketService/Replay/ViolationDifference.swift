import PicketEvents

/// One violation that a replay and a log do not agree on, and why.
package struct ViolationDifference: Sendable {
    package enum Kind: String, Sendable {
        /// The log has it, the replay does not.
        case missing
        /// The replay has it, the log does not.
        case extra
        /// Both have it, with other values.
        case changed
        /// Both have it, at another time.
        case moved
    }

    package enum Cause: String, CaseIterable, Sendable {
        /// The behavior, or whom it is for, is not what it was.
        case profileChanged = "profile-changed"
        /// The log names no profiles: it was written by a replay.
        case profileUnknown = "profile-unknown"
        /// An exception or a silence counted in one of the two.
        case exception
        /// An event came too late to count, or counted although it came late.
        case lateEvents = "late-events"
        /// A person judged, or a device was moved: the log records it, and the files that were replayed do not hold it.
        case decision
        /// One of the two does not reach that time, or has a gap there.
        case notCovered = "not-covered"
        /// What opened it is a difference already, and explained there.
        case follows
        case unexplained
    }

    package var kind: Kind
    package var recorded: ComparedViolation?
    package var derived: ComparedViolation?
    package var cause: Cause
    /// One sentence for a person.
    package var why: String

    /// The violation that it is about.
    package var violation: ComparedViolation? { recorded ?? derived }

    /// One line of JSON.
    package var json: [UInt8] {
        var line = RecordLine()
        line.add("difference", kind.rawValue)
        if let violation {
            line.add("time", time: violation.time)
            line.add("event", violation.event)
            line.add("id", violation.id)
            line.add("profile", violation.profile)
            line.add("behavior", violation.behavior)
            line.add("subject", violation.subjectKind.rawValue)
            line.add(violation.subjectKind.rawValue, violation.subject)
        }
        if let index = recorded?.index { line.add("record", Int64(clamping: index)) }
        line.add("cause", cause.rawValue)
        line.add("why", why)
        return line.finish()
    }

    /// One line for a person.
    package var text: String {
        let sign = ["missing": "-", "extra": "+"][kind.rawValue] ?? "~"
        let about = violation.map {
            "\(Timestamp.format($0.time))  \($0.event)  \(ViolationText.printable($0.subject))  "
                + "\(ViolationText.printable($0.profile))/\($0.behavior)"
        }
        return "\(sign) \(about ?? "")\n    \(cause.rawValue): \(ViolationText.printable(why))"
    }
}
