package import PicketEvents

/// Reads error alerts that devices publish as JSON objects, one a message:
/// `{"device":"t-7","type":"hard-fault","product":"42","firmware":"4.1.0","symptoms":{"line":217},"payload":{"name":"core.bin","bytes":4096,"location":"s3://traces/t-7/1"}}`.
///
/// The device is named by the topic where the feed's configuration says how (`reports: { topic: "alerts/{device}" }`), else
/// by the alert; where both do, they must agree. Of symptoms the numbers are kept, of a trace where it lies and how long
/// it is. Descriptions, and a trace in the alert itself, are not kept.
package struct AlertReader: MessageReader {
    package let format = FeedFormat.alert
    package private(set) var visibility: Visibility = []
    private let feed: FeedID
    private let options: DefenderReportReader.Options

    package init(feed: FeedID, options: DefenderReportReader.Options = DefenderReportReader.Options()) {
        self.feed = feed
        self.options = options
    }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .alert {
            visibility.insert(.alerts)
        }
    }

    /// Nothing: what it reads does not depend on what came before; what can be seen is a question of replays only.
    package mutating func code(learned coder: inout StateCoder) throws {}

    package mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        let alert = try JSONReading.object(message.payload)
        let time = try RecordTime.read(alert[["ts", "time", "timestamp", "@timestamp"]])
        let named = alert[["device", "deviceId", "device_id", "thingName"]]?.text
        var fromTopic: String?
        if let topic = options.alertTopic {
            guard let device = topic.device(in: message.topic) else {
                throw RecordProblem(.notALine, detail: "the topic is not \(topic.pattern)", time: time)
            }
            fromTopic = device
        }
        guard let device = fromTopic ?? named, !device.isEmpty else {
            throw RecordProblem(.badAlert, detail: "nothing says whose alert it is", time: time)
        }
        if let named, named != device {
            throw RecordProblem(.identityMismatch, detail: "the topic names another device", time: time)
        }
        if let publisher = message.publisher, publisher.device != device {
            throw RecordProblem(.identityMismatch, detail: "it was published by another identity", time: time)
        }
        if let isKnown = options.isKnown, !isKnown(device) { throw RecordProblem(.unknownDevice, time: time) }
        guard let type = alert[["alertType", "alert_type", "type", "error"]]?.scalarText, !type.isEmpty else {
            throw RecordProblem(.badAlert, detail: "an alert has a type", time: time)
        }
        var event = EventDraft(.alert, time: time)
        event.device = device
        // A rule of the broker binds topics, and nothing that the alert says.
        let isBound = options.isBoundByACL && fromTopic != nil
        event.identity = message.publisher?.identity ?? (isBound ? .byACL : .claimed)
        event.add(.alertType, type)
        event.add(.product, alert[["product", "productId", "product_id"]]?.scalarText)
        event.add(.firmware, alert[["firmware", "firmwareVersion", "firmware_version", "fw"]]?.scalarText)
        event.add(.symptoms, json: try AlertReader.symptoms(alert["symptoms"], time))
        event.add(.payload, json: AlertReader.payload(alert[["payload", "trace"]]?.object))
        event.unknown = alert.names.filter { !AlertReader.known.contains($0) }
        visibility.insert(.alerts)
        return ([event], nil)
    }

    /// The numbers of the symptoms, by their names: of an object, or of a list of `{"id":99,"value":7}`.
    private static func symptoms(_ value: JSONValue?, _ time: Int64?) throws(RecordProblem) -> JSONValue? {
        guard let value else { return nil }
        var found: [(name: String, value: JSONValue)] = []
        switch value {
        case .object(let object): found = object.members
        case .array(let list):
            for item in list {
                guard let name = item.object?[["name", "id"]]?.scalarText, let value = item.object?["value"] else {
                    throw RecordProblem(.badAlert, detail: "a symptom has an id or a name, and a value", time: time)
                }
                found.append((name, value))
            }
        default: throw RecordProblem(.badAlert, detail: "symptoms are an object or a list", time: time)
        }
        guard found.count <= mostSymptoms else { throw RecordProblem(.tooManyKeys, time: time) }
        var kept: [(name: String, value: JSONValue)] = []
        for (name, value) in found {
            // A device chooses these names: what is no plain word may be free text.
            let name = String(decoding: UnknownKey.kept(Array(name.utf8)), as: UTF8.self)
            switch value {
            case .integer, .decimal, .bool: if !kept.contains(where: { $0.name == name }) { kept.append((name, value)) }
            default: break
            }
        }
        return kept.isEmpty ? nil : .object(JSONObject(kept))
    }

    /// Where a trace lies and how long it is.
    private static func payload(_ trace: JSONObject?) -> JSONValue? {
        guard let trace else { return nil }
        var members: [(name: String, value: JSONValue)] = []
        for (name, spellings) in [
            ("name", ["name", "file"]), ("bytes", ["bytes", "size"]), ("chunks", ["chunks"]),
            ("location", ["location", "url", "key"]),
        ] {
            switch trace[spellings] {
            case .string(let text)? where name == "name" || name == "location": members.append((name, .string(text)))
            case .integer(let number)? where name == "bytes" || name == "chunks":
                members.append((name, .integer(number)))
            default: break
            }
        }
        return members.isEmpty ? nil : .object(JSONObject(members))
    }

    /// The most symptoms of one alert. Percepio's monitor has eight.
    private static let mostSymptoms = 128

    private static let known: Set<String> = [
        "ts", "time", "timestamp", "@timestamp", "device", "deviceId", "device_id", "thingName", "alertType",
        "alert_type", "type", "error", "product", "productId", "product_id", "firmware", "firmwareVersion",
        "firmware_version", "fw", "symptoms", "payload", "trace",
    ]
}
