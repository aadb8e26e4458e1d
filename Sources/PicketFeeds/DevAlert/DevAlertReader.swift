package import PicketEvents

/// Reads the messages of Percepio's Device Firmware Monitor 2 (DevAlert), as its MQTT port publishes them:
///
/// | topic, behind `DevAlert/DEVICE/SESSION/ALERT/` | message | becomes |
/// |---|---|---|
/// | `1-1_da_header` | the alert: type, product, firmware, symptoms | an `alert` |
/// | `1-1_da_payloadN_header` | name and size of a trace | nothing yet |
/// | `K-COUNT_da_payloadN`, `K_da_payloadN` | a piece of the trace | when all are there, an `alert` of type `trace` |
///
/// Of a trace its name, size, number of pieces and place (the topic before them) are kept, and never a byte of it. The
/// description of an alert is free text of a device, and is not kept. A trace of which nothing came for ten minutes and
/// pieces are missing becomes an `alert` of type `trace-incomplete`: at a look of the subscription, or behind the next message.
package struct DevAlertReader: MessageReader {
    package let format = FeedFormat.devAlert
    package private(set) var visibility: Visibility = []
    private let feed: FeedID
    private let options: DefenderReportReader.Options
    private var traces = DevAlertTraces()

    package init(feed: FeedID, options: DefenderReportReader.Options = DefenderReportReader.Options()) {
        self.feed = feed
        self.options = options
    }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .alert {
            visibility.insert(.alerts)
        }
    }

    /// Nothing: pieces are no records. Which have come stands in the context.
    package mutating func code(learned coder: inout StateCoder) throws {}

    /// The pieces that have come: whether a message makes an event depends on them.
    package var context: String? {
        var traces = traces
        guard !traces.isEmpty else { return nil }
        var coder = StateCoder()
        // Writing fails for no reason.
        guard (try? traces.code(&coder)) != nil else { return nil }
        return Encoded.base64(coder.written)
    }

    package mutating func restore(context: String) {
        var coder = StateCoder(reading: Encoded.base64(context) ?? [])
        var read = DevAlertTraces()
        // What cannot be read was written by another version: its traces are incomplete.
        if (try? read.code(&coder)) != nil { traces = read }
    }

    package mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        guard let topic = DevAlertTopic(message.topic) else {
            throw RecordProblem(.notALine, detail: "the topic is not …DevAlert/DEVICE/SESSION/ALERT/…_da_…")
        }
        guard message.topic.utf8.count <= DevAlertTraces.topicBytes else {
            throw .notAnAlert("the topic is longer than \(DevAlertTraces.topicBytes) bytes")
        }
        let entry = try DevAlertEntry(message.payload)
        guard entry.deviceName == topic.device, entry.session == topic.session, entry.alert == topic.alert else {
            throw RecordProblem(.identityMismatch, detail: "the topic names another device, session or alert")
        }
        if let publisher = message.publisher, publisher.device != topic.device {
            throw RecordProblem(.identityMismatch, detail: "it was published by another identity")
        }
        if let isKnown = options.isKnown, !isKnown(topic.device) { throw RecordProblem(.unknownDevice) }
        // Live messages have no time of their own.
        let now = message.received ?? message.time ?? 0
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
            traces.announce(try DevAlertTraceHeader(entry.data), entry, topic, at: now)
            return (traces.abandoned(at: now).map(DevAlertReader.incomplete), nil)
        case .payload:
            guard let trace = try traces.take(entry, topic, at: now) else {
                return (traces.abandoned(at: now).map(DevAlertReader.incomplete), nil)
            }
            event.add(.alertType, "trace")
            event.add(.payload, json: trace.payload)
        }
        visibility.insert(.alerts)
        return ([event] + traces.abandoned(at: now).map(DevAlertReader.incomplete), nil)
    }

    package mutating func rest(at now: Int64) -> [EventDraft] {
        let incomplete = traces.abandoned(at: now).map(DevAlertReader.incomplete)
        if !incomplete.isEmpty { visibility.insert(.alerts) }
        return incomplete
    }

    /// An event for a trace of which pieces are still missing.
    private static func incomplete(_ trace: DevAlertTraces.Trace) -> EventDraft {
        var event = EventDraft(.alert)
        event.device = trace.device
        event.add(.alertType, "trace-incomplete")
        event.add(.payload, json: trace.payload)
        return event
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
