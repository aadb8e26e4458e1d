import PicketEvents

/// Reads AWS's `criteria`. They state what is expected, so the limit is violated where they are false.
struct CriteriaReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) {
        self.collector = collector
    }

    /// What is violated when the criterion is false.
    static let operators: [(name: String, violation: Limit.Comparison)] = [
        ("less-than", .atLeast), ("less-than-equals", .above),
        ("greater-than", .atMost), ("greater-than-equals", .below),
    ]

    /// The operators that compare with sets: a violation is a value outside of what is expected, or inside of what is not.
    static let setOperators: [(name: String, relation: SetLimit.Relation, key: String)] = [
        ("in-cidr-set", .outside, "cidrs"), ("not-in-cidr-set", .inside, "cidrs"),
        ("in-port-set", .outside, "ports"), ("not-in-port-set", .inside, "ports"),
        ("in-set", .outside, "strings"), ("not-in-set", .inside, "strings"),
    ]

    /// The rule that the criteria make; nil when they are wrong, which was then reported.
    func read(_ node: YAMLNode, metric: Metric?) -> BehaviorReader.Rule? {
        guard var keys = MappingReader(node, "`criteria`", collector) else { return nil }
        let statistic = keys.take("statisticalThreshold").map { readStatistic($0) }
        let learned = keys.take("mlDetectionConfig")
        let duration = keys.take("durationSeconds").map { readDuration($0) } ?? nil
        let toAlarm = keys.take("consecutiveDatapointsToAlarm").map { DatapointsReader.read($0, collector) }
        let toClear = keys.take("consecutiveDatapointsToClear").map { DatapointsReader.read($0, collector) }
        let operatorEntry = learned == nil ? keys.need(["comparisonOperator"]) : keys.take("comparisonOperator")
        let condition: Condition?
        var place = node.place
        if let learned {
            keys.ignore(["value"])
            condition = readLearned(learned)
            place = learned.keyPlace
        } else {
            let valueEntry = statistic == nil ? keys.need(["value"]) : keys.take("value")
            if let valueEntry { place = valueEntry.keyPlace }
            condition = operatorEntry.flatMap { readCondition($0, value: valueEntry, statistic, metric) }
        }
        keys.finish()
        guard let condition else { return nil }
        return BehaviorReader.Rule(
            condition: condition, duration: learned == nil ? duration : duration ?? CriteriaReader.learnedWindow,
            place: place, datapointsToAlarm: (toAlarm ?? 1) ?? 1, datapointsToClear: (toClear ?? 1) ?? 1)
    }

    private func readCondition(
        _ entry: YAMLNode.Entry, value: YAMLNode.Entry?, _ statistic: Percentile??, _ metric: Metric?
    ) -> Condition? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        if let known = Self.operators.first(where: { $0.name == text }) {
            if let statistic {
                return statistic.map { .percentile(PercentileLimit(known.violation, $0, minimumSubjects: 1)) }
            }
            return value.flatMap { readNumber($0, metric) }.map { .limit(Limit(known.violation, $0)) }
        }
        if let known = Self.setOperators.first(where: { $0.name == text }) {
            return value.flatMap { readSet($0, known.key, metric) }.map { .set(SetLimit(known.relation, $0)) }
        }
        let names = Self.operators.map(\.name) + Self.setOperators.map(\.name)
        collector.report(
            .unknownValue, at: place, "there is no operator `\(text)`",
            help: "known are \(names.joined(separator: ", "))", suggestion: DidYouMean.closest(to: text, among: names))
        return nil
    }

    private func readSet(_ entry: YAMLNode.Entry, _ key: String, _ metric: Metric?) -> SetLimit.Members? {
        guard var keys = MappingReader(entry.value, "`value`", collector) else { return nil }
        let spellings = key == "strings" ? ["strings", "numbers"] : [key]
        let list = keys.need(spellings, help: "the operator takes `{ \"\(key)\": […] }`")
        keys.finish(help: "the operator takes `\(key)` alone")
        return list.flatMap { ConditionReader(collector, metric: metric).members($0) }
    }

    private func readNumber(_ entry: YAMLNode.Entry, _ metric: Metric?) -> Int64? {
        guard case .custom(let custom) = metric else { return readCount(entry) }
        guard var keys = MappingReader(entry.value, "`value`", collector) else { return nil }
        let number = keys.need(["number", "count"], help: "a custom metric takes `{ \"number\": 12.5 }`")
        keys.finish(help: "a custom metric takes `number` alone")
        guard let number, let (text, place) = MappingReader.text(of: number, collector) else { return nil }
        do throws(AlarmWords.Failure) {
            return try AlarmWords.parseAmount(text, unit: AmountUnit(.custom(custom)))
        } catch {
            collector.report(error, in: text, at: place)
            return nil
        }
    }

    private func readStatistic(_ entry: YAMLNode.Entry) -> Percentile? {
        guard var keys = MappingReader(entry.value, "`statisticalThreshold`", collector) else { return nil }
        let statistic = keys.need(["statistic"], help: "one of p0 to p100, such as `p90`")
        keys.finish()
        guard let statistic, let (text, place) = MappingReader.text(of: statistic, collector) else { return nil }
        do throws(AlarmWords.Failure) {
            return try AlarmWords.parsePercentile(text)
        } catch {
            collector.report(error, in: text, at: place)
            return nil
        }
    }

    /// AWS learns a model of all devices for two weeks and says nothing of what it learned. What comes nearest and can be
    /// explained is a device's own history; the confidence becomes the factor.
    private func readLearned(_ entry: YAMLNode.Entry) -> Condition? {
        guard var keys = MappingReader(entry.value, "`mlDetectionConfig`", collector) else { return nil }
        let level = keys.need(["confidenceLevel"], help: "LOW, MEDIUM or HIGH")
        keys.finish()
        guard let level, let (text, place) = MappingReader.text(of: level, collector) else { return nil }
        guard let factor = CriteriaReader.confidences.first(where: { $0.level == text })?.factorThousandths else {
            collector.report(
                .unknownValue, at: place, "there is no confidence `\(text)`", help: "known are LOW, MEDIUM and HIGH")
            return nil
        }
        collector.report(
            .learnedInstead, at: entry.keyPlace,
            "AWS's machine learning becomes a limit learned from each device's own last 14 days",
            help:
                "an alarm is \(Behavior.factor(factor)) times what 99 of 100 of its windows showed; `explain` says it, and "
                + "`history` lets you choose", severity: .note)
        return .history(
            HistoryLimit(percentile: Percentile(tenThousandths: 9_900), factorThousandths: factor, floor: 1))
    }

    /// AWS's levels of confidence, and the factors that stand for them: a low one alarms often.
    static let confidences: [(level: String, factorThousandths: Int64)] = [
        ("LOW", 1_500), ("MEDIUM", 2_000), ("HIGH", 3_000),
    ]

    /// The window of a learned limit that does not say one: AWS looks every five minutes.
    static let learnedWindow = 300

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
