/// What a feed is and how far it was read. Detection needs `opened` and `ended`; `position` is where a file tail
/// continues after a restart, and what a decoder must remember of a broker's messages that became no events yet.
package struct FeedRecord: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case opened, position, ended
    }

    /// How the times of a feed are to be read (DESIGN §5, engine time and watermark).
    package enum Mode: String, CaseIterable, Sendable {
        /// Events come as they happen: `received` is the wall clock, and a silent feed holds nothing back.
        case live
        /// A file from the past: an event's time is its own, and the feed holds the others back until it ends.
        case replay
    }

    /// Where the next byte of a followed file stands.
    package struct Position: Equatable, Sendable {
        package var path: String
        package var inode: UInt64
        /// Bytes from the start of the file.
        package var offset: UInt64
        /// SHA-256 of the first ``headBytes`` bytes, by which a renamed or copied file is found again.
        package var head: String
        package var headBytes: UInt64
        /// What the decoder must remember of earlier lines, in its own words; nil when there is nothing.
        package var context: String?

        package init(path: String, inode: UInt64, offset: UInt64, head: String, headBytes: UInt64, context: String?) {
            self.path = path
            self.inode = inode
            self.offset = offset
            self.head = head
            self.headBytes = headBytes
            self.context = context
        }
    }

    package var received: Int64
    package var name: String
    package var state: State
    /// With `opened`: how its times are read.
    package var mode: Mode?
    /// With `opened`: the format of its lines.
    package var format: String?
    /// With `opened`: how late an event may come and still count, in milliseconds.
    package var lateness: Int64?
    package var position: Position?

    package init(
        received: Int64, name: String, state: State, mode: Mode? = nil, format: String? = nil, lateness: Int64? = nil,
        position: Position? = nil
    ) {
        self.received = received
        self.name = name
        self.state = state
        self.mode = mode
        self.format = format
        self.lateness = lateness
        self.position = position
    }

    package func line() -> [UInt8] {
        var line = RecordLine(received: received, kind: .feed)
        line.add("name", name)
        line.add("state", state.rawValue)
        if let mode { line.add("mode", mode.rawValue) }
        if let format { line.add("format", format) }
        if let lateness { line.add("lateness", lateness) }
        if let position {
            line.add("path", position.path)
            line.add("inode", Int64(bitPattern: position.inode))
            line.add("offset", Int64(bitPattern: position.offset))
            line.add("head", position.head)
            line.add("headBytes", Int64(bitPattern: position.headBytes))
            if let context = position.context { line.add("context", context) }
        }
        return line.finish()
    }
}
