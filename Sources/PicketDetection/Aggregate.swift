import PicketEvents
import PicketProfiles

/// The panes of one aggregate with the times at which its subjects are to be looked at.
struct Aggregate: Sendable {
    let shape: DetectionPlan.AggregateShape
    /// Where its subjects are, in ``DetectionPlan/spaces``.
    let space: Int
    /// The slide, in milliseconds.
    let slide: Int64
    /// Counts fit 32 bits, sums and sizes do not; one of the two is in use.
    private var counts: PaneRings<UInt32>
    private var sizes: PaneRings<Int64>
    private var distinct = DistinctRings()
    /// Of sums that are compared between subjects: whether there was an event at all, which a sum of 0 does not say.
    private var presence: PaneRings<UInt32>
    private let way: Way

    /// What becomes of the events of a pane.
    private enum Way: UInt8 { case count, sum, maximum, distinct }

    /// What is added to a largest value where it is kept, so that the smallest differs from none.
    private static let bias: Int64 = 1 << 62
    /// The largest value that can be kept. Nothing measures more than two million million million.
    static let largest: Int64 = 1 << 61
    /// Subjects whose value changes at a boundary, or must be looked at there for another reason, by boundary number
    /// (the boundary's time divided by the slide). Only for rules that do not alarm early.
    private var visits: [Int64: [Int]] = [:]
    /// Boundaries at which every subject must be looked at.
    private var visitsOfAll: Set<Int64> = []
    /// Boundaries at which subjects are to be compared with each other.
    private var comparisons: Set<Int64> = []
    /// The smallest key of the three above.
    private(set) var nextVisit = Int64.max
    /// Whether any window has rules that are looked at when it ends.
    let hasBoundaryRules: Bool
    /// Whether any window has rules that compare subjects with each other.
    let hasPopulationRules: Bool
    /// The number of the last boundary that was evaluated.
    var evaluatedThrough: Int64 = 0
    /// The longest window, in panes.
    let longestWindow: Int64
    let windowCount: Int
    private let thresholds: [Int64]
    /// In ``DetectionPlan/targets``; -1 for everything.
    let target: Int
    /// The rules that are looked at when a window ends.
    let looks: [Look]
    private let spans: [Span]

    /// A rule that is looked at when a window of so many panes ends. Plain numbers: a shape that is copied for every
    /// look costs more than the look.
    struct Look: Sendable {
        let rule: Int
        let panes: Int
    }

    /// What a changed pane means for one window.
    private struct Span: Sendable {
        let panes: Int64
        let isLookedAt: Bool
        let hasHistory: Bool
        let isCompared: Bool
    }

    /// - Parameter lateness: the greatest lateness of the feeds, in milliseconds; panes younger than that are pending.
    init(shape: DetectionPlan.AggregateShape, lateness: Int64) {
        self.shape = shape
        space = shape.space
        slide = shape.key.slide
        let windows = shape.windows.map(\.panes)
        let pending = Int(lateness / shape.key.slide) + 3
        switch shape.key.metric.aggregation {
        case .sum: way = .sum
        case .maximum: way = .maximum
        case .distinct: way = .distinct
        case .count, .elapsed, .values: way = .count
        }
        hasPopulationRules = shape.windows.contains { !$0.population.isEmpty }
        hasBoundaryRules = hasPopulationRules || shape.windows.contains { !$0.atBoundary.isEmpty }
        let isSize = way == .sum || way == .maximum
        counts = PaneRings(windows: way == .count ? windows : [], pending: way == .count ? pending : 1)
        sizes = PaneRings(windows: isSize ? windows : [], pending: isSize ? pending : 1)
        let needsPresence = way == .sum && hasPopulationRules
        presence = PaneRings(windows: needsPresence ? windows : [], pending: needsPresence ? pending : 1)
        longestWindow = Int64(windows.max() ?? 0)
        windowCount = windows.count
        thresholds = shape.windows.map(\.threshold)
        target = shape.target
        looks = shape.windows.flatMap { window in window.atBoundary.map { Look(rule: $0, panes: window.panes) } }
        spans = shape.windows.map {
            Span(
                panes: Int64($0.panes), isLookedAt: !$0.atBoundary.isEmpty, hasHistory: $0.hasHistory,
                isCompared: !$0.population.isEmpty)
        }
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
        switch way {
        case .count: counts.reserve(subjects: count)
        case .sum, .maximum: sizes.reserve(subjects: count)
        case .distinct: break
        }
        if way == .sum, hasPopulationRules { presence.reserve(subjects: count) }
    }

    /// Fetches what an event of `subject` will need. Mutating only so that no copy is made.
    @inline(__always)
    mutating func touch(_ subject: Int, time: Int64) -> Int64 {
        switch way {
        case .count: Int64(counts.touch(subject, pane: pane(time)))
        case .sum, .maximum: sizes.touch(subject, pane: pane(time))
        case .distinct: 0
        }
    }

    /// Adds an event.
    ///
    /// - Parameters:
    ///   - value: what it adds to a sum, or the number of which the largest counts.
    ///   - oldestNeeded: the oldest pane that a pending boundary looks at.
    @inline(__always)
    mutating func add(subject: Int, pane: Int64, value: Int64, identity: Identity, oldestNeeded: Int64) {
        let changed: Bool
        switch way {
        case .count:
            changed = counts.add(1, subject: subject, pane: pane, oldestNeeded: oldestNeeded)
            if identity < .certificate { counts.note(identity, subject: subject, pane: pane) }
        case .sum:
            changed = sizes.add(max(value, 0), subject: subject, pane: pane, oldestNeeded: oldestNeeded)
            if identity < .certificate { sizes.note(identity, subject: subject, pane: pane) }
            if hasPopulationRules {
                _ = presence.add(1, subject: subject, pane: pane, oldestNeeded: oldestNeeded)
            }
        case .maximum:
            changed = sizes.raise(
                value &+ Aggregate.bias, subject: subject, pane: pane, oldestNeeded: oldestNeeded)
            if identity < .certificate { sizes.note(identity, subject: subject, pane: pane) }
        case .distinct: return
        }
        if hasBoundaryRules, changed { scheduleVisits(subject, pane) }
    }

    /// Adds an event that shows the text in `range`, where different ones are counted.
    @inline(never)
    mutating func addText(
        _ text: RawSpan, _ range: Range<Int>, subject: Int, pane: Int64, identity: Identity, oldestNeeded: Int64
    ) {
        distinct.add(
            text, range, subject: subject, pane: pane, oldestNeeded: oldestNeeded,
            oldestPending: oldestNeeded + longestWindow, identity: identity)
        if hasBoundaryRules { scheduleVisits(subject, pane) }
    }

    /// Whether, after an event of `value` was added to `pane`, some pending boundary may violate a rule that alarms
    /// early. Never wrong when it says no.
    @inline(__always)
    func mayHit(window: Int, subject: Int, pane: Int64, value: Int64, threshold: Int64) -> Bool {
        switch way {
        case .count:
            // Behind the newest pane the running total says nothing about older boundaries.
            return counts.head(of: subject) != pane || Int64(counts.total(of: subject, window: window)) >= threshold
        case .sum:
            return sizes.head(of: subject) != pane || sizes.total(of: subject, window: window) >= threshold
        case .maximum:
            return value >= threshold
        case .distinct:
            return distinct.bound(of: subject) >= threshold
        }
    }

    /// The datapoint of `subject` at boundary number `boundary` over the last `panes` panes. A count or a sum without
    /// events is 0; a largest value without events is none.
    func value(subject: Int, boundary: Int64, panes: Int) -> Int64? {
        switch way {
        case .count: return counts.sum(subject, last: boundary - 1, count: panes)
        case .sum: return sizes.sum(subject, last: boundary - 1, count: panes)
        case .maximum:
            let largest = sizes.maximum(subject, last: boundary - 1, count: panes)
            return largest == 0 ? nil : largest - Aggregate.bias
        case .distinct: return distinct.count(subject, last: boundary - 1, count: panes)
        }
    }

    /// The datapoint of `subject` where it has an event in the window; nil where it has none.
    func valueOfEvents(subject: Int, boundary: Int64, panes: Int) -> Int64? {
        guard let value = value(subject: subject, boundary: boundary, panes: panes) else { return nil }
        switch way {
        case .count, .distinct: return value > 0 ? value : nil
        case .maximum: return value
        case .sum:
            guard hasPopulationRules else { return value > 0 ? value : nil }
            return presence.sum(subject, last: boundary - 1, count: panes) > 0 ? value : nil
        }
    }

    /// The weakest identity of the events that the window which ends at boundary number `boundary` can hold. Events
    /// after it are taken for its own: that makes a proof weaker, never stronger.
    func identity(subject: Int, boundary: Int64, panes: Int) -> Identity {
        let first = boundary - Int64(panes)
        return switch way {
        case .count: counts.weakestIdentity(of: subject, since: first)
        case .sum, .maximum: sizes.weakestIdentity(of: subject, since: first)
        case .distinct: distinct.weakestIdentity(of: subject, since: first)
        }
    }

    /// The windows, in panes.
    var windowPanes: [Int] { shape.windows.map(\.panes) }

    /// Goes on with the panes and visits of `other`, which has the same key and windows.
    mutating func takeOver(_ other: Aggregate) {
        counts = other.counts
        sizes = other.sizes
        distinct = other.distinct
        if hasPopulationRules == other.hasPopulationRules { presence = other.presence }
        visits = other.visits
        visitsOfAll = other.visitsOfAll
        comparisons = other.comparisons
        nextVisit = other.nextVisit
        evaluatedThrough = other.evaluatedThrough
    }

    /// Forgets `subject`.
    mutating func clear(subject: Int) {
        counts.clear(subject: subject)
        sizes.clear(subject: subject)
        presence.clear(subject: subject)
        distinct.clear(subject: subject)
    }

    mutating func renumber(_ kept: [Int], _ numbers: [Int: Int]) {
        counts.renumber(kept)
        sizes.renumber(kept)
        presence.renumber(kept)
        distinct.renumber(numbers)
        for (boundary, subjects) in visits { visits[boundary] = subjects.compactMap { numbers[$0] } }
    }

    /// Drops what no boundary after `watermark` needs.
    mutating func trim(watermark: Int64) {
        guard watermark > 0 else { return }
        let oldest = pane(watermark) - longestWindow
        counts.trim(oldestNeeded: oldest)
        sizes.trim(oldestNeeded: oldest)
        presence.trim(oldestNeeded: oldest)
        if way == .distinct { distinct.trim(oldestNeeded: oldest) }
    }

    // MARK: Visits

    /// A pane of `subject` has changed: its value is another when the pane enters a window and when it leaves.
    @inline(never)
    private mutating func scheduleVisits(_ subject: Int, _ pane: Int64) {
        visit(subject, at: pane + 1)
        for index in spans.indices {
            let span = spans[index]
            if span.isLookedAt { visit(subject, at: pane + 1 + span.panes) }
            // What is usual is learned from windows that do not overlap: those that end at a multiple of the duration.
            if span.hasHistory { visit(subject, at: (pane + span.panes) / span.panes * span.panes) }
            if span.isCompared {
                compare(at: pane + 1)
                compare(at: pane + 1 + span.panes)
            }
        }
    }

    /// Asks for a comparison of all subjects when boundary number `boundary` is evaluated.
    mutating func compare(at boundary: Int64) {
        comparisons.insert(boundary)
        nextVisit = min(nextVisit, boundary)
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

    /// What is to be looked at when a boundary is evaluated.
    struct Visits {
        let boundary: Int64
        /// Each once.
        let subjects: [Int]
        /// Every subject is to be looked at.
        let all: Bool
        /// Subjects are to be compared with each other.
        let compares: Bool
    }

    /// Takes the earliest boundary with visits, at most `end`.
    mutating func takeVisits(through end: Int64) -> Visits? {
        guard nextVisit <= end else { return nil }
        let boundary = nextVisit
        var subjects = visits.removeValue(forKey: boundary) ?? []
        subjects.sort()
        var last = -1
        subjects.removeAll { subject in
            defer { last = subject }
            return subject == last
        }
        let all = visitsOfAll.remove(boundary) != nil
        let compares = comparisons.remove(boundary) != nil
        // Boundaries follow each other closely while events come; after a silence the next one is searched for.
        let next = boundary + 1
        if visits[next] != nil || visitsOfAll.contains(next) || comparisons.contains(next) {
            nextVisit = next
        } else {
            nextVisit = min(visits.keys.min() ?? .max, visitsOfAll.min() ?? .max, comparisons.min() ?? .max)
        }
        return Visits(boundary: boundary, subjects: subjects, all: all, compares: compares || all)
    }

    /// The first boundary after `boundary` and up to `last` at which `subject` is to be looked at.
    func visit(of subject: Int, after boundary: Int64, through last: Int64) -> Int64? {
        let own = visits.lazy.filter { $0.key > boundary && $0.key <= last && $0.value.contains(subject) }.map(\.key)
            .min()
        let all = visitsOfAll.lazy.filter { $0 > boundary && $0 <= last }.min()
        return [own, all].compactMap { $0 }.min()
    }
}

extension Aggregate: StateCoded {
    /// All that follows from the plan.
    static let rebuilt = [
        "shape", "space", "slide", "way", "hasBoundaryRules", "hasPopulationRules", "longestWindow", "windowCount",
        "thresholds", "target", "looks", "spans",
    ]

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("counts", &counts)
        try coder.field("sizes", &sizes)
        try coder.field("distinct", &distinct)
        try coder.field("presence", &presence)
        try coder.field("visits") { coder in
            // The order of the visits of one boundary, and whether one is there twice, change nothing.
            var ordered = coder.isReading ? [:] : visits.mapValues { Set($0).sorted() }
            try ordered.code(&coder)
            guard coder.isReading else { return }
            for subject in ordered.values.joined() { try coder.check(subject) }
            visits = ordered
        }
        try coder.field("visitsOfAll", &visitsOfAll)
        try coder.field("comparisons", &comparisons)
        try coder.field("nextVisit", &nextVisit)
        try coder.field("evaluatedThrough", &evaluatedThrough)
    }
}
