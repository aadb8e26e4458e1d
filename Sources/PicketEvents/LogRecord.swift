/// What happened to the log itself, or to the program that writes it.
package struct LogRecord: Equatable, Sendable {
    package enum Event: String, Sendable {
        case started, stopped, recovered, full
        /// Nothing else was written for a minute: a log that is silent and one that was cut off must not look alike.
        case heartbeat
    }

    /// Unix milliseconds.
    package var received: Int64
    package var event: Event
    package var version: String
    /// What a person should know of it.
    package var note: String?

    package init(received: Int64, event: Event, version: String, note: String? = nil) {
        self.received = received
        self.event = event
        self.version = version
        self.note = note
    }

    package func line() -> [UInt8] {
        var line = RecordLine(received: received, kind: .log)
        line.add("event", event.rawValue)
        line.add("version", version)
        if let note { line.add("note", note) }
        return line.finish()
    }
}
