package import PicketEvents

/// Recorded messages of a broker, one JSON object a line, as `mosquitto_sub -F %J` (payload as JSON) or `-F %j`
/// (payload as text) writes them:
/// `{"tst":"2026-11-21T05:03:10.505924+0000","topic":"a/b","qos":0,"retain":0,"payloadlen":4,"payload":"20.1"}`.
///
/// A binary payload is `payload_hex` or `payload_base64`.
package struct MessageLines<Reader: MessageReader>: RecordReader {
    private var reader: Reader

    package init(_ reader: Reader) { self.reader = reader }

    package var format: FeedFormat { reader.format }
    package var visibility: Visibility { reader.visibility }
    package var context: String? { reader.context }
    package mutating func restore(context: String) { reader.restore(context: context) }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        reader.absorb(batch, rows: rows)
    }

    package mutating func code(learned coder: inout StateCoder) throws { try reader.code(learned: &coder) }

    package mutating func read(_ line: [UInt8]) throws(RecordProblem) -> [EventDraft] {
        let message = try RecordedMessage.read(line)
        do throws(RecordProblem) {
            var events = try reader.read(message).events
            for index in events.indices where events[index].time == nil { events[index].time = message.time }
            return events
        } catch {
            throw RecordProblem(error.reason, detail: error.detail, time: error.time ?? message.time)
        }
    }
}

/// A line of a recording.
enum RecordedMessage {
    static func read(_ line: [UInt8]) throws(RecordProblem) -> FeedMessage {
        let object = try JSONReading.object(line)
        guard let topic = object["topic"]?.text else {
            throw RecordProblem(.notALine, detail: "a recorded message has a topic")
        }
        let time = try RecordTime.read(written(object[["tst", "time", "timestamp", "@timestamp", "ts", "t"]]))
        return FeedMessage(
            topic: topic, payload: try payload(object), time: time, qos: object["qos"]?.integer,
            retain: object["retain"]?.isTrue ?? false)
    }

    /// A time as it was meant: `mosquitto_sub` 2.0.11 writes a `Z` before the zone that holds (`…53.823530Z+0100`).
    private static func written(_ time: JSONValue?) -> JSONValue? {
        guard let text = time?.text, let mark = text.firstIndex(of: "Z") else { return time }
        let zone = text[text.index(after: mark)...]
        guard zone.first == "+" || zone.first == "-" else { return time }
        return .string(String(text[..<mark] + zone))
    }

    private static func payload(_ object: JSONObject) throws(RecordProblem) -> [UInt8] {
        if let hex = object["payload_hex"] {
            guard let bytes = hex.text.flatMap({ Encoded.hex($0) }) else { throw RecordProblem(.badValue) }
            return bytes
        }
        if let base64 = object["payload_base64"] {
            guard let bytes = base64.text.flatMap({ Encoded.base64($0) }) else { throw RecordProblem(.badValue) }
            return bytes
        }
        switch object["payload"] {
        case nil: return []
        case .string(let text)?: return Array(text.utf8)
        case let value?: return JSONWriting.bytes(value)
        }
    }
}
