/// A person's word that violations of one behavior by one subject are known, and are not to be acted on for a while.
package struct SilenceRecord: Equatable, Sendable {
    /// Unix milliseconds.
    package var received: Int64
    /// Who said it, as the system says it.
    package var by: String
    /// The violation that it was said of.
    package var violation: String
    package var profile: String
    package var behavior: String
    package var subjectKind: SubjectKind
    package var subject: String
    /// How the subject of that violation was proved: what anybody can claim in its name must not hide behind it.
    package var identity: Identity
    /// The engine time from which it hides nothing any more, in Unix milliseconds.
    package var until: Int64
    package var reason: String
    /// Who answers for it.
    package var owner: String

    package init(
        received: Int64, by: String, violation: String, profile: String, behavior: String, subjectKind: SubjectKind,
        subject: String, identity: Identity, until: Int64, reason: String, owner: String
    ) {
        self.received = received
        self.by = by
        self.violation = violation
        self.profile = profile
        self.behavior = behavior
        self.subjectKind = subjectKind
        self.subject = subject
        self.identity = identity
        self.until = until
        self.reason = reason
        self.owner = owner
    }

    /// What a record of this kind says of its action.
    package static let action = "silence"

    /// As the log has it.
    package var record: OperatorRecord {
        var details = [
            OperatorRecord.Detail("violation", violation), OperatorRecord.Detail("profile", profile),
            OperatorRecord.Detail("behavior", behavior), OperatorRecord.Detail("subject", subjectKind.rawValue),
            OperatorRecord.Detail(subjectKind.recordKey, subject),
        ]
        if identity > .claimed { details.append(OperatorRecord.Detail("identity", "\(identity.name)")) }
        details += [
            OperatorRecord.Detail("until", Timestamp.format(until)), OperatorRecord.Detail("reason", reason),
            OperatorRecord.Detail("owner", owner),
        ]
        return OperatorRecord(received: received, action: SilenceRecord.action, by: by, details: details)
    }

    /// Whether `other` is about the same behavior and subject; the newer one stands.
    package func isAbout(_ other: SilenceRecord) -> Bool {
        profile == other.profile && behavior == other.behavior && subjectKind == other.subjectKind
            && subject == other.subject
    }
}
