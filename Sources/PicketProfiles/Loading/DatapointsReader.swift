/// Reads how many datapoints in a row it takes to alarm or to clear.
enum DatapointsReader {
    /// The number in `entry`; nil when it is wrong, which was then reported.
    static func read(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> Int? {
        let range = ProfileLimits.consecutiveDatapoints
        guard let number = entry.value.integer else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`\(entry.key)` is a number, not \(entry.value.kindText)")
            return nil
        }
        guard let count = Int(exactly: number), range.contains(count) else {
            collector.report(
                .numberRange, at: entry.value.place,
                "`\(entry.key)` is \(range.lowerBound) to \(range.upperBound), as in AWS")
            return nil
        }
        return count
    }
}
