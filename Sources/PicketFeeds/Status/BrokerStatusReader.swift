package import PicketEvents

/// Reads what brokers publish under `$SYS`. Gauges (Mosquitto, `man mosquitto`, "Broker Status"; EMQX and others alike) are
/// `broker` events with the topic behind `$SYS/` as their name: numbers are numbers, also with a unit behind them
/// ("162 seconds"), the rest is text.
///
/// Mosquitto's log under `$SYS/broker/log` (`log_dest topic`) is a line a message, and becomes the events that the same line
/// in a file becomes (``MosquittoDecoder``).
package struct BrokerStatusReader: MessageReader {
    package let format = FeedFormat.brokerStatus
    private var log: MosquittoDecoder
    private var hasGauges = false
    private let feed: FeedID

    /// The longest value: a version with its build date.
    private static let longest = 256

    package init(feed: FeedID, identity: IdentityRule = .password) {
        self.feed = feed
        log = MosquittoDecoder(feed: feed, identity: identity)
    }

    package var visibility: Visibility { hasGauges ? log.visibility.union(.gauges) : log.visibility }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .broker { hasGauges = true }
        log.absorb(batch, rows: rows)
    }

    package mutating func code(learned coder: inout StateCoder) throws {
        try hasGauges.code(&coder)
        try log.code(learned: &coder)
    }

    package mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        let prefix = "$SYS/"
        guard message.topic.hasPrefix(prefix), message.topic.utf8.count > prefix.utf8.count
        else { throw RecordProblem(.notALine, detail: "a gauge has a topic below $SYS") }
        if message.topic.hasPrefix("$SYS/broker/log/") { return (try logLine(message.payload), nil) }
        guard message.payload.count <= BrokerStatusReader.longest else { throw RecordProblem(.tooLong) }
        guard let text = String(validating: message.payload, as: UTF8.self) else { throw RecordProblem(.notUTF8) }
        var event = EventDraft(.broker)
        let name = String(message.topic.dropFirst(prefix.count))
        event.add(.name, name)
        // A bridge's settings are gauges for some brokers: what is called a password is none that may be kept.
        let last = name.split(separator: "/").last.map(String.init) ?? name
        event.add(.value, json: Redaction.value(BrokerStatusReader.value(text), of: last))
        hasGauges = true
        return ([event], nil)
    }

    /// The events of a line of the log; none where the line is of no event.
    private mutating func logLine(_ payload: [UInt8]) throws(RecordProblem) -> [EventDraft] {
        // A line end inside would be a second line, and the broker writes none.
        guard !payload.contains(0x0A) else { throw RecordProblem(.notALine) }
        let batch = log.decode(payload + [0x0A], isLast: true, limit: .max).batch
        var events: [EventDraft] = []
        for row in 0..<batch.count {
            if batch.head[row].kind == .rejected { throw RecordProblem(.notALine) }
            events.append(EventDraft(row, of: batch))
        }
        return events
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
