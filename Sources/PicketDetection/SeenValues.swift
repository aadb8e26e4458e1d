import PicketEvents

/// What each subject of one rule has shown so far: what is usual for it.
struct SeenValues: Sendable {
    private var names = Interner()
    private var seen: [Int: Set<Int>] = [:]
    /// By subject: the engine time of the first value that it showed.
    private var since: [Int: Int64] = [:]
    /// By subject: what was new in its last violation, until a person says what it is.
    private var suspects: [Int: Suspects] = [:]

    /// The new values of one violation.
    fileprivate struct Suspects: Sendable {
        var violation: String
        var values: Set<Int> = []
    }

    /// Values of one subject. A device that shows more is no creature of habit: nothing of it is new any more.
    static let limit = 256

    /// Whether `subject` showed `value` before, or shows too much for that to mean anything.
    func contains(_ value: [UInt8], of subject: Int) -> Bool {
        guard let values = seen[subject] else { return false }
        if values.count >= SeenValues.limit { return true }
        return names.find(value.span.bytes, 0..<value.count).map { values.contains($0) } ?? false
    }

    /// From now on `value` is usual for `subject`.
    mutating func learn(_ value: [UInt8], of subject: Int) {
        let number = names.intern(value.span.bytes, 0..<value.count)
        guard (seen[subject]?.count ?? 0) < SeenValues.limit else { return }
        seen[subject, default: []].insert(number)
    }

    /// Values that `subject` shows for the first time, in a violation.
    mutating func suspect(_ keys: [[UInt8]], of subject: Int, violation: String) {
        var known = suspects[subject].flatMap { $0.violation == violation ? $0 : nil } ?? Suspects(violation: violation)
        for key in keys where known.values.count < SeenValues.limit {
            known.values.insert(names.intern(key.span.bytes, 0..<key.count))
        }
        suspects[subject] = known
    }

    /// A person judged a violation: what was new in it is usual from now on, or is not.
    mutating func judge(violation: String, isHarmless: Bool) {
        for (subject, known) in suspects where known.violation == violation {
            if isHarmless {
                seen[subject, default: []].formUnion(known.values)
            } else {
                seen[subject]?.subtract(known.values)
            }
        }
    }

    /// The engine time of the first value that `subject` showed; `time` when this is it.
    mutating func begin(_ subject: Int, at time: Int64) -> Int64 {
        if let first = since[subject] { return first }
        since[subject] = time
        return time
    }

    /// The engine time of the first value that `subject` showed; nil when it showed none.
    func beginning(of subject: Int) -> Int64? { since[subject] }

    /// The subjects that showed anything.
    var subjects: [Int] { Array(seen.keys) }

    /// What `subject` showed, in order.
    func values(of subject: Int) -> [String] { (seen[subject] ?? []).map { names.string($0) }.sorted() }

    mutating func forget(_ subject: Int) {
        seen[subject] = nil
        since[subject] = nil
        suspects[subject] = nil
    }

    mutating func renumber(_ numbers: [Int: Int]) {
        var renumbered: [Int: Set<Int>] = [:]
        for (subject, values) in seen {
            if let number = numbers[subject] { renumbered[number] = values }
        }
        seen = renumbered
        since = since.reduce(into: [:]) { kept, first in
            if let number = numbers[first.key] { kept[number] = first.value }
        }
        suspects = suspects.reduce(into: [:]) { kept, suspect in
            if let number = numbers[suspect.key] { kept[number] = suspect.value }
        }
    }
}

extension SeenValues: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("names", &names)
        try coder.field("seen", bySubject: &seen)
        try coder.field("since", bySubject: &since)
        try coder.field("suspects", bySubject: &suspects)
        guard coder.isReading else { return }
        let known = names.count
        let isNamed = { (values: Set<Int>) in values.allSatisfy { $0 >= 0 && $0 < known } }
        guard seen.values.allSatisfy(isNamed), suspects.values.allSatisfy({ isNamed($0.values) }) else {
            throw StateProblem("values without a name")
        }
    }
}

extension SeenValues.Suspects: StateElement {
    static var blank: SeenValues.Suspects { SeenValues.Suspects(violation: "") }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("violation", &violation)
        try coder.field("values", &values)
    }
}
