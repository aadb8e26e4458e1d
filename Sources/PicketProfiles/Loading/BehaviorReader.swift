import PicketEvents

/// Reads one behavior: six keys of ours, or AWS's `criteria`.
struct BehaviorReader {
    private let collector: DiagnosticCollector
    /// Its name with the place it stands at, once read.
    private(set) var name: (text: String, place: Place)?

    init(_ collector: DiagnosticCollector) {
        self.collector = collector
    }

    /// What of a behavior depends on its limit: said by `alarm` and the keys beside it, or by `criteria`.
    struct Rule {
        var limit: Limit
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
        let isLater = keys.keys.contains { LaterFeatures.ofBehavior[$0] != nil }
        let metric = keys.need(["metric"], help: "what is measured, such as `num-messages-sent`")
            .flatMap { readMetric($0) }
        let subject = readSubject(&keys)
        var filter: Filter?
        if let entry = keys.take("where") {
            filter = WhereReader(collector, metric: metric).read(entry)
        }
        let rule = readRule(&keys, metric: metric, mayBeMissing: isLater)
        let slide = readSlide(&keys, rule: rule)
        let severity = keys.take("severity")
            .map { SeverityReader(collector).read($0, limit: rule?.limit, isSize: metric?.isSize ?? true) }
        let playbook = keys.take("playbook").map { Names.read($0, "playbook", collector) }
        let suppressed = readFlag(&keys, "suppressAlerts")
        if readFlag(&keys, "exportMetric") {
            collector.report(
                .noEffect, at: keys.place, "`exportMetric` has no effect: the log keeps all events", severity: .note)
        }
        keys.refuse(LaterFeatures.ofBehavior, code: .notYet)
        keys.finish(
            help: "known are name, metric, where, alarm, severity, playbook, subject, every and AWS's `criteria`")

        if let metric, let subject { checkSubject(subject, metric: metric, at: keys.place) }
        guard let name, let metric, let subject, let rule else { return nil }
        checkMeaning(rule, metric: metric)
        return Behavior(
            name: name.text, metric: metric, subject: subject, filter: filter, limit: rule.limit,
            duration: rule.duration, slide: slide, datapointsToAlarm: rule.datapointsToAlarm,
            datapointsToClear: rule.datapointsToClear, severity: severity ?? .standard, playbook: playbook ?? nil,
            suppressed: suppressed)
    }

    private func readMetric(_ entry: YAMLNode.Entry) -> Metric? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        let prefix = "aws:"
        let name = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        if let metric = Metric(rawValue: name), !LaterFeatures.metrics.contains(name) { return metric }
        if LaterFeatures.metrics.contains(name) {
            collector.report(.notYet, at: place, "this version cannot evaluate the metric `\(text)`")
            return nil
        }
        let known = Metric.allCases.map(\.rawValue).filter { !LaterFeatures.metrics.contains($0) }
        collector.report(
            .unknownMetric, at: place, "there is no metric `\(text)`",
            help: "known are \(known.joined(separator: ", "))",
            suggestion: DidYouMean.closest(to: name, among: known + LaterFeatures.metrics))
        return nil
    }

    private func readSubject(_ keys: inout MappingReader) -> SubjectKind? {
        guard let entry = keys.take("subject") else { return .device }
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        if let subject = SubjectKind(rawValue: text), !LaterFeatures.subjects.contains(text) { return subject }
        if LaterFeatures.subjects.contains(text) {
            collector.report(.notYet, at: place, "this version cannot evaluate behaviors of a \(text)")
            return nil
        }
        let known = SubjectKind.allCases.map(\.rawValue).filter { !LaterFeatures.subjects.contains($0) }
        collector.report(
            .unknownSubject, at: place, "there is no kind of subject `\(text)`",
            help: "known are \(known.joined(separator: ", "))", suggestion: DidYouMean.closest(to: text, among: known))
        return nil
    }

    private func readRule(_ keys: inout MappingReader, metric: Metric?, mayBeMissing: Bool) -> Rule? {
        let criteria = keys.take("criteria")
        let alarm = keys.take("alarm")
        let toAlarm = readDatapoints(&keys, "consecutiveDatapointsToAlarm")
        let toClear = readDatapoints(&keys, "consecutiveDatapointsToClear")
        if let criteria {
            if let alarm {
                collector.report(
                    .conflict, at: alarm.keyPlace, "`alarm` and `criteria` both state the limit",
                    help: "keep `alarm`, which states what is wrong, or AWS's `criteria`, which state what is expected")
                return nil
            }
            var rule = CriteriaReader(collector).read(criteria.value, metric: metric)
            if let toAlarm { rule?.datapointsToAlarm = toAlarm }
            if let toClear { rule?.datapointsToClear = toClear }
            return rule
        }
        guard let alarm else {
            if !mayBeMissing, !keys.hasNearly(["alarm", "criteria"]) {
                collector.report(
                    .missingKey, at: keys.place, "a behavior needs `alarm`",
                    help: "what is wrong, such as `alarm: more than 120 in 5m`")
            }
            return nil
        }
        guard let meaning = readAlarm(alarm, metric: metric) else { return nil }
        return Rule(
            limit: meaning.limit, duration: meaning.duration, place: alarm.value.place,
            datapointsToAlarm: toAlarm ?? 1, datapointsToClear: toClear ?? 1)
    }

    private func readAlarm(_ entry: YAMLNode.Entry, metric: Metric?) -> AlarmWords.Meaning? {
        if var keys = entry.value.isMapping ? MappingReader(entry.value, "an alarm", collector) : nil {
            keys.refuse(LaterFeatures.ofAlarm, code: .notYet)
            keys.finish(help: "an alarm is a text: \(AlarmWords.forms)")
            return nil
        }
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        do throws(AlarmWords.Failure) {
            return try AlarmWords.parse(text, metric: metric)
        } catch {
            collector.report(error, in: text, at: place)
            return nil
        }
    }

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

    /// Limits that can be read and still cannot mean what was meant.
    private func checkMeaning(_ rule: Rule, metric: Metric) {
        if rule.limit.isPointless {
            collector.report(
                .pointlessLimit, at: rule.place,
                "\(rule.limit.isUpper ? "every value" : "no value") violates this limit: nothing is below 0",
                severity: .warning)
        }
        let countsEvents = metric.aggregation == .count
        if rule.duration == nil, countsEvents, rule.limit != Limit(.above, 0), rule.limit != Limit(.atLeast, 1) {
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
