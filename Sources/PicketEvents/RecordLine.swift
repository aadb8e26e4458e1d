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

    /// Adds a fixed-point number with that many decimal places, written without trailing zeros: `12.5`.
    package mutating func add(_ key: String, _ value: Int64, decimals: Int) {
        guard decimals > 0 else { return add(key, value) }
        addKey(key)
        bytes.append(contentsOf: FixedPointText.text(value, decimals: decimals).utf8)
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

/// Fixed-point numbers as text.
package enum FixedPointText {
    /// A number without trailing zeros: `12.5`, `-0.25`, `3`.
    package static func text(_ value: Int64, decimals: Int) -> String {
        let scale = (0..<decimals).reduce(UInt64(1)) { power, _ in power * 10 }
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: scale)
        let sign = value < 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(whole)" }
        let digits = "\(rest)"
        let padded = String(repeating: "0", count: decimals - digits.count) + digits
        let end = padded.lastIndex { $0 != "0" } ?? padded.startIndex
        return "\(sign)\(whole).\(padded[...end])"
    }
}
