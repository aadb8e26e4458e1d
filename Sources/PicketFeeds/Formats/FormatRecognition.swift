import PicketEvents

extension FeedFormat {
    /// What the first bytes of a feed look like; nil when no format recognises them. The formats that have keys of their
    /// own come before NDJSON, which is any object.
    package static func recognise(_ first: [UInt8]) -> FeedFormat? {
        let first = FirstBytes(first)
        let candidates = allCases.filter { $0 != .ndjson } + [.ndjson]
        return candidates.first { FormatTable.entry($0).recognises?(first) ?? false }
    }
}

/// The beginning of a feed, as far as it was read to see what it is.
struct FirstBytes: Sendable {
    let bytes: [UInt8]
    /// The first line that is not blank, which may be cut.
    let line: ArraySlice<UInt8>
    /// The object that the first line is; nil when it is none, or was cut.
    let object: JSONObject?

    init(_ first: [UInt8]) {
        bytes = first.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(first.dropFirst(3)) : first
        let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.endIndex
        line = bytes[start...].prefix { $0 != 0x0A }
        object = try? JSONReading.object(line)
    }

    /// Whether it is JSON of objects.
    var beginsObject: Bool { line.first == 0x7B }

    /// Whether the first object has all of these members.
    func has(_ names: String...) -> Bool {
        guard let object else { return false }
        return names.allSatisfy { object.has($0) }
    }

    /// Whether the first line, also one that was cut, holds `text`.
    func mentions(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return line.indices.contains { line[$0...].starts(with: text) }
    }
}

/// How the identity behind a user name in a broker's log was proved.
package typealias IdentityRule = MosquittoDecoder.IdentityRule
