import PicketEvents

/// What people said is not to be acted on for a while. A silence begins with its record, so that a replay of the log finds
/// the same, and ends at a time that the violations themselves are compared with.
struct Silences: Sendable {
    private(set) var all: [SilenceRecord] = []

    /// From now on `record` stands for its behavior and subject.
    mutating func take(_ record: SilenceRecord) {
        // What is over may still cover violations of the past that come to light late; two days end all lateness.
        all.removeAll { $0.isAbout(record) || $0.until + Limits.forgetAfter < record.received }
        all.append(record)
    }

    /// Why nobody is to act on a violation; nil when no silence is in force. One holds only for what is proved as well as
    /// the violation it was said of.
    func reason(of violation: Violation) -> String? {
        guard !all.isEmpty else { return nil }
        return all.first {
            violation.time < $0.until && $0.identity <= violation.identity && $0.profile == violation.profile
                && $0.behavior == violation.behavior && $0.subjectKind == violation.subjectKind
                && $0.subject == violation.subject
        }?.reason
    }
}

extension Silences: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws { try coder.field("all", &all) }
}
