package import PicketEvents

/// Which violations of a replay are wanted. The records before are read all the same: what is open at `from`, and with
/// which id, what a window holds then and what was learned, hangs on all of them.
package struct ReplaySelection: Sendable {
    /// One subject whose violations are wanted.
    package struct Subject: Hashable, Sendable {
        package var kind: SubjectKind
        package var name: String

        package init(_ kind: SubjectKind, _ name: String) {
            self.kind = kind
            self.name = name
        }
    }

    /// The first time of wanted violations, Unix ms.
    package var from: Int64?
    /// The time before which violations are wanted, Unix ms.
    package var to: Int64?
    /// Only these subjects; empty for all.
    package var subjects: Set<Subject> = []

    package init() {}

    /// How long after `to` a log is still read, in milliseconds: what happened before may be found out later, at the end
    /// of a window or from an event that came late. A day is more than any lateness a feed may have.
    private static let readOn: Int64 = 86_400_000

    /// Whether nothing that is wanted can come after a record received at `received`.
    package func isPast(_ received: Int64) -> Bool { to.map { received >= $0 + ReplaySelection.readOn } ?? false }

    /// Whether nothing is left out.
    package var isEverything: Bool { from == nil && to == nil && subjects.isEmpty }

    package func wants(_ violation: Violation) -> Bool {
        wants(time: violation.time, violation.subjectKind, violation.subject)
    }

    package func wants(time: Int64, _ kind: SubjectKind, _ subject: String) -> Bool {
        time >= from ?? .min && time < to ?? .max
            && (subjects.isEmpty || subjects.contains(Subject(kind, subject)))
    }
}
