import PicketEvents

/// The different values that each subject showed, with the panes they were seen in: what windows of distinct counts are
/// made of. Exact up to ``Limits/distinctValues``; beyond, a count says only that there are more.
struct DistinctRings: Sendable {
    /// When one value was seen.
    struct Sighting: Sendable {
        var newest: Int64
        /// Panes before the newest that a pending boundary may end between, ascending; nearly always none.
        var earlier: [Int64] = []

        /// Whether the value was seen in the panes from `first` to `last`.
        func isIn(_ first: Int64, _ last: Int64) -> Bool {
            if newest <= last { return newest >= first }
            return earlier.contains { first <= $0 && $0 <= last }
        }

        /// Takes note of `pane`. Of the panes before `oldestPending` only the newest can matter.
        mutating func see(_ pane: Int64, oldestPending: Int64) {
            guard pane != newest else { return }
            if pane > newest {
                earlier.append(newest)
                newest = pane
            } else if !earlier.contains(pane) {
                earlier.append(pane)
                earlier.sort()
            }
            if let settled = earlier.lastIndex(where: { $0 < oldestPending }) {
                earlier.removeFirst(newest < oldestPending ? earlier.count : settled)
            }
        }
    }

    /// What is kept of one subject.
    struct Values: Sendable {
        var seen: [Int: Sighting] = [:]
        /// When values were seen that found no place.
        var overflow: Sighting?
        /// The newest panes with an event of a weak identity, as in `PaneRings`.
        var identities: [Int64] = [0, 0, 0]

        /// Takes note of one value in one pane.
        mutating func add(
            _ value: Int, _ pane: Int64, _ oldestNeeded: Int64, _ oldestPending: Int64, _ identity: Identity
        ) {
            if identity < .certificate, identities[Int(identity.rawValue)] < pane {
                identities[Int(identity.rawValue)] = pane
            }
            if let index = seen.index(forKey: value) {
                seen.values[index].see(pane, oldestPending: oldestPending)
                return
            }
            if seen.count >= DistinctRings.kept { seen = seen.filter { $0.value.newest >= oldestNeeded } }
            guard seen.count < DistinctRings.kept else {
                if overflow == nil { overflow = Sighting(newest: pane) }
                overflow?.see(pane, oldestPending: oldestPending)
                return
            }
            seen[value] = Sighting(newest: pane)
        }
    }

    /// Values kept of one subject: those that count, and as many again of windows that are not evaluated yet.
    private static let kept = Int(Limits.distinctValues) * 4

    private(set) var subjects: [Int: Values] = [:]
    private var names = Interner()
    /// The number of names at which those that nobody shows any more are looked for.
    private var trimAt = Limits.rememberedValues

    /// Adds an event that shows the bytes in `range`.
    ///
    /// - Parameters:
    ///   - oldestNeeded: the oldest pane that a boundary not evaluated yet looks at.
    ///   - oldestPending: the first pane whose end was not evaluated yet.
    mutating func add(
        _ bytes: RawSpan, _ range: Range<Int>, subject: Int, pane: Int64, oldestNeeded: Int64, oldestPending: Int64,
        identity: Identity
    ) {
        let value = names.intern(bytes, range)
        // In place: taking the values out and putting them back costs three look-ups more.
        if let index = subjects.index(forKey: subject) {
            subjects.values[index].add(value, pane, oldestNeeded, oldestPending, identity)
        } else {
            var values = Values()
            values.add(value, pane, oldestNeeded, oldestPending, identity)
            subjects[subject] = values
        }
    }

    /// The most values that any window of `subject` can hold.
    func bound(of subject: Int) -> Int64 { Int64(subjects[subject]?.seen.count ?? 0) }

    /// The number of different values in the `count` panes that end with `last`.
    func count(_ subject: Int, last: Int64, count: Int) -> Int64 {
        guard let values = subjects[subject] else { return 0 }
        let first = last - Int64(count) + 1
        if let overflow = values.overflow, overflow.isIn(first, last) { return Limits.distinctValues + 1 }
        let found = values.seen.values.reduce(Int64(0)) { $0 + ($1.isIn(first, last) ? 1 : 0) }
        return min(found, Limits.distinctValues + 1)
    }

    /// The weakest identity of the events counted in the panes from `first` on.
    func weakestIdentity(of subject: Int, since first: Int64) -> Identity {
        guard let values = subjects[subject] else { return .claimed }
        return Identity.allCases.first {
            $0 < .certificate && values.identities[Int($0.rawValue)] != 0
                && values.identities[Int($0.rawValue)] >= first
        } ?? .certificate
    }

    /// Forgets everything about `subject`.
    mutating func clear(subject: Int) { subjects[subject] = nil }

    /// Gives subjects their new numbers; those that have none are forgotten.
    mutating func renumber(_ numbers: [Int: Int]) {
        var renumbered: [Int: Values] = [:]
        for (subject, values) in subjects {
            if let number = numbers[subject] { renumbered[number] = values }
        }
        subjects = renumbered
    }

    /// Drops values that no boundary needs any more, and forgets names when too many are kept that nobody shows.
    mutating func trim(oldestNeeded: Int64) {
        guard names.count > trimAt else { return }
        var fresh = Interner()
        for subject in subjects.keys.sorted() {
            var kept: [Int: Sighting] = [:]
            for (value, sighting) in subjects[subject]?.seen ?? [:] where sighting.newest >= oldestNeeded {
                let name = Array(names.bytes(value))
                kept[fresh.intern(name.span.bytes, 0..<name.count)] = sighting
            }
            subjects[subject]?.seen = kept
        }
        names = fresh
        trimAt = max(Limits.rememberedValues, 2 * fresh.count)
    }
}

extension DistinctRings: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("subjects", bySubject: &subjects)
        try coder.field("names", &names)
        try coder.field("trimAt", &trimAt)
        guard coder.isReading else { return }
        let known = names.count
        guard subjects.values.allSatisfy({ $0.seen.keys.allSatisfy { $0 >= 0 && $0 < known } }) else {
            throw StateProblem("values without a name")
        }
    }
}

extension DistinctRings.Values: StateElement {
    static var blank: DistinctRings.Values { DistinctRings.Values() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("seen", &seen)
        try coder.field("overflow", &overflow)
        try coder.field("identities", &identities)
        guard identities.count == 3 else { throw StateProblem("there are not three kinds of weak identities") }
    }
}

extension DistinctRings.Sighting: StateElement {
    static var blank: DistinctRings.Sighting { DistinctRings.Sighting(newest: 0) }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("newest", &newest)
        try coder.field("earlier", &earlier)
    }
}
