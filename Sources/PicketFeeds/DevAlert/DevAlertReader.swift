package import PicketEvents

/// Reads the messages of Percepio's Device Firmware Monitor 2 (DevAlert), as its MQTT port publishes them:
///
/// | topic, behind `DevAlert/DEVICE/SESSION/ALERT/` | message | becomes |
/// |---|---|---|
/// | `1-1_da_header` | the alert: type, product, firmware, symptoms | an `alert` |
/// | `1-1_da_payloadN_header` | name and size of a trace | nothing yet |
/// | `K-COUNT_da_payloadN`, `K_da_payloadN` | a piece of the trace | with the last piece, an `alert` of type `trace` |
///
/// Of a trace its name, size, number of pieces and place (the topic before them) are kept, and never a byte of it. The
/// description of an alert is free text of a device, and is not kept. A trace that ends with pieces missing is rejected
/// as `missing-piece`.
package struct DevAlertReader: MessageReader {
    package let format = FeedFormat.devAlert
    package private(set) var visibility: Visibility = []
    private let feed: FeedID
    private let options: DefenderReportReader.Options
    private var traces: [TraceKey: Trace] = [:]

    private struct TraceKey: Hashable {
        var place: String
        var entry: UInt16
    }

    private struct Trace {
        var name: String?
        var fileSize: Int64?
        var bytes: Int64 = 0
        var pieces: Int64 = 0
    }

    /// Traces that have begun and not ended. A device sends one after the other.
    private static let openTraces = 4_096

    package init(feed: FeedID, options: DefenderReportReader.Options = DefenderReportReader.Options()) {
        self.feed = feed
        self.options = options
    }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .alert {
            visibility.insert(.alerts)
        }
    }

    /// Nothing: pieces are no records. A trace that a restart cuts in two is rejected, with its last piece.
    package mutating func code(learned coder: inout StateCoder) throws {}

    package mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        guard let topic = DevAlertTopic(message.topic) else {
            throw RecordProblem(.notALine, detail: "the topic is not …DevAlert/DEVICE/SESSION/ALERT/…_da_…")
        }
        let entry = try DevAlertEntry(message.payload)
        guard entry.deviceName == topic.device, entry.session == topic.session, entry.alert == topic.alert else {
            throw RecordProblem(.identityMismatch, detail: "the topic names another device, session or alert")
        }
        if let publisher = message.publisher, publisher.device != topic.device {
            throw RecordProblem(.identityMismatch, detail: "it was published by another identity")
        }
        if let isKnown = options.isKnown, !isKnown(topic.device) { throw RecordProblem(.unknownDevice) }
        var event = EventDraft(.alert)
        event.device = topic.device
        event.identity = message.publisher?.identity ?? (options.isBoundByACL ? .byACL : .claimed)
        switch entry.kind {
        case .alert:
            let alert = try DevAlertHeader(entry.data)
            event.add(.alertType, alert.typeName)
            event.add(.product, String(alert.product))
            event.add(.firmware, alert.firmware)
            if !alert.symptoms.isEmpty { event.add(.symptoms, json: alert.symptomsJSON) }
        case .payloadHeader:
            let header = try DevAlertTraceHeader(entry.data)
            if traces.count >= DevAlertReader.openTraces { traces.removeAll() }
            traces[TraceKey(place: topic.place, entry: entry.id), default: Trace()].name = header.name
            traces[TraceKey(place: topic.place, entry: entry.id)]?.fileSize = header.bytes
            return ([], nil)
        case .payload:
            guard let trace = try take(entry, topic) else { return ([], nil) }
            event.add(.alertType, "trace")
            event.add(.payload, json: payload(trace, entry, topic))
        }
        visibility.insert(.alerts)
        return ([event], nil)
    }

    /// Counts a piece; gives the trace when it is the last one.
    private mutating func take(_ entry: DevAlertEntry, _ topic: DevAlertTopic) throws(RecordProblem) -> Trace? {
        let key = TraceKey(place: topic.place, entry: entry.id)
        if traces[key] == nil, traces.count >= DevAlertReader.openTraces { traces.removeAll() }
        var trace = traces[key] ?? Trace()
        trace.bytes += Int64(entry.data.count)
        trace.pieces += 1
        guard entry.chunk == entry.chunks else {
            traces[key] = trace
            return nil
        }
        traces[key] = nil
        guard trace.pieces == Int64(entry.chunks), trace.fileSize == nil || trace.fileSize == trace.bytes else {
            throw RecordProblem(.missingPiece, detail: "pieces of the trace are missing")
        }
        return trace
    }

    private func payload(_ trace: Trace, _ entry: DevAlertEntry, _ topic: DevAlertTopic) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = []
        if let name = trace.name { members.append(("name", .string(name))) }
        members += [
            ("bytes", .integer(trace.bytes)), ("chunks", .integer(trace.pieces)),
            ("location", .string("\(topic.place)/payload\(entry.id)")),
        ]
        return .object(JSONObject(members))
    }
}

/// The topic of a message: `<PREFIX>DevAlert/DEVICE/SESSION/ALERT/…_da_…`.
struct DevAlertTopic {
    let device: String
    let session: String
    let alert: UInt32
    /// The topic without its last level.
    let place: String

    init?(_ topic: String) {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count >= 5, levels[levels.count - 5].hasSuffix("DevAlert"),
            levels[levels.count - 1].contains("_da_"), let alert = UInt32(levels[levels.count - 2]),
            !levels[levels.count - 4].isEmpty
        else { return nil }
        device = String(levels[levels.count - 4])
        session = String(levels[levels.count - 3])
        self.alert = alert
        place = levels.dropLast().joined(separator: "/")
    }
}
