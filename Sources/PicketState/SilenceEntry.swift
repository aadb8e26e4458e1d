import GRDB

/// A person's word that violations of one behavior by one subject are not to be acted on for a while.
package struct SilenceEntry: FetchableRecord, Codable, Equatable, Sendable {
    package var profile: String
    package var behavior: String
    /// The kind of subject, and its name.
    package var kind: String
    package var subject: String
    /// The violation that it was said of.
    package var violation: String
    /// Unix milliseconds: when it was said, and when it ends.
    package var since: Int64
    package var until: Int64
    package var reason: String
    /// Who answers for it, and who said it.
    package var owner: String
    package var by: String

    /// Whether it is about violations like this one.
    package func isAbout(_ violation: ViolationEntry) -> Bool {
        profile == violation.profile && behavior == violation.behavior && kind == violation.kind
            && subject == violation.subject
    }
}
