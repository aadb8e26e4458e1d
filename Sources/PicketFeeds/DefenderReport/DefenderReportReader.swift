package import PicketEvents

/// Reads Device Defender metrics reports, as devices publish them to
/// `$aws/things/THING/defender/metrics/json` and `…/cbor`, and answers them as AWS does.
///
/// What is rejected, and what AWS would call it:
///
/// | reason | answer | when |
/// |---|---|---|
/// | invalid-report, not-json, not-cbor, … | InvalidPayload | the report breaks its specification |
/// | identity-mismatch | IdentityMismatch | the broker's record says that somebody else published it |
/// | unknown-device | UnknownThing | the fleet does not know the thing |
/// | replayed-report | ReplayedReport | its id is not greater than that of the report before |
/// | impossible-time | ImpossibleTime | its id is a time more than a day ahead |
///
/// What is accepted and still remarkable is in the event's `notes`: `sampled` (a list holds fewer items than its
/// total) and `counters` (bytes and packets only rise from report to report, so that they are counted since the start
/// of the device and not since the last report: set ``Options/countsUp``).
package struct DefenderReportReader: MessageReader {
    package struct Options: Sendable {
        /// Whether the fleet has a device of this name; nil when every thing may report.
        package var isKnown: (@Sendable (String) -> Bool)?
        /// An access rule of the broker, which somebody audits, binds the topic to the identity.
        package var isBoundByACL = false
        /// Devices send counters, of which the difference to the report before is taken.
        package var countsUp = false
        /// Where an alert's topic names its device; nil where only the alert does.
        package var alertTopic: DeviceTopic?

        package init() {}
    }

    package let format = FeedFormat.defenderReport
    package private(set) var visibility: Visibility = []
    private let feed: FeedID
    private let options: Options

    /// What is remembered of a thing.
    fileprivate struct Thing {
        var lastID: Int64
        /// The bytes and packets of the last report.
        var traffic: [Int64]?
        /// How many reports in a row had more of everything than the one before.
        var rises = 0
    }
    private var things = RecentValues<Thing>()

    /// So many reports in a row that rise in all four counts are taken for counters: by chance one in 7! sequences of
    /// independent values does.
    static let risesOfCounter = 6
    /// Ids below are numbers; from here on they are times (2000-01-01 in seconds).
    private static let firstEpoch: Int64 = 946_684_800

    package init(feed: FeedID, options: Options = Options()) {
        self.feed = feed
        self.options = options
    }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .report {
            visibility.insert(.reports)
            guard let thing = batch.string(batch.names[row].device) else { continue }
            var id: Int64?
            var traffic: [Int64]?
            for attribute in batch.attributes(of: row) {
                switch attribute.key {
                case .reportId: id = batch.string(attribute.text).flatMap { Int64($0) }
                case .metrics where !options.countsUp:
                    let metrics = (try? JSONReading.value(batch.text[attribute.text.range]))?.object
                    let values = DefenderReportReader.trafficMetrics.compactMap { metrics?[$0]?.integer }
                    if values.count == 4 { traffic = values }
                default: break
                }
            }
            guard let id else { continue }
            note(thing, id, traffic)
        }
    }

    package mutating func code(learned coder: inout StateCoder) throws { try things.code(&coder) }

    private static let trafficMetrics = ["all-bytes-in", "all-bytes-out", "all-packets-in", "all-packets-out"]

    package mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        guard let topic = ReportTopic(message.topic) else {
            throw RecordProblem(.notALine, detail: "the topic is not …/things/THING/defender/metrics/json or /cbor")
        }
        let value = topic.isCBOR ? try CBORReading.value(message.payload) : try JSONReading.value(message.payload)
        guard let object = value.object else { throw RecordProblem(.notObject) }
        let report = try DefenderReport(object)
        if let publisher = message.publisher, publisher.device != topic.thing {
            throw RecordProblem(.identityMismatch, detail: "it was published by another identity")
        }
        if let isKnown = options.isKnown, !isKnown(topic.thing) {
            throw RecordProblem(.unknownDevice, detail: "no such thing is registered")
        }
        if report.id >= DefenderReportReader.firstEpoch, let now = message.received ?? message.time {
            guard let time = Timestamp.fromEpoch(report.id), time <= now + Limits.timeJump else {
                throw RecordProblem(.impossibleTime, detail: "the report id is a time in the future")
            }
        }
        let before = things[topic.thing]
        if let before, report.id <= before.lastID {
            // A broker repeats what it has no acknowledgement of: that is nobody's replay.
            if message.isRepeated { throw RecordProblem(.repeatedEvent, detail: "it came before") }
            throw RecordProblem(.replayedReport, detail: "the report id is not greater than the one before")
        }
        let event = event(of: report, topic, message, before)
        note(topic.thing, report.id, report.traffic)
        visibility.insert(.reports)
        return ([event], accepted(topic, report.id, message))
    }

    private mutating func event(
        of report: DefenderReport, _ topic: ReportTopic, _ message: FeedMessage, _ before: Thing?
    ) -> EventDraft {
        var event = EventDraft(.report)
        event.device = topic.thing
        event.identity = message.publisher?.identity ?? (options.isBoundByACL ? .byACL : .claimed)
        event.add(.reportId, String(report.id))
        var notes: [JSONValue] = report.sampled.isEmpty ? [] : [.string("sampled")]
        var json = report.json
        if options.countsUp {
            json = DefenderReportReader.differences(report, since: before?.traffic)
        } else if let traffic = report.traffic, let before, DefenderReportReader.rises(traffic, before.traffic),
            before.rises + 1 >= DefenderReportReader.risesOfCounter
        {
            notes.append(.string("counters"))
        }
        event.add(.metrics, json: json)
        if !notes.isEmpty { event.add(.notes, json: .array(notes)) }
        event.unknown = report.unknown
        return event
    }

    /// The metrics of a report that counts up: bytes and packets since the one before. They are left out where there is
    /// none, and where a device has begun to count anew.
    private static func differences(_ report: DefenderReport, since before: [Int64]?) -> JSONValue {
        let isAscending = report.traffic.map { now in
            before.map { zip(now, $0).allSatisfy { $0 >= $1 } } ?? false
        }
        return .object(
            JSONObject(
                report.metrics.compactMap { metric in
                    guard let index = trafficMetrics.firstIndex(of: metric.name) else { return metric }
                    guard isAscending == true, let before, let now = metric.value.integer else { return nil }
                    return (metric.name, .integer(now - before[index]))
                }))
    }

    private static func rises(_ now: [Int64], _ before: [Int64]?) -> Bool {
        guard let before else { return false }
        return now != before && zip(now, before).allSatisfy { $0 >= $1 }
    }

    private mutating func note(_ thing: String, _ id: Int64, _ traffic: [Int64]?) {
        let before = things[thing]
        let hasRisen = traffic.map { DefenderReportReader.rises($0, before?.traffic) } ?? false
        things[thing] = Thing(
            lastID: max(id, before?.lastID ?? id), traffic: traffic ?? before?.traffic,
            rises: hasRisen ? (before?.rises ?? 0) + 1 : 0)
    }

    // MARK: Answers

    private func accepted(_ topic: ReportTopic, _ id: Int64, _ message: FeedMessage) -> MessageAnswer {
        var members: [(name: String, value: JSONValue)] = [
            ("thingName", .string(topic.thing)), ("reportId", .integer(id)), ("status", .string("ACCEPTED")),
        ]
        if let now = message.received { members.append(("timestamp", .integer(now))) }
        return topic.answer("accepted", .object(JSONObject(members)))
    }

    package func answer(to message: FeedMessage, rejected problem: RecordProblem) -> MessageAnswer? {
        guard let topic = ReportTopic(message.topic) else { return nil }
        // It was answered when it came first, or is answered by the report that came after it.
        guard problem.reason != .repeatedEvent else { return nil }
        let code =
            switch problem.reason {
            case .identityMismatch: "IdentityMismatch"
            case .unknownDevice: "UnknownThing"
            case .replayedReport: "ReplayedReport"
            case .impossibleTime: "ImpossibleTime"
            default: "InvalidPayload"
            }
        let text = "Malformed metrics report"
        let words = code == "InvalidPayload" ? problem.detail.map { "\(text): \($0)" } ?? text : problem.detail ?? code
        var members: [(name: String, value: JSONValue)] = [
            ("thingName", .string(topic.thing)), ("status", .string("REJECTED")),
            (
                "statusDetails",
                .object(JSONObject([("ErrorCode", .string(code)), ("ErrorMessage", .string(words))]))
            ),
        ]
        if let now = message.received { members.append(("timestamp", .integer(now))) }
        return topic.answer("rejected", .object(JSONObject(members)))
    }
}

/// The topic of a report: `…/things/THING/defender/metrics/json` or `…/cbor`.
struct ReportTopic {
    let topic: String
    let thing: String
    let isCBOR: Bool

    init?(_ topic: String) {
        let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts.suffix(3).dropLast().elementsEqual(["defender", "metrics"]),
            parts[parts.count - 5] == "things", ["json", "cbor"].contains(parts[parts.count - 1])
        else { return nil }
        let thing = parts[parts.count - 4]
        // AWS: a thing's name has at most 128 bytes and no control characters.
        guard !thing.isEmpty, thing.utf8.count <= 128, thing.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        self.topic = topic
        self.thing = String(thing)
        isCBOR = parts[parts.count - 1] == "cbor"
    }

    func answer(_ status: String, _ value: JSONValue) -> MessageAnswer {
        MessageAnswer(
            topic: "\(topic)/\(status)", payload: isCBOR ? CBORWriting.bytes(value) : JSONWriting.bytes(value),
            isAccepted: status == "accepted")
    }
}

extension DefenderReportReader.Thing: StateElement {
    static var blank: DefenderReportReader.Thing { DefenderReportReader.Thing(lastID: 0) }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("lastID", &lastID)
        try coder.field("traffic", &traffic)
        try coder.field("rises", &rises)
    }
}
