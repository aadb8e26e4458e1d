import PicketEvents

/// Reads AWS's `criteria`. They state what is expected, so the limit is violated where they are false.
struct CriteriaReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) {
        self.collector = collector
    }

    /// What is violated when the criterion is false.
    private static let operators: [(name: String, violation: Limit.Comparison)] = [
        ("less-than", .atLeast), ("less-than-equals", .above),
        ("greater-than", .atMost), ("greater-than-equals", .below),
    ]

    /// The rule that the criteria make; nil when they are wrong, which was then reported.
    func read(_ node: YAMLNode, metric: Metric?) -> BehaviorReader.Rule? {
        guard var keys = MappingReader(node, "`criteria`", collector) else { return nil }
        let isLater = keys.keys.contains { LaterFeatures.ofCriteria[$0] != nil }
        keys.refuse(LaterFeatures.ofCriteria, code: .notYet)
        let comparisonEntry = isLater ? keys.take("comparisonOperator") : keys.need(["comparisonOperator"])
        let comparison = comparisonEntry.flatMap { readOperator($0) }
        let isSet = comparisonEntry?.value.text.map { LaterFeatures.setOperators.contains($0) } ?? false
        let valueEntry = isLater || isSet ? keys.take("value") : keys.need(["value"])
        let bound = isSet ? nil : valueEntry.flatMap { readCount($0) }
        let duration = keys.take("durationSeconds").map { readDuration($0) }
        let toAlarm = keys.take("consecutiveDatapointsToAlarm").map { DatapointsReader.read($0, collector) }
        let toClear = keys.take("consecutiveDatapointsToClear").map { DatapointsReader.read($0, collector) }
        keys.finish()
        guard let comparison, let bound, let valueEntry else { return nil }
        return BehaviorReader.Rule(
            limit: Limit(comparison, bound), duration: duration ?? nil, place: valueEntry.keyPlace,
            datapointsToAlarm: (toAlarm ?? 1) ?? 1, datapointsToClear: (toClear ?? 1) ?? 1)
    }

    private func readOperator(_ entry: YAMLNode.Entry) -> Limit.Comparison? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        if let known = Self.operators.first(where: { $0.name == text }) { return known.violation }
        if LaterFeatures.setOperators.contains(text) {
            collector.report(.notYet, at: place, "`\(text)` compares with a set, which this version cannot evaluate")
            return nil
        }
        let names = Self.operators.map(\.name)
        collector.report(
            .unknownValue, at: place, "there is no operator `\(text)`",
            help: "known are \(names.joined(separator: ", "))",
            suggestion: DidYouMean.closest(to: text, among: names + LaterFeatures.setOperators))
        return nil
    }

    private func readCount(_ entry: YAMLNode.Entry) -> Int64? {
        guard var keys = MappingReader(entry.value, "`value`", collector) else { return nil }
        guard let count = keys.need(["count"], help: "the metric takes `{ \"count\": 120 }`") else {
            keys.finish(help: "the metric takes `{ \"count\": 120 }`")
            return nil
        }
        keys.finish(help: "the metric takes `count` alone")
        guard let number = count.value.integer else {
            collector.report(
                .wrongType, at: count.value.isNull ? count.keyPlace : count.value.place,
                "`count` is a whole number, not \(count.value.kindText)")
            return nil
        }
        guard number >= 0 else {
            collector.report(.numberRange, at: count.value.place, "`count` is not negative")
            return nil
        }
        return number
    }

    private func readDuration(_ entry: YAMLNode.Entry) -> Int? {
        guard let number = entry.value.integer else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`durationSeconds` is a whole number, not \(entry.value.kindText)")
            return nil
        }
        guard let seconds = Int(exactly: number), (1...ProfileLimits.durationSeconds).contains(seconds) else {
            collector.report(
                .duration, at: entry.value.place, "a duration is 1 second to 7 days",
                help: "AWS takes 300, 600, 900, 1800 and 3600")
            return nil
        }
        return seconds
    }
}
