package import PicketEvents

/// What a person asks when violations like one that was seen are to be left alone for a while.
package struct SilenceRequest: Codable, Equatable, Sendable {
    package var violation: String
    package var profile: String
    package var behavior: String
    package var subjectKind: SubjectKind
    package var subject: String
    /// How the subject was proved, as records spell it.
    package var identity: String
    /// For how long; 0 ends an earlier one.
    package var seconds: Int
    package var reason: String
    /// Who answers for it; nil for whoever says it.
    package var owner: String?

    package init(
        violation: String, profile: String, behavior: String, subjectKind: SubjectKind, subject: String,
        identity: String, seconds: Int, reason: String, owner: String?
    ) {
        self.violation = violation
        self.profile = profile
        self.behavior = behavior
        self.subjectKind = subjectKind
        self.subject = subject
        self.identity = identity
        self.seconds = seconds
        self.reason = reason
        self.owner = owner
    }

    /// The record that detection and people read.
    ///
    /// - Parameters:
    ///   - by: who says it, as the system says it.
    ///   - received: Unix milliseconds.
    func record(by: String, received: Int64) -> SilenceRecord {
        SilenceRecord(
            received: received, by: by, violation: violation, profile: profile, behavior: behavior,
            subjectKind: subjectKind, subject: subject,
            identity: Identity.allCases.first { "\($0.name)" == identity } ?? .claimed,
            until: received + Int64(max(seconds, 0)) * 1_000, reason: reason, owner: owner ?? by)
    }
}
