package import PicketEvents

/// One violation from its beginning to its end, as a backtest looks at it.
package struct BacktestAlarm: Sendable, Equatable {
    package var id: String
    package var profile: String
    package var behavior: String
    package var subjectKind: SubjectKind
    package var subject: String
    /// Unix milliseconds of engine time.
    package var begin: Int64
    /// Nil while it is open at the end of what was read.
    package var end: Int64?
    /// What the datapoint was, in words.
    package var why: String
    /// What it is by the truth, or by what people said.
    package var judgement: Judgement

    /// What an alarm is worth.
    package enum Judgement: Sendable, Equatable {
        /// It found the incident of that number.
        case found(Int)
        /// It came while an incident lasted, about a kind of subject that the incident does not name: the attack may have
        /// caused it, and may not.
        case beside
        /// Nothing happened there, or a person said that it was none.
        case wrong
        /// Nobody said what it was.
        case unjudged
    }

    init(_ violation: Violation, _ judgement: Judgement) {
        id = violation.id
        profile = violation.profile
        behavior = violation.behavior
        subjectKind = violation.subjectKind
        subject = violation.subject
        begin = violation.time
        why = violation.why
        self.judgement = judgement
    }

    /// Whether both are about the same behavior and subject, and were open at the same time.
    func overlaps(_ other: BacktestAlarm) -> Bool {
        profile == other.profile && behavior == other.behavior && subjectKind == other.subjectKind
            && subject == other.subject && begin <= other.end ?? .max && other.begin <= end ?? .max
    }
}
