/// Transitions that only a replay has, where one may be looked for that only the log has, at a time that lies near.
struct MovedTransitions {
    /// What must be the same.
    private struct Key: Hashable {
        var event: String
        var profile: String
        var behavior: String
        var subject: ReplaySelection.Subject

        init(_ violation: ComparedViolation) {
            event = violation.event
            profile = violation.profile
            behavior = violation.behavior
            subject = ReplaySelection.Subject(violation.subjectKind, violation.subject)
        }
    }

    private let near: Int64
    /// In the order of their times, with the place of the next that was not passed.
    private var groups: [Key: (list: [ComparedViolation], next: Int)] = [:]
    private var taken: Set<ComparedViolation.Key> = []
    private let derived: [ComparedViolation]

    /// Those that none became.
    var left: [ComparedViolation] { derived.filter { !taken.contains($0.key) } }

    /// - Parameter near: how far the times of two may lie from each other, in milliseconds.
    init(_ derived: [ComparedViolation], near: Int64) {
        self.near = near
        self.derived = derived
        for violation in derived { groups[Key(violation), default: ([], 0)].list.append(violation) }
        for key in Array(groups.keys) { groups[key]?.list.sort { ($0.time, $0.id) < ($1.time, $1.id) } }
    }

    /// The one that `recorded` became, which is then taken by it. Ask in the order of times: what was passed does not come
    /// back, so that all questions together cost one look at each.
    mutating func take(_ recorded: ComparedViolation) -> ComparedViolation? {
        let key = Key(recorded)
        guard let (list, begin) = groups[key] else { return nil }
        var next = begin
        while next < list.count, list[next].time < recorded.time - near { next += 1 }
        guard next < list.count, list[next].time <= recorded.time + near else {
            groups[key]?.next = next
            return nil
        }
        groups[key]?.next = next + 1
        taken.insert(list[next].key)
        return list[next]
    }
}
