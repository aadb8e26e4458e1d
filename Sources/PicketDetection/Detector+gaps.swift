import PicketEvents

/// What a feed did not show: limits from below prove nothing there, and the gap itself can be counted.
extension Detector {
    mutating func take(_ record: GapRecord) {
        let feed = watermarks.index(named: record.name) ?? -1
        if record.from < record.to {
            let gap = GapList.Gap(from: record.from, to: record.to, feed: feed, isFeedAway: record.isFeedAway)
            gaps.add(gap)
            lookAgain(after: gap)
        }
        if feed >= 0, plan.looksAtGaps { count(record, of: feed) }
    }

    /// What a lower limit proves is another thing where a gap ends, and where no window holds it any more.
    private mutating func lookAgain(after gap: GapList.Gap) {
        for index in aggregates.indices
        where aggregates[index].hasBoundaryRules && concerns(gap, clock: clockOfAggregate[index]) {
            let slide = aggregates[index].slide
            let start = max(gap.from, watermarks.clocks[clockOfAggregate[index]].watermark)
            aggregates[index].visitAll(at: max(start, 0) / slide + 1)
            for window in aggregates[index].shape.windows {
                aggregates[index].visitAll(at: (gap.to + slide - 1) / slide + Int64(window.panes))
            }
            updateNextWork(clockOfAggregate[index])
        }
    }

    /// Whether a gap is one of a feed that can provide what `clock` stands for.
    private func concerns(_ gap: GapList.Gap, clock: Int) -> Bool {
        gap.feed < 0 || watermarks.clocks[clock].feeds.contains(gap.feed)
    }

    /// Whether the window of `duration` milliseconds that ends at `boundary` was not wholly seen by the feeds that can
    /// provide what `rule` measures.
    func overlapsGap(_ rule: Int, _ boundary: Int64, duration: Int64) -> Bool {
        gaps.overlaps(from: boundary - duration, to: boundary) { concerns($0, clock: clockOfRule[rule]) }
    }

    /// Whether an event that belongs to one at `time` may have been missed: nobody saw all of what a feed that can bring it showed.
    func mayHaveMissed(_ rule: Int, _ time: Int64, within: Int64) -> Bool {
        gaps.overlaps(from: time - within, to: time + within) { gap in
            gap.feed < 0 || !watermarks.feeds[gap.feed].provides.isDisjoint(with: plan.rules[rule].companionKinds)
        }
    }

    /// Whether silence of `subject` within a gap is none, as nobody would have seen it speak. That a broker cannot be reached
    /// excuses its devices; the feed itself is silent then.
    func excuses(_ gap: GapList.Gap, _ rule: Int, _ subject: Int) -> Bool {
        let space = plan.rules[rule].space
        guard plan.spaces[space].kind == .feed else { return concerns(gap, clock: clockOfRule[rule]) }
        guard gap.feed >= 0 else { return true }
        return !gap.isFeedAway && watermarks.feedName(gap.feed) == subjects[space].string(subject)
    }

    /// A gap is counted for its feed when its record comes.
    private mutating func count(_ record: GapRecord, of feed: Int) {
        var batch = EventBatch()
        batch.append(
            EventBatch.Head(kind: .gap, feed: FeedID(feed)), time: record.received, device: .none, client: .none)
        batch.sealTimes()
        resolveSubjects(batch, 0..<1)
        watermarks.raiseNewest(feed: feed, to: record.received)
        take(batch, 0, 0, batch.head[0], record.received, isLate: false)
    }
}
