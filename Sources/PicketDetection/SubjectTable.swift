import PicketEvents

/// The subjects of one kind that detection knows: their names, when they became known, and their newest event.
struct SubjectTable: Sendable {
    private var names = Interner()
    /// By subject: the engine time of its newest accepted event; `Int64.min` when it is forgotten.
    private(set) var newest: [Int64] = []
    /// By subject: the engine time of the event that made it known.
    private(set) var knownSince: [Int64] = []
    /// When to look whether a subject is to be forgotten: a binary heap by time, one entry for each known subject.
    private var checks: [(time: Int64, subject: Int)] = []

    /// The subjects with a number, forgotten ones included.
    var count: Int { newest.count }

    /// The subjects that are known now.
    var known: Int { checks.count }

    /// The bytes of the name of `subject`.
    func name(_ subject: Int) -> ArraySlice<UInt8> { names.bytes(subject) }

    /// The name of `subject`.
    func string(_ subject: Int) -> String { names.string(subject) }

    /// The number of the subject named by the bytes in `range`; being numbered does not make it known.
    @inline(__always)
    mutating func number(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        let subject = names.intern(bytes, range)
        if subject == newest.count { addUnknown() }
        return subject
    }

    /// The number of the subject named by the bytes in `range`; nil when it has none.
    func find(_ bytes: RawSpan, _ range: Range<Int>) -> Int? { names.find(bytes, range) }

    /// The number of the subject called `name`.
    mutating func number(_ name: String) -> Int {
        let bytes = Array(name.utf8)
        return number(bytes.span.bytes, 0..<bytes.count)
    }

    /// Reads what an event of `subject` will need, so that it is near.
    @inline(__always)
    mutating func touch(_ subject: Int) -> Int64 { newest[subject] }

    @inline(never)
    private mutating func addUnknown() {
        newest.append(.min)
        knownSince.append(.min)
    }

    /// Takes note of an event of `subject`; whether that made it known.
    @inline(__always)
    mutating func see(_ subject: Int, time: Int64) -> Bool {
        let before = newest[subject]
        if before >= time { return false }
        newest[subject] = time
        return before == .min && becomesKnown(subject, time)
    }

    /// The time before which no subject is forgotten.
    @inline(__always)
    var nextCheck: Int64 { checks.isEmpty ? .max : checks[0].time }

    @inline(never)
    private mutating func becomesKnown(_ subject: Int, _ time: Int64) -> Bool {
        knownSince[subject] = time
        push(time + Limits.forgetAfter, subject)
        return true
    }

    /// When the next subject is to be forgotten, if `watermark` has reached that.
    mutating func nextForgotten(watermark: Int64) -> Int64? {
        while let first = checks.first, first.time <= watermark {
            let due = newest[first.subject] + Limits.forgetAfter
            if due == first.time { return due }
            pop()
            push(due, first.subject)
        }
        return nil
    }

    /// Takes one subject whose time has come: `watermark` has reached its newest event and two days.
    ///
    /// - Returns: the subject and when it was forgotten; nil when there is none.
    mutating func forgetNext(watermark: Int64) -> (subject: Int, time: Int64)? {
        while let first = checks.first, first.time <= watermark {
            let due = newest[first.subject] + Limits.forgetAfter
            pop()
            if due > watermark {
                push(due, first.subject)
                continue
            }
            newest[first.subject] = .min
            return (first.subject, due)
        }
        return nil
    }

    /// The subjects to drop so that `keep` remain, least recently seen first; those in `protected` stay.
    func leastRecentlySeen(dropping count: Int, protected: Set<Int>) -> [Int] {
        let candidates = newest.indices.filter { newest[$0] != .min && !protected.contains($0) }
        return Array(candidates.sorted { newest[$0] < newest[$1] }.prefix(count))
    }

    /// Drops everything but the subjects in `kept`, which get the numbers 0, 1, … in that order.
    mutating func renumber(_ kept: [Int]) {
        var table = SubjectTable()
        for old in kept {
            let name = Array(names.bytes(old))
            _ = table.names.intern(name.span.bytes, 0..<name.count)
            table.newest.append(newest[old])
            table.knownSince.append(knownSince[old])
            if newest[old] != .min { table.push(newest[old] + Limits.forgetAfter, table.newest.count - 1) }
        }
        self = table
    }

    // MARK: The heap

    private mutating func push(_ time: Int64, _ subject: Int) {
        checks.append((time, subject))
        var child = checks.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if checks[parent].time <= checks[child].time { break }
            checks.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func pop() {
        let last = checks.removeLast()
        guard !checks.isEmpty else { return }
        checks[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < checks.count else { break }
            if child + 1 < checks.count, checks[child + 1].time < checks[child].time { child += 1 }
            if checks[parent].time <= checks[child].time { break }
            checks.swapAt(parent, child)
            parent = child
        }
    }
}

extension SubjectTable: StateElement {
    static var blank: SubjectTable { SubjectTable() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("names", &names)
        try coder.field("newest", &newest)
        try coder.field("knownSince", &knownSince)
        try coder.field("checks") { coder in
            try coder.code(list: &checks, blank: (0, 0)) { check, coder in
                try check.time.code(&coder)
                try check.subject.code(&coder)
            }
        }
        guard coder.isReading else { return }
        guard names.count == newest.count, knownSince.count == newest.count,
            checks.allSatisfy({ newest.indices.contains($0.subject) })
        else { throw StateProblem("subjects without a name") }
    }
}
