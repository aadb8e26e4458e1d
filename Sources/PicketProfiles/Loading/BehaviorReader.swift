import PicketEvents

/// Reads one behavior: six keys of ours, or AWS's `criteria`.
struct BehaviorReader {
    private let collector: DiagnosticCollector
    /// What the profile, or the folder it lies in, defines for its behaviors.
    private let definitions: Definitions
    /// Its name with the place it stands at, once read.
    private(set) var name: (text: String, place: Place)?

    init(_ collector: DiagnosticCollector, definitions: Definitions = Definitions()) {
        self.collector = collector
        self.definitions = definitions
    }

    /// What of a behavior depends on its limit: said by `alarm` and the keys beside it, or by `criteria`.
    struct Rule {
        var condition: Condition
        /// In seconds.
        var duration: Int?
        var place: Place
        var datapointsToAlarm = 1
        var datapointsToClear = 1
    }

    /// The behavior; nil when anything in it is wrong, which was then reported.
    mutating func read(_ node: YAMLNode) -> Behavior? {
        guard var keys = MappingReader(node, "a behavior", collector) else { return nil }
        if let entry = keys.need(["name"], help: "a name that tells its violations from others"),
            let text = Names.read(entry, "behavior", collector)
        {
            name = (text, entry.value.place)
        }
        let metric = keys.need(["metric"], help: "what is measured, such as `num-messages-sent`")
            .flatMap { readMetric($0) }
        let subject = SubjectReader(collector).read(&keys)
        let filter = readFilter(&keys, metric: metric)
        let rule = readRule(&keys, metric: metric)
        let after = keys.take("after").flatMap { ConditionReader(collector, metric: metric).predecessor($0) }
        let slide = readSlide(&keys, rule: rule)
        let severity = keys.take("severity").map {
            SeverityReader(collector)
                .read($0, condition: rule?.condition, unit: metric.map { AmountUnit($0) } ?? .size)
        }
        let playbook = keys.take("playbook").map { Names.read($0, "playbook", collector) }
        let suppressed = readFlag(&keys, "suppressAlerts")
        if readFlag(&keys, "exportMetric") {
            collector.report(
                .noEffect, at: keys.place, "`exportMetric` has no effect: the log keeps all events", severity: .note)
        }
        keys.finish(
            help:
                "known are name, metric, where, alarm, severity, playbook, subject, every, firstSeen, peers, history, "
                + "without, after and AWS's `criteria`")

        if let metric, let subject {
            checkSubject(subject.kind, metric: metric, at: keys.place)
            guard hasMeaning(metric, of: subject.kind, at: keys.place) else { return nil }
        }
        guard let name, let metric, let subject, let rule else { return nil }
        checkMeaning(rule, metric: metric)
        guard MeaningCheck(collector).accepts(rule, metric: metric) else { return nil }
        return Behavior(
            name: name.text, metric: metric, subject: subject.kind, prefix: subject.prefix, filter: filter,
            condition: rule.condition, after: after, duration: rule.duration, slide: slide,
            datapointsToAlarm: rule.datapointsToAlarm, datapointsToClear: rule.datapointsToClear,
            severity: severity ?? .standard, playbook: playbook ?? nil, suppressed: suppressed)
    }

    /// `where`, and the topics that AWS's `metricDimension` names.
    private func readFilter(_ keys: inout MappingReader, metric: Metric?) -> Filter? {
        var filter: Filter?
        if let entry = keys.take("where") { filter = WhereReader(collector, metric: metric).read(entry) }
        guard let entry = keys.take("metricDimension"),
            let term = DimensionReader(collector, definitions).term(entry)
        else { return filter }
        return Filter(kinds: filter?.kinds, terms: (filter?.terms ?? []) + [term], hours: filter?.hours)
    }

    private func readMetric(_ entry: YAMLNode.Entry) -> Metric? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        let prefix = "aws:"
        let name = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        if let metric = Metric(rawValue: name), name == text || Metric.ofAWS.contains(metric) { return metric }
        if let type = definitions.customMetrics[text] { return .custom(CustomMetric(name: text, type: type)) }
        if let type = definitions.unknownTypes[text] {
            collector.report(
                .unknownValue, at: place, "the metric `\(text)` has the type `\(type)`, which nobody knows",
                help: "known are \(CustomMetric.MetricType.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        let known = Metric.allCases.map(\.rawValue) + definitions.customMetrics.keys.sorted()
        collector.report(
            .unknownMetric, at: place, "there is no metric `\(text)`",
            help: definitions.isFromAWS
                ? "save its type beside the profile: `aws iot describe-custom-metric --metric-name \(Names.plain(text))`"
                : "`picket metrics` lists them; one of your own is declared with its type: "
                    + "`customMetrics: { \(Names.plain(text)): number }`",
            suggestion: DidYouMean.closest(to: name, among: known))
        return nil
    }

    private func readRule(_ keys: inout MappingReader, metric: Metric?) -> Rule? {
        let criteria = keys.take("criteria")
        let alarm = keys.take("alarm")
        let others = ConditionReader.keys.compactMap { keys.take($0) }
        let minimumSubjects = keys.take("minimumSubjects")
        let toAlarm = readDatapoints(&keys, "consecutiveDatapointsToAlarm")
        let toClear = readDatapoints(&keys, "consecutiveDatapointsToClear")
        let stated = ([criteria, alarm].compactMap { $0 } + others).sorted { $0.keyPlace.line < $1.keyPlace.line }
        if stated.count > 1 {
            let isAlarmAndCriteria = criteria != nil && alarm != nil
            collector.report(
                .conflict, at: isAlarmAndCriteria ? alarm?.keyPlace : stated[1].keyPlace,
                isAlarmAndCriteria
                    ? "`alarm` and `criteria` both state the limit"
                    : "`\(stated[0].key)` and `\(stated[1].key)` both state the condition",
                help: isAlarmAndCriteria
                    ? "keep `alarm`, which states what is wrong, or AWS's `criteria`, which state what is expected"
                    : "keep one of them, or make two behaviors")
            return nil
        }
        if let criteria {
            var rule = CriteriaReader(collector).read(criteria.value, metric: metric)
            if let toAlarm { rule?.datapointsToAlarm = toAlarm }
            if let toClear { rule?.datapointsToClear = toClear }
            return rule
        }
        guard let entry = stated.first else {
            if definitions.isFromAWS, name != nil, metric != nil {
                collector.report(
                    .noEffect, at: keys.place, "the behavior has no `criteria`: in AWS it only collects its metric",
                    help: "the log keeps all events; nothing alarms, and the behavior is left out", severity: .note)
                return nil
            }
            if !keys.hasNearly(["alarm", "criteria"] + ConditionReader.keys) {
                collector.report(
                    .missingKey, at: keys.place, "a behavior needs `alarm`",
                    help: "what is wrong, such as `alarm: more than 120 in 5m`")
            }
            return nil
        }
        let reader = ConditionReader(collector, metric: metric)
        let meaning =
            alarm == nil
            ? reader.read(entry)
            : entry.value.isMapping ? reader.set(entry) : readAlarm(entry, metric: metric, minimumSubjects)
        var isPercentile = false
        if case .percentile? = meaning?.condition { isPercentile = true }
        if let minimumSubjects, meaning != nil, !isPercentile {
            collector.report(
                .conflict, at: minimumSubjects.keyPlace, "`minimumSubjects` belongs to percentiles",
                help: "as in `alarm: more than p99 in 10m`")
        }
        guard let meaning else { return nil }
        return Rule(
            condition: meaning.condition, duration: meaning.duration, place: entry.value.place,
            datapointsToAlarm: toAlarm ?? 1, datapointsToClear: toClear ?? 1)
    }

    private func readAlarm(
        _ entry: YAMLNode.Entry, metric: Metric?, _ minimumSubjects: YAMLNode.Entry?
    ) -> ConditionReader.Meaning? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        do throws(AlarmWords.Failure) {
            let meaning = try AlarmWords.parse(text, metric: metric)
            guard let percentile = meaning.percentile else {
                return ConditionReader.Meaning(condition: .limit(meaning.limit), duration: meaning.duration)
            }
            let number = minimumSubjects?.value.integer ?? Int64(BehaviorReader.minimumSubjects)
            guard (1...1_000_000).contains(number) else {
                collector.report(.numberRange, at: minimumSubjects?.value.place, "`minimumSubjects` is 1 to 1000000")
                return nil
            }
            return ConditionReader.Meaning(
                condition: .percentile(
                    PercentileLimit(meaning.limit.comparison, percentile, minimumSubjects: Int(number))),
                duration: meaning.duration)
        } catch {
            collector.report(error, in: text, at: place)
            return nil
        }
    }

    /// With fewer devices a percentile is one of them, and says little (DESIGN §5).
    private static let minimumSubjects = 10

    private func readSlide(_ keys: inout MappingReader, rule: Rule?) -> Int? {
        let entry = keys.take("every")
        guard let rule else { return nil }
        guard let duration = rule.duration else {
            if let entry {
                collector.report(
                    .conflict, at: entry.keyPlace, "`every` says how often a duration is looked at, and there is none",
                    help: "add a duration to the alarm, as in `more than 120 in 5m`")
            }
            return nil
        }
        return WindowReader(collector).read(every: entry, duration: duration, at: rule.place)
    }

    /// A number of datapoints in a row; nil when it is not given or wrong.
    private func readDatapoints(_ keys: inout MappingReader, _ key: String) -> Int? {
        keys.take(key).flatMap { DatapointsReader.read($0, collector) }
    }

    private func readFlag(_ keys: inout MappingReader, _ key: String) -> Bool {
        guard let entry = keys.take(key) else { return false }
        if let flag = entry.value.flag { return flag }
        collector.report(
            .wrongType, at: entry.value.place, "`\(key)` is true or false, not \(entry.value.kindText)")
        return false
    }

    /// A behavior of a subject that the metric's events never name would be silent forever.
    private func checkSubject(_ subject: SubjectKind, metric: Metric, at place: Place) {
        guard let field = Field(rawValue: subject.rawValue), field.kinds.intersection(metric.kinds).isEmpty else {
            return
        }
        collector.report(
            .neverMatches, at: place, "no event of `\(metric.rawValue)` has a \(subject.rawValue)",
            help: "`\(subject.rawValue)` is found in \(ValueReader.names(field.kinds))")
    }

    /// Metrics that mean nothing for a subject: of a device itself there is always one, and what cannot be read names nobody.
    private func hasMeaning(_ metric: Metric, of subject: SubjectKind, at place: Place) -> Bool {
        if metric == .rejected, subject != .feed {
            collector.report(
                .neverMatches, at: place, "no line that is rejected has a \(subject.rawValue): it could not be read",
                help: "it is counted for each feed", suggestion: "subject: feed")
            return false
        }
        if metric == .gaps, subject != .feed {
            collector.report(
                .neverMatches, at: place, "no gap has a \(subject.rawValue): whoever was not seen is not known",
                help: "it is counted for each feed", suggestion: "subject: feed")
            return false
        }
        guard subject == .device, let own = BehaviorReader.subjectsOfDevices.first(where: { $0.metric == metric })
        else {
            return true
        }
        collector.report(
            .conflict, at: place, "`\(metric.rawValue)` of a device is always 1",
            help: "it is counted for each \(own.subject.rawValue)", suggestion: "subject: \(own.subject.rawValue)")
        return false
    }

    private static let subjectsOfDevices: [(metric: Metric, subject: SubjectKind)] = [
        (.devicesPerAddress, .address), (.devicesPerCertificate, .certificate), (.readersPerTopic, .topic),
    ]

    /// Limits that can be read and still cannot mean what was meant.
    private func checkMeaning(_ rule: Rule, metric: Metric) {
        guard let limit = rule.condition.limit else { return }
        // A custom number may be below 0; counts, sizes and times are not.
        if limit.isPointless, metric.decimals == 0 {
            collector.report(
                .pointlessLimit, at: rule.place,
                "\(limit.isUpper ? "every value" : "no value") violates this limit: nothing is below 0",
                severity: .warning)
        }
        let countsEvents = metric.aggregation == .count
        if rule.duration == nil, countsEvents, limit != Limit(.above, 0), limit != Limit(.atLeast, 1) {
            collector.report(
                .durationNeeded, at: rule.place, "a number of events needs a duration",
                help: "without one each event is judged alone; add `in 5m`, or use `any`")
        }
    }
}

extension YAMLNode {
    /// Whether the value is a mapping.
    var isMapping: Bool {
        if case .mapping = content { true } else { false }
    }
}

extension DiagnosticCollector {
    /// Reports what is wrong with the words of `text`.
    func report(_ failure: AlarmWords.Failure, in text: String, at place: Place) {
        report(
            failure.code, at: self.place(place, part: failure.range, of: text), failure.message, help: failure.help,
            suggestion: failure.suggestion)
    }
}
