package import PicketEvents

/// Violations of one behavior by one subject that a person does not want to hear of for a while.
package struct Silence: Hashable, Sendable {
    package let profile: String
    package let behavior: String
    package let subjectKind: SubjectKind
    package let subject: String
    package let reason: String
    /// When it ends, in Unix milliseconds.
    package let until: Int64

    package init(
        profile: String, behavior: String, subjectKind: SubjectKind, subject: String, reason: String, until: Int64
    ) {
        self.profile = profile
        self.behavior = behavior
        self.subjectKind = subjectKind
        self.subject = subject
        self.reason = reason
        self.until = until
    }
}
