package import PicketEvents

/// Reads the gauges that brokers publish under `$SYS` (Mosquitto, `man mosquitto`, "Broker Status"; EMQX and others
/// alike): each is a `broker` event with the topic behind `$SYS/` as its name.
///
/// Numbers are numbers, also with a unit behind them ("162 seconds"); the rest is text. The broker's log under
/// `$SYS/broker/log` is no gauge: `format: mosquitto` reads it.
package struct BrokerStatusReader: MessageReader {
    package let format = FeedFormat.brokerStatus
    package private(set) var visibility: Visibility = []
    private let feed: FeedID

    /// The longest value: a version with its build date.
    private static let longest = 256

    package init(feed: FeedID) { self.feed = feed }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .broker {
            visibility.insert(.gauges)
        }
    }

    package mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        let prefix = "$SYS/"
        guard message.topic.hasPrefix(prefix), message.topic.utf8.count > prefix.utf8.count,
            !message.topic.hasPrefix("$SYS/broker/log/")
        else { throw RecordProblem(.notALine, detail: "a gauge has a topic below $SYS") }
        guard message.payload.count <= BrokerStatusReader.longest else { throw RecordProblem(.tooLong) }
        guard let text = String(validating: message.payload, as: UTF8.self) else { throw RecordProblem(.notUTF8) }
        var event = EventDraft(.broker)
        let name = String(message.topic.dropFirst(prefix.count))
        event.add(.name, name)
        // A bridge's settings are gauges for some brokers: what is called a password is none that may be kept.
        let last = name.split(separator: "/").last.map(String.init) ?? name
        event.add(.value, json: Redaction.value(BrokerStatusReader.value(text), of: last))
        visibility.insert(.gauges)
        return ([event], nil)
    }

    /// The number that the text is or begins with, where only a unit follows; else the text.
    private static func value(_ text: String) -> JSONValue {
        let words = text.split(separator: " ")
        guard words.count == 1 || (words.count == 2 && words[1] == "seconds"), let first = words.first,
            let number = try? JSONReading.value(first.utf8)
        else { return .string(text) }
        switch number {
        case .integer, .decimal: return number
        default: return .string(text)
        }
    }
}
