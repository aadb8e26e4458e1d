import PicketEvents
import PicketProfiles

/// The panes of one aggregate with the times at which its subjects are to be looked at.
struct Aggregate: Sendable {
    let shape: DetectionPlan.AggregateShape
    /// The slide, in milliseconds.
    let slide: Int64
    /// Counts fit 32 bits, sums and sizes do not; one of the two is in use.
    private var counts: PaneRings<UInt32>
    private var sizes: PaneRings<Int64>
    private let aggregation: Metric.Aggregation
    /// Subjects whose value changes at a boundary, or must be looked at there for another reason, by boundary number
    /// (the boundary's time divided by the slide). Only for rules that do not alarm early.
    private var visits: [Int64: [Int]] = [:]
    /// Boundaries at which every subject must be looked at.
    private var visitsOfAll: Set<Int64> = []
    /// The smallest key of the two above.
    private(set) var nextVisit = Int64.max
    /// Whether any window has rules that are looked at when it ends.
    let hasBoundaryRules: Bool
    /// The number of the last boundary that was evaluated.
    var evaluatedThrough: Int64 = 0
    /// The longest window, in panes.
    let longestWindow: Int64
    let windowCount: Int
    private let thresholds: [Int64]

    /// - Parameter lateness: the greatest lateness of the feeds, in milliseconds; panes younger than that are pending.
    init(shape: DetectionPlan.AggregateShape, lateness: Int64) {
        self.shape = shape
        slide = shape.key.slide
        aggregation = shape.key.metric.aggregation
        let windows = shape.windows.map(\.panes)
        let pending = Int(lateness / shape.key.slide) + 3
        counts = PaneRings(windows: aggregation == .count ? windows : [], pending: aggregation == .count ? pending : 1)
        sizes = PaneRings(windows: aggregation == .count ? [] : windows, pending: aggregation == .count ? 1 : pending)
        hasBoundaryRules = shape.windows.contains { !$0.atBoundary.isEmpty }
        longestWindow = Int64(windows.max() ?? 0)
        windowCount = windows.count
        thresholds = shape.windows.map(\.threshold)
    }

    /// The smallest value at which a rule of `window` that alarms early is violated.
    @inline(__always)
    func threshold(_ window: Int) -> Int64 { thresholds[window] }

    /// The pane of a time.
    @inline(__always)
    func pane(_ time: Int64) -> Int64 {
        // Engine times are positive; unsigned division by a constant width is the fast one.
        Int64(bitPattern: UInt64(bitPattern: time) / UInt64(bitPattern: slide))
    }

    mutating func reserve(subjects count: Int) {
        if aggregation == .count { counts.reserve(subjects: count) } else { sizes.reserve(subjects: count) }
    }

    /// Fetches what an event of `subject` will need. Mutating only so that no copy is made.
    @inline(__always)
    mutating func touch(_ subject: Int) -> Int64 {
        aggregation == .count ? Int64(counts.touch(subject)) : sizes.touch(subject)
    }

    /// Adds an event.
    ///
    /// - Parameters:
    ///   - bytes: its payload, for sums and sizes.
    ///   - oldestNeeded: the oldest pane that a pending boundary looks at.
    @inline(__always)
    mutating func add(subject: Int, pane: Int64, bytes: Int64, oldestNeeded: Int64) {
        let changed: Bool
        switch aggregation {
        case .count: changed = counts.add(1, subject: subject, pane: pane, oldestNeeded: oldestNeeded)
        case .sum: changed = sizes.add(bytes, subject: subject, pane: pane, oldestNeeded: oldestNeeded)
        case .maximum:
            // Kept as one more than it is, so that an empty message differs from no message.
            changed = sizes.raise(bytes &+ 1, subject: subject, pane: pane, oldestNeeded: oldestNeeded)
        case .distinct, .elapsed, .values: changed = false
        }
        if hasBoundaryRules, changed { scheduleVisits(subject, pane) }
    }

    /// Whether, after an event of `bytes` was added to `pane`, some pending boundary may violate a rule that alarms
    /// early. Never wrong when it says no.
    @inline(__always)
    func mayHit(window: Int, subject: Int, pane: Int64, bytes: Int64, threshold: Int64) -> Bool {
        switch aggregation {
        case .count:
            // Behind the newest pane the running total says nothing about older boundaries.
            return counts.head(of: subject) != pane || Int64(counts.total(of: subject, window: window)) >= threshold
        case .sum:
            return sizes.head(of: subject) != pane || sizes.total(of: subject, window: window) >= threshold
        case .maximum:
            return bytes >= threshold
        case .distinct, .elapsed, .values:
            return false
        }
    }

    /// The datapoint of `subject` at boundary number `boundary` over the last `panes` panes. A count or a sum without
    /// events is 0; a largest size without events is none.
    func value(subject: Int, boundary: Int64, panes: Int) -> Int64? {
        switch aggregation {
        case .count: return counts.sum(subject, last: boundary - 1, count: panes)
        case .sum: return sizes.sum(subject, last: boundary - 1, count: panes)
        case .maximum:
            let largest = sizes.maximum(subject, last: boundary - 1, count: panes)
            return largest == 0 ? nil : largest - 1
        case .distinct, .elapsed, .values: return nil
        }
    }

    /// The windows, in panes.
    var windowPanes: [Int] { shape.windows.map(\.panes) }

    /// Goes on with the panes and visits of `other`, which has the same key and windows.
    mutating func takeOver(_ other: Aggregate) {
        counts = other.counts
        sizes = other.sizes
        visits = other.visits
        visitsOfAll = other.visitsOfAll
        nextVisit = other.nextVisit
        evaluatedThrough = other.evaluatedThrough
    }

    /// Forgets `subject`.
    mutating func clear(subject: Int) {
        if aggregation == .count { counts.clear(subject: subject) } else { sizes.clear(subject: subject) }
    }

    mutating func renumber(_ kept: [Int], _ numbers: [Int: Int]) {
        if aggregation == .count { counts.renumber(kept) } else { sizes.renumber(kept) }
        for (boundary, subjects) in visits { visits[boundary] = subjects.compactMap { numbers[$0] } }
    }

    /// Drops what no boundary after `watermark` needs.
    mutating func trim(watermark: Int64) {
        guard watermark > 0 else { return }
        counts.trim(oldestNeeded: pane(watermark) - longestWindow)
        sizes.trim(oldestNeeded: pane(watermark) - longestWindow)
    }

    // MARK: Visits

    /// A pane of `subject` has changed: its value is another when the pane enters a window and when it leaves.
    @inline(never)
    private mutating func scheduleVisits(_ subject: Int, _ pane: Int64) {
        visit(subject, at: pane + 1)
        for window in shape.windows where !window.atBoundary.isEmpty {
            visit(subject, at: pane + 1 + Int64(window.panes))
        }
    }

    /// Asks for a look at `subject` when boundary number `boundary` is evaluated.
    mutating func visit(_ subject: Int, at boundary: Int64) {
        visits[boundary, default: []].append(subject)
        nextVisit = min(nextVisit, boundary)
    }

    /// Asks for a look at every subject when boundary number `boundary` is evaluated.
    mutating func visitAll(at boundary: Int64) {
        visitsOfAll.insert(boundary)
        nextVisit = min(nextVisit, boundary)
    }

    /// Takes the earliest boundary with visits, at most `last`.
    ///
    /// - Returns: its number and the subjects to look at, each once; `all` says that it is every subject.
    mutating func takeVisits(through last: Int64) -> (boundary: Int64, subjects: [Int], all: Bool)? {
        guard nextVisit <= last else { return nil }
        let boundary = nextVisit
        let subjects = Array(Set(visits.removeValue(forKey: boundary) ?? []))
        let all = visitsOfAll.remove(boundary) != nil
        // Boundaries follow each other closely while events come; after a silence the next one is searched for.
        if visits[boundary + 1] != nil || visitsOfAll.contains(boundary + 1) {
            nextVisit = boundary + 1
        } else {
            nextVisit = min(visits.keys.min() ?? .max, visitsOfAll.min() ?? .max)
        }
        return (boundary, subjects, all)
    }

    /// The first boundary after `boundary` and up to `last` at which `subject` is to be looked at.
    func visit(of subject: Int, after boundary: Int64, through last: Int64) -> Int64? {
        let own = visits.lazy.filter { $0.key > boundary && $0.key <= last && $0.value.contains(subject) }.map(\.key)
            .min()
        let all = visitsOfAll.lazy.filter { $0 > boundary && $0 <= last }.min()
        return [own, all].compactMap { $0 }.min()
    }
}
