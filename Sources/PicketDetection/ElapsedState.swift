import PicketEvents

/// Since when the subjects of one rule have been silent, or disconnected: values that grow by themselves.
struct ElapsedState: Sendable {
    /// By subject: the newest event that says how things stand; `Int64.min` when there was none.
    private var newest: [Int64] = []
    /// By subject: whether time counts since then.
    private var counts: [Bool] = []
    /// By subject: whether it waits in ``queue``.
    private var waits: [Bool] = []
    /// Subjects by the earliest time at which they may violate.
    private var queue = TimeQueue<Int>()

    /// The earliest time at which a subject may violate.
    var next: Int64 { queue.next }

    /// The first whole second at which more than `bound` seconds have passed, or as many if `isReached` is enough.
    static func due(since time: Int64, bound: Int64, isReached: Bool) -> Int64 {
        let (span, overflow) = bound.multipliedReportingOverflow(by: 1_000)
        guard !overflow, span < .max / 4 else { return .max }
        let end = time + span
        return isReached ? (end + 999) / 1_000 * 1_000 : end / 1_000 * 1_000 + 1_000
    }

    /// An event at `time` says that time counts from now on, or that it does not.
    ///
    /// - Returns: whether it is news; false when a newer event was heard already.
    mutating func hear(_ subject: Int, time: Int64, counts isCounting: Bool, due: Int64) -> Bool {
        while newest.count <= subject {
            newest.append(.min)
            counts.append(false)
            waits.append(false)
        }
        guard time >= newest[subject] else { return false }
        newest[subject] = time
        counts[subject] = isCounting
        if isCounting { wait(subject, until: due) }
        return true
    }

    /// Takes a subject whose time may have come, with the time it was last heard at.
    mutating func take(through watermark: Int64) -> (subject: Int, since: Int64)? {
        while let entry = queue.pop(through: watermark) {
            waits[entry.item] = false
            if counts[entry.item] { return (entry.item, newest[entry.item]) }
        }
        return nil
    }

    /// Looks at `subject` again at `time`.
    mutating func wait(_ subject: Int, until time: Int64) {
        guard time != .max, !waits[subject] else { return }
        waits[subject] = true
        queue.push(subject, at: time)
    }

    /// Whether anything was heard of `subject`.
    func isHeard(_ subject: Int) -> Bool { subject < newest.count && newest[subject] != .min }

    /// Forgets `subject`.
    mutating func forget(_ subject: Int) {
        guard subject < newest.count else { return }
        newest[subject] = .min
        counts[subject] = false
    }

    mutating func renumber(_ kept: [Int], _ numbers: [Int: Int]) {
        let old = self
        newest = kept.map { $0 < old.newest.count ? old.newest[$0] : .min }
        counts = kept.map { $0 < old.counts.count && old.counts[$0] }
        waits = kept.map { $0 < old.waits.count && old.waits[$0] }
        queue = old.queue.mapItems { numbers[$0] }
    }
}

extension ElapsedState: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("newest", &newest)
        try coder.field("counts", &counts)
        try coder.field("waits", &waits)
        try coder.field("queue", &queue)
        guard coder.isReading else { return }
        guard newest.count == counts.count, newest.count == waits.count, newest.count <= coder.subjects,
            queue.entries.allSatisfy({ newest.indices.contains($0.item) })
        else { throw StateProblem("silences of subjects that do not exist") }
    }
}
