/// How often something took how long, for Prometheus: counts that only rise, by upper bounds.
struct DurationHistogram: Sendable {
    /// In seconds, ascending. Judging a frame takes microseconds for each event: a whole frame of events lies in the middle.
    static let bounds = [0.0001, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

    /// By bound, and those beyond the last; each only those that are in no bound before.
    private(set) var counts = [UInt64](repeating: 0, count: DurationHistogram.bounds.count + 1)
    /// In seconds.
    private(set) var sum = 0.0

    mutating func note(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let value = Double(seconds) + Double(attoseconds) * 1e-18
        counts[DurationHistogram.bounds.firstIndex { value <= $0 } ?? DurationHistogram.bounds.count] += 1
        sum += value
    }
}
