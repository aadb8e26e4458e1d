/// One transition of a behavior for one subject: it began, it ended, or it lost its meaning.
package struct Violation: Equatable, Sendable {
    /// AWS's three violation events.
    package enum Event: String, CaseIterable, Sendable {
        case inAlarm = "in-alarm"
        case alarmCleared = "alarm-cleared"
        case alarmInvalidated = "alarm-invalidated"
    }

    /// Whose word the evidence is.
    package enum Evidence: String, CaseIterable, Sendable {
        case broker, device
    }

    /// When it became true, in Unix milliseconds of engine time.
    package var time: Int64
    package var event: Event
    /// 32 hexadecimal digits (DESIGN §5, identity of a violation), the same in every transition of one violation.
    package var id: String
    package var profile: String
    package var behavior: String
    package var subjectKind: SubjectKind
    package var subject: String
    package var metric: Metric
    /// The datapoint that caused this transition; nil when there was none (a largest size clears without a message).
    package var value: Int64?
    /// Of metrics that are no number: what the datapoint showed, `203.0.113.9`; it is written as the value.
    package var text: String?
    /// The weakest identity of the events of its datapoints.
    package var identity = Identity.claimed
    /// Why it is not acted on: the reason of an exception; nil when none covers it.
    package var excepted: String?
    /// Why it is not acted on at the moment: the reason of a silence; nil when none is in force.
    package var silenced: String?
    /// What would have been right, in words: `at most 120`.
    package var expected: String
    /// The duration in words, `5m`; nil when each event is judged alone.
    package var window: String?
    package var severity: String
    package var evidence: Evidence
    /// Violating datapoints so far.
    package var count: Int
    /// Of a violation that ends: the times of its first and last violating datapoint, and the worst value.
    package var ended: (first: Int64, last: Int64, worst: Int64)?
    /// It is recorded, and not acted on (AWS: `suppressAlerts`).
    package var isSuppressed: Bool
    /// One sentence for a person.
    package var why: String

    package static func == (a: Violation, b: Violation) -> Bool { a.json() == b.json() }

    package init(
        time: Int64, event: Event, id: String, profile: String, behavior: String, subjectKind: SubjectKind,
        subject: String, metric: Metric, value: Int64?, expected: String, window: String?, severity: String,
        evidence: Evidence, count: Int, ended: (first: Int64, last: Int64, worst: Int64)?, isSuppressed: Bool = false,
        why: String
    ) {
        self.time = time
        self.event = event
        self.id = id
        self.profile = profile
        self.behavior = behavior
        self.subjectKind = subjectKind
        self.subject = subject
        self.metric = metric
        self.value = value
        self.expected = expected
        self.window = window
        self.severity = severity
        self.evidence = evidence
        self.count = count
        self.ended = ended
        self.isSuppressed = isSuppressed
        self.why = why
    }

    /// Whether it is only recorded: nobody is to act on it.
    package var isOnlyRecorded: Bool { isSuppressed || excepted != nil || silenced != nil }

    /// The violation as one line of JSON (DESIGN §8), without a newline.
    ///
    /// - Parameter why: whether to end with the sentence. The hash over all violations leaves it out, so that wording
    ///   can be improved without changing it.
    package func json(why includesWhy: Bool = true) -> [UInt8] {
        var line = RecordLine()
        appendKeys(to: &line, subjectKey: subjectKind.rawValue, why: includesWhy)
        return line.finish()
    }

    /// The keys of ``record(received:)`` behind its kind, without the sentence, as an object of their own.
    package var recordKeys: [UInt8] {
        var line = RecordLine()
        appendKeys(to: &line, subjectKey: subjectKind.recordKey, why: false)
        return line.finish()
    }

    /// The violation as a record of the log.
    package func record(received: Int64) -> [UInt8] {
        var line = RecordLine(received: received, kind: .violation)
        appendKeys(to: &line, subjectKey: subjectKind.recordKey, why: true)
        return line.finish()
    }

    private func appendKeys(to line: inout RecordLine, subjectKey: String, why includesWhy: Bool) {
        line.add("time", time: time)
        line.add("event", event.rawValue)
        line.add("id", id)
        line.add("profile", profile)
        line.add("behavior", behavior)
        line.add("subject", subjectKind.rawValue)
        line.add(subjectKey, subject)
        line.add("metric", metric.rawValue)
        if let text {
            line.add("value", text)
        } else if let value {
            line.add("value", value, decimals: metric.decimals)
        }
        line.add("expected", expected)
        if let window { line.add("window", window) }
        line.add("severity", severity)
        line.add("evidence", evidence.rawValue)
        if identity > .claimed { line.add("identity", "\(identity.name)") }
        line.add("count", Int64(count))
        if let ended {
            line.add("first", time: ended.first)
            line.add("last", time: ended.last)
            if metric.values == .number { line.add("worst", ended.worst, decimals: metric.decimals) }
        }
        line.add("suppressed", isSuppressed)
        if let excepted { line.add("excepted", excepted) }
        if let silenced { line.add("silenced", silenced) }
        if includesWhy { line.add("why", why) }
    }
}
