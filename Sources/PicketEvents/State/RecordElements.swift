/// The states of what records say.

extension FeedRecord: StateElement {
    package static var blank: FeedRecord { FeedRecord(received: 0, name: "", state: .opened) }

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("received", &received)
        try coder.field("name", &name)
        try coder.field("state", &state)
        try coder.field("mode", &mode)
        try coder.field("format", &format)
        try coder.field("lateness", &lateness)
        try coder.field("position", &position)
    }
}

extension FeedRecord.State: StateElement {
    package static var blank: FeedRecord.State { .opened }
}

extension FeedRecord.Position: StateElement {
    package static var blank: FeedRecord.Position {
        FeedRecord.Position(path: "", inode: 0, offset: 0, head: "", headBytes: 0, context: nil)
    }

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("path", &path)
        try coder.field("inode", &inode)
        try coder.field("offset", &offset)
        try coder.field("head", &head)
        try coder.field("headBytes", &headBytes)
        try coder.field("context", &context)
    }
}

extension Violation: StateElement {
    package static var blank: Violation {
        Violation(
            time: 0, event: .inAlarm, id: "", profile: "", behavior: "", subjectKind: .device, subject: "",
            metric: .count, value: nil, expected: "", window: nil, severity: "", evidence: .broker, count: 0,
            ended: nil, why: "")
    }

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("time", &time)
        try coder.field("event", &event)
        try coder.field("id", &id)
        try coder.field("profile", &profile)
        try coder.field("behavior", &behavior)
        try coder.field("subjectKind", &subjectKind)
        try coder.field("subject", &subject)
        try coder.field("metric", &metric)
        try coder.field("value", &value)
        try coder.field("text", &text)
        try coder.field("identity", &identity)
        try coder.field("excepted", &excepted)
        try coder.field("silenced", &silenced)
        try coder.field("expected", &expected)
        try coder.field("window", &window)
        try coder.field("severity", &severity)
        try coder.field("evidence", &evidence)
        try coder.field("count", &count)
        try coder.field("ended") { coder in
            var times = ended.map { [$0.first, $0.last, $0.worst] }
            try times.code(&coder)
            guard coder.isReading else { return }
            guard times.map({ $0.count == 3 }) ?? true else { throw StateProblem("an end has three numbers") }
            ended = times.map { ($0[0], $0[1], $0[2]) }
        }
        try coder.field("isSuppressed", &isSuppressed)
        try coder.field("why", &why)
    }
}

extension Violation.Event: StateElement {
    package static var blank: Violation.Event { .inAlarm }
}

extension Violation.Evidence: StateElement {
    package static var blank: Violation.Evidence { .broker }
}

extension Metric: StateElement {
    package static var blank: Metric { .count }

    package mutating func code(_ coder: inout StateCoder) throws {
        var name = rawValue
        var type: CustomMetric.MetricType?
        if case .custom(let custom) = self { type = custom.type }
        try name.code(&coder)
        try type.code(&coder)
        guard coder.isReading else { return }
        guard let metric = type.map({ .custom(CustomMetric(name: name, type: $0)) }) ?? Metric(rawValue: name) else {
            throw StateProblem("there is no metric \(name)")
        }
        self = metric
    }
}

extension CustomMetric.MetricType: StateElement {
    package static var blank: CustomMetric.MetricType { .number }
}
