import PicketEvents

/// What is not the same in two sets of profiles, in words, and what a reload from one to the other means for what is open.
package struct ProfileDifference: Equatable, Sendable {
    package enum Change: String, Sendable {
        case added, removed, changed
    }

    package var change: Change
    package var profile: String
    /// Nil where it is about the whole profile.
    package var behavior: String?
    /// What it was, and what it is.
    package var was: String?
    package var now: String?
    /// Whether violations that are open lose their meaning: alarm-invalidated at a reload.
    package var endsViolations: Bool

    /// The differences, by profile in the order of their names, in the order of the behaviors.
    package static func between(_ old: [SecurityProfile], _ new: [SecurityProfile]) -> [ProfileDifference] {
        let names = Set((old + new).map(\.name)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return names.flatMap { name -> [ProfileDifference] in
            switch (old.first { $0.name == name }, new.first { $0.name == name }) {
            case (let was?, let now?): return between(was, now)
            case (nil, let now?):
                return [whole(.added, name, now: Counted.text(now.behaviors.count, "behavior"), endsViolations: false)]
            case (let was?, nil):
                return [whole(.removed, name, was: Counted.text(was.behaviors.count, "behavior"), endsViolations: true)]
            case (nil, nil): return []
            }
        }
    }

    private static func whole(
        _ change: Change, _ profile: String, was: String? = nil, now: String? = nil, endsViolations: Bool
    ) -> ProfileDifference {
        ProfileDifference(change: change, profile: profile, was: was, now: now, endsViolations: endsViolations)
    }

    private static func between(_ was: SecurityProfile, _ now: SecurityProfile) -> [ProfileDifference] {
        var all: [ProfileDifference] = []
        if was.targets != now.targets {
            // Devices that are not meant any more lose theirs.
            all.append(
                whole(
                    .changed, was.name, was: "for \(Explain.targets(was))", now: "for \(Explain.targets(now))",
                    endsViolations: true))
        }
        for behavior in was.behaviors {
            let other = now.behaviors.first { $0.name == behavior.name }
            guard other != behavior else { continue }
            let (old, new) = (Explain.sentence(behavior), other.map { Explain.sentence($0) })
            all.append(
                ProfileDifference(
                    change: other == nil ? .removed : .changed, profile: was.name, behavior: behavior.name, was: old,
                    now: new == old ? "the same in words, and not in every part" : new, endsViolations: true))
        }
        for behavior in now.behaviors where !was.behaviors.contains(where: { $0.name == behavior.name }) {
            all.append(
                ProfileDifference(
                    change: .added, profile: was.name, behavior: behavior.name, was: nil,
                    now: Explain.sentence(behavior),
                    endsViolations: false))
        }
        for exception in was.exceptions where !now.exceptions.contains(exception) {
            all.append(whole(.removed, was.name, was: Explain.sentence(exception, now: .min), endsViolations: false))
        }
        for exception in now.exceptions where !was.exceptions.contains(exception) {
            all.append(whole(.added, was.name, now: Explain.sentence(exception, now: .min), endsViolations: false))
        }
        return all
    }

    /// Lines for a person.
    package var lines: [String] {
        let sign = change == .added ? "+" : change == .removed ? "-" : "~"
        let what = behavior.map { "\(profile)/\($0)" } ?? profile
        let end = endsViolations ? "  (its open violations end)" : ""
        return ["\(sign) \(what)\(end)"]
            + [was.map { "    was: \($0)" }, now.map { "    now: \($0)" }].compactMap { $0 }
            .map { VisibleText.of($0) }
    }

    /// One line of JSON.
    package var json: [UInt8] {
        var line = RecordLine()
        line.add("change", change.rawValue)
        line.add("profile", profile)
        if let behavior { line.add("behavior", behavior) }
        if let was { line.add("was", was) }
        if let now { line.add("now", now) }
        line.add("endsViolations", endsViolations)
        return line.finish()
    }
}
