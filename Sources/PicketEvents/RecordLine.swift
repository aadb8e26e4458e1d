/// Builds one canonical line for what Picket itself has to say: keys in the order they are added, no white space.
package struct RecordLine: Sendable {
    private var bytes: [UInt8] = [0x7B]

    /// A line without the keys every record begins with.
    package init() {}

    /// A record of the log: `received`, `feed: "picket"` and `kind` come first.
    package init(received: Int64, kind: EventKind) {
        add("received", time: received)
        add("feed", RecordLine.feedName)
        add("kind", "\(kind.name)")
    }

    /// The feed of every record that Picket writes itself. No other feed may have this name.
    package static let feedName = "picket"

    package mutating func add(_ key: String, _ value: String) {
        addKey(key)
        CanonicalJSON.appendString(value, to: &bytes)
    }

    package mutating func add(_ key: String, _ value: Int64) {
        addKey(key)
        CanonicalJSON.append(value, to: &bytes)
    }

    /// Adds a flag; a false one is left out.
    package mutating func add(_ key: String, _ value: Bool) {
        guard value else { return }
        addKey(key)
        CanonicalJSON.append("true", to: &bytes)
    }

    /// Adds a time given in Unix milliseconds.
    package mutating func add(_ key: String, time: Int64) {
        addKey(key)
        bytes.append(0x22)
        Timestamp.append(time, to: &bytes)
        bytes.append(0x22)
    }

    /// Adds a list of strings; an empty one is left out.
    package mutating func add(_ key: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        addKey(key)
        bytes.append(0x5B)
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            CanonicalJSON.appendString(value, to: &bytes)
        }
        bytes.append(0x5D)
    }

    /// The bytes of the line.
    package consuming func finish() -> [UInt8] {
        bytes.append(0x7D)
        return bytes
    }

    private mutating func addKey(_ key: String) {
        if bytes.count > 1 { bytes.append(0x2C) }
        CanonicalJSON.appendString(key, to: &bytes)
        bytes.append(0x3A)
    }
}
