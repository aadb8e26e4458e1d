import PicketEvents

/// What each subject of one rule has shown so far: what is usual for it.
struct SeenValues: Sendable {
    private var names = Interner()
    private var seen: [Int: Set<Int>] = [:]

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

    /// What `subject` showed, in order.
    func values(of subject: Int) -> [String] { (seen[subject] ?? []).map { names.string($0) }.sorted() }

    mutating func forget(_ subject: Int) { seen[subject] = nil }

    mutating func renumber(_ numbers: [Int: Int]) {
        var renumbered: [Int: Set<Int>] = [:]
        for (subject, values) in seen {
            if let number = numbers[subject] { renumbered[number] = values }
        }
        seen = renumbered
    }
}
