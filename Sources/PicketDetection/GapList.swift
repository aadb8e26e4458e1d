import PicketEvents

/// Stretches of time in which a feed was not seen.
struct GapList: Sendable {
    struct Gap: Sendable, Equatable {
        var from: Int64
        var to: Int64
        /// The index of the feed; -1 where no feed has that name, which concerns all.
        var feed: Int
        /// Picket was there, and the feed was not.
        var isFeedAway: Bool
    }

    /// In the order of their ends.
    private(set) var gaps: [Gap] = []

    /// So long ones are remembered: more than the longest window (7 days), and than a device is silent before it is forgotten.
    private static let remembered: Int64 = 30 * 86_400_000

    /// Adds a gap. An outage is written piece by piece: what belongs together becomes one.
    mutating func add(_ gap: Gap) {
        var gap = gap
        let same = gaps.lastIndex {
            $0.feed == gap.feed && $0.isFeedAway == gap.isFeedAway && $0.from <= gap.to && gap.from <= $0.to
        }
        if let same {
            let other = gaps.remove(at: same)
            gap.from = min(gap.from, other.from)
            gap.to = max(gap.to, other.to)
        }
        let place = gaps.lastIndex { $0.to <= gap.to }.map { $0 + 1 } ?? 0
        gaps.insert(gap, at: place)
        let oldest = gap.to - GapList.remembered
        if let first = gaps.first, first.to < oldest { gaps.removeAll { $0.to < oldest } }
    }

    /// Whether a gap that is `relevant` lies, wholly or in part, between two times.
    func overlaps(from: Int64, to: Int64, _ relevant: (Gap) -> Bool) -> Bool {
        for gap in gaps.reversed() {
            if gap.to <= from { return false }
            if gap.from < to, relevant(gap) { return true }
        }
        return false
    }

    /// The gaps that end after `time`, in the order of their ends.
    func ending(after time: Int64) -> ArraySlice<Gap> {
        var low = 0
        var high = gaps.count
        while low < high {
            let middle = (low + high) / 2
            if gaps[middle].to > time { high = middle } else { low = middle + 1 }
        }
        return gaps[low...]
    }
}

extension GapList: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws { try coder.field("gaps", &gaps) }
}

extension GapList.Gap: StateElement {
    static var blank: GapList.Gap { GapList.Gap(from: 0, to: 0, feed: -1, isFeedAway: false) }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("from", &from)
        try coder.field("to", &to)
        try coder.field("feed", &feed)
        try coder.field("isFeedAway", &isFeedAway)
    }
}
