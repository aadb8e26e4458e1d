import PicketEvents

/// The panes of an aggregate for every subject: a ring of cells in one array, beside the running total of each window.
///
/// A subject's cells are `[head, newest panes of weak identities, total of window 0, …, pane cells]`, side by side, so
/// that an event touches two lines of the cache. `head` is the newest pane the subject has an event in, 0 before the
/// first; the next three are the newest panes with an event whose identity was claimed, proved by an access rule, or by
/// a password; the totals are those of the windows that end with `head`. Panes are numbered since 1970 and fit 32 bits, as slides are whole seconds. Panes that fall out of the ring while a held-back
/// watermark still needs them go to ``spill``; that happens only when one feed runs far ahead of another.
struct PaneRings<Cell: FixedWidthInteger & Sendable>: Sendable {
    /// Panes in each ring.
    let size: Int
    /// The windows, in panes.
    let windows: [Int]
    private let stride: Int
    /// The cells before the totals.
    private static var fixed: Int { 4 }
    private let windowCount: Int
    private var cells: [Cell] = []
    private var spill: [SpilledPane: Cell] = [:]

    private struct SpilledPane: Hashable {
        var subject: Int
        var pane: Int64
    }

    /// - Parameters:
    ///   - windows: the durations in panes.
    ///   - pending: how many panes beyond the longest window are kept because their boundaries may not be evaluated
    ///     yet.
    init(windows: [Int], pending: Int) {
        self.windows = windows
        windowCount = windows.count
        size = (windows.max() ?? 0) + pending
        stride = PaneRings.fixed + windows.count + size
    }

    /// Makes room for subjects up to `count`.
    mutating func reserve(subjects count: Int) {
        guard cells.count < count * stride else { return }
        cells.append(contentsOf: repeatElement(0, count: count * stride - cells.count))
    }

    /// Forgets everything about `subject`.
    mutating func clear(subject: Int) {
        guard (subject + 1) * stride <= cells.count else { return }
        for index in subject * stride..<(subject + 1) * stride { cells[index] = 0 }
        if !spill.isEmpty { spill = spill.filter { $0.key.subject != subject } }
    }

    /// Keeps only the subjects in `kept`, which become 0, 1, … in that order.
    mutating func renumber(_ kept: [Int]) {
        var cells: [Cell] = []
        for old in kept where (old + 1) * stride <= self.cells.count {
            cells.append(contentsOf: self.cells[old * stride..<(old + 1) * stride])
        }
        let numbers = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        var spill: [SpilledPane: Cell] = [:]
        for (key, value) in self.spill {
            if let number = numbers[key.subject] { spill[SpilledPane(subject: number, pane: key.pane)] = value }
        }
        self.cells = cells
        self.spill = spill
    }

    /// Reads the first cell of `subject` and that of `pane`, if it has any yet: two lines of the cache.
    @inline(__always)
    mutating func touch(_ subject: Int, pane: Int64) -> Cell {
        let base = subject &* stride
        guard base < cells.count else { return 0 }
        return cells[base] &+ cells[base &+ slot(pane)]
    }

    /// The newest pane of `subject`; 0 before its first event.
    @inline(__always)
    func head(of subject: Int) -> Int64 { Int64(truncatingIfNeeded: cells[subject &* stride]) }

    /// Takes note that an event whose identity is weaker than a certificate was counted in `pane`.
    @inline(__always)
    mutating func note(_ identity: Identity, subject: Int, pane: Int64) {
        let cell = subject &* stride &+ 1 &+ Int(identity.rawValue)
        if Int64(truncatingIfNeeded: cells[cell]) < pane { cells[cell] = Cell(truncatingIfNeeded: pane) }
    }

    /// The weakest identity of the events counted in the panes from `first` on.
    func weakestIdentity(of subject: Int, since first: Int64) -> Identity {
        guard (subject + 1) * stride <= cells.count else { return .claimed }
        for identity in Identity.allCases where identity < .certificate {
            let newest = Int64(truncatingIfNeeded: cells[subject * stride + 1 + Int(identity.rawValue)])
            if newest != 0, newest >= first { return identity }
        }
        return .certificate
    }

    /// The total of window `window` at the end of the subject's newest pane.
    @inline(__always)
    func total(of subject: Int, window: Int) -> Cell { cells[subject &* stride &+ PaneRings.fixed &+ window] }

    /// The place of the cell of `pane` behind a subject's first cell.
    @inline(__always)
    private func slot(_ pane: Int64) -> Int {
        // 32 bits divide in a third of the time of 64.
        PaneRings.fixed &+ windowCount &+ Int(UInt32(truncatingIfNeeded: pane) % UInt32(truncatingIfNeeded: size))
    }

    /// Adds `value` to `pane` of `subject`, as a sum.
    ///
    /// - Parameter oldestNeeded: the oldest pane that a boundary not evaluated yet looks at.
    /// - Returns: whether the pane had nothing in it before.
    @inline(__always)
    mutating func add(_ value: Cell, subject: Int, pane: Int64, oldestNeeded: Int64) -> Bool {
        let base = subject &* stride
        let head = Int64(truncatingIfNeeded: cells[base])
        if pane != head {
            if pane < head { return addBehind(value, subject, pane, head, maximum: false) }
            advance(subject, from: head, to: pane, oldestNeeded)
        }
        for window in 0..<windowCount { cells[base &+ PaneRings.fixed &+ window] &+= value }
        let cell = base &+ slot(pane)
        let before = cells[cell]
        cells[cell] = before &+ value
        return before == 0
    }

    /// Raises `pane` of `subject` to at least `value`. Running totals of maxima do not exist; windows are read.
    mutating func raise(_ value: Cell, subject: Int, pane: Int64, oldestNeeded: Int64) -> Bool {
        let head = head(of: subject)
        if pane < head { return addBehind(value, subject, pane, head, maximum: true) }
        if pane != head { advance(subject, from: head, to: pane, oldestNeeded) }
        let cell = subject * stride + slot(pane)
        let before = cells[cell]
        cells[cell] = max(before, value)
        return before != cells[cell]
    }

    /// An event whose pane is not the newest of its subject.
    @inline(never)
    private mutating func addBehind(
        _ value: Cell, _ subject: Int, _ pane: Int64, _ head: Int64, maximum: Bool
    ) -> Bool {
        let behind = head - pane
        let base = subject * stride
        if !maximum {
            for (window, panes) in windows.enumerated() where behind < Int64(panes) {
                cells[base + PaneRings.fixed + window] &+= value
            }
        }
        if behind >= Int64(size) {
            let key = SpilledPane(subject: subject, pane: pane)
            let before = spill[key] ?? 0
            spill[key] = maximum ? max(before, value) : before &+ value
            return before == 0
        }
        let cell = base + slot(pane)
        let before = cells[cell]
        cells[cell] = maximum ? max(before, value) : before &+ value
        return before != cells[cell] && (maximum || before == 0)
    }

    /// Moves the newest pane of `subject`: what leaves a window is taken from its total, and the cells between are
    /// emptied.
    @inline(__always)
    private mutating func advance(_ subject: Int, from head: Int64, to pane: Int64, _ oldestNeeded: Int64) {
        let base = subject &* stride
        cells[base] = Cell(truncatingIfNeeded: pane)
        guard head != 0 else { return }
        let steps = pane &- head
        if pane &- Int64(size) >= oldestNeeded {
            spillPanes(subject, head, pane, oldestNeeded)
        }
        for window in 0..<windowCount {
            let panes = Int64(windows[window])
            if steps >= panes {
                cells[base &+ PaneRings.fixed &+ window] = 0
                continue
            }
            var leaving = head &- panes &+ 1
            let end = pane &- panes
            while leaving <= end {
                cells[base &+ PaneRings.fixed &+ window] &-= cells[base &+ slot(leaving)]
                leaving &+= 1
            }
        }
        var entering = max(head &+ 1, pane &- Int64(size) &+ 1)
        while entering <= pane {
            cells[base &+ slot(entering)] = 0
            entering &+= 1
        }
    }

    /// Saves the panes that leave the ring although a pending boundary still looks at them.
    @inline(never)
    private mutating func spillPanes(_ subject: Int, _ head: Int64, _ pane: Int64, _ oldestNeeded: Int64) {
        let base = subject * stride
        for leaving in (head - Int64(size) + 1)...min(head, pane - Int64(size)) where leaving >= oldestNeeded {
            let value = cells[base + slot(leaving)]
            if value != 0 { spill[SpilledPane(subject: subject, pane: leaving)] = value }
        }
    }

    /// What `pane` of `subject` holds.
    func cell(_ subject: Int, _ pane: Int64) -> Cell {
        guard (subject + 1) * stride <= cells.count else { return 0 }
        let head = head(of: subject)
        guard head != 0, pane <= head else { return 0 }
        if head - pane < Int64(size) { return cells[subject * stride + slot(pane)] }
        return spill.isEmpty ? 0 : spill[SpilledPane(subject: subject, pane: pane)] ?? 0
    }

    /// The sum of the `count` panes that end with `last`.
    func sum(_ subject: Int, last: Int64, count: Int) -> Int64 {
        guard (subject + 1) * stride <= cells.count else { return 0 }
        let head = head(of: subject)
        let oldest = last - Int64(count) + 1
        let newest = min(last, head)
        guard head != 0, oldest <= newest else { return 0 }
        var sum: Int64 = 0
        let inRing = max(oldest, head - Int64(size) + 1)
        if inRing <= newest {
            let start = subject * stride + PaneRings.fixed + windowCount
            var cell = subject * stride + slot(inRing)
            for _ in inRing...newest {
                sum += Int64(cells[cell])
                cell += 1
                if cell == start + size { cell = start }
            }
        }
        guard !spill.isEmpty, oldest < inRing else { return sum }
        for pane in oldest...min(inRing - 1, newest) { sum += Int64(self.cell(subject, pane)) }
        return sum
    }

    /// The largest of the `count` panes that end with `last`; 0 when there was no event.
    func maximum(_ subject: Int, last: Int64, count: Int) -> Int64 {
        var largest: Int64 = 0
        for pane in (last - Int64(count) + 1)...last { largest = max(largest, Int64(cell(subject, pane))) }
        return largest
    }

    /// Drops spilled panes that no boundary needs any more.
    mutating func trim(oldestNeeded: Int64) {
        if !spill.isEmpty { spill = spill.filter { $0.key.pane >= oldestNeeded } }
    }
}

extension PaneRings: StateCoded {
    /// Where things lie follows from the plan.
    static var rebuilt: [String] { ["size", "windows", "stride", "windowCount"] }

    mutating func code(_ coder: inout StateCoder) throws {
        let (room, overflow) = coder.subjects.multipliedReportingOverflow(by: stride)
        try coder.field("cells") { coder in
            try coder.code(sparse: &cells, limit: overflow ? .max : room)
            guard cells.count % stride == 0 else { throw StateProblem("half a ring") }
        }
        try coder.field("spill") { coder in
            var panes = spill.map { (key: $0.key, value: Int64($0.value)) }
                .sorted { ($0.key.subject, $0.key.pane) < ($1.key.subject, $1.key.pane) }
            try coder.code(list: &panes, blank: (SpilledPane(subject: 0, pane: 0), 0)) { pane, coder in
                try pane.key.subject.code(&coder)
                try pane.key.pane.code(&coder)
                try pane.value.code(&coder)
            }
            guard coder.isReading else { return }
            spill = [:]
            for pane in panes { spill[pane.key] = Cell(truncatingIfNeeded: pane.value) }
        }
    }
}
