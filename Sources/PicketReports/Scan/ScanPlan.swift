import PicketEvents

/// What one pass over a log gathers.
struct ScanPlan: Sendable {
    /// The period, Unix ms: `from` inclusive, `to` exclusive.
    var from: Int64
    var to: Int64
    /// The length of a bar of the timeline, in milliseconds.
    var bucket: Int64
    var selectors: [RecordSelector]
    /// Keys whose values are counted, by kind: closed lists, mostly.
    var breakdowns: [(kind: EventKind, key: String)] = ScanPlan.standardBreakdowns

    static let standardBreakdowns: [(kind: EventKind, key: String)] = [
        (.connect, "identity"), (.connectFailed, "reason"), (.disconnect, "reason"), (.denied, "action"),
        (.dropped, "reason"), (.rejected, "reason"), (.user, "user"), (.user, "action"), (.user, "outcome"),
    ]

    /// How many bars a period has at most: as many as can be told apart on a page.
    private static let bars: Int64 = 180
    /// Lengths that a bar may have, in seconds.
    private static let lengths: [Int64] = [
        1, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800,
    ]

    init(from: Int64, to: Int64, selectors: [RecordSelector]) {
        self.from = from
        self.to = to
        self.selectors = selectors
        let length = ScanPlan.lengths.first { (to - from) / ($0 * 1_000) < ScanPlan.bars } ?? 2_592_000
        bucket = length * 1_000
    }

    /// Buckets of the period; the first begins at `from`.
    var buckets: Int { Int((to - from + bucket - 1) / bucket) }
}
