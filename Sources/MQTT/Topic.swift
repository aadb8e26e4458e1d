/// The rules of topic names and topic filters (MQTT 5 §4.7), the same in 3.1.1.
package enum Topic {
    /// Whether `name` can be published to: not empty, at most 65,535 bytes, no wildcard, no U+0000.
    package static func isName(_ name: String) -> Bool {
        isText(name) && !name.utf8.contains { $0 == plus || $0 == hash }
    }

    /// Whether `filter` can be subscribed to: `+` and `#` stand alone between slashes, `#` only at the end.
    package static func isFilter(_ filter: String) -> Bool {
        guard isText(filter) else { return false }
        let levels = filter.utf8.split(separator: slash, omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            if level.contains(hash), level.count != 1 || index != levels.count - 1 { return false }
            if level.contains(plus), level.count != 1 { return false }
        }
        // A shared subscription names its group and a filter (MQTT 5 §4.8.2).
        guard levels[0].elementsEqual("$share".utf8) else { return true }
        return levels.count >= 3 && !levels[1].isEmpty && !levels[1].contains(plus) && !levels[1].contains(hash)
    }

    /// Whether a message on `name` belongs to `filter` (MQTT 5 §4.7.1, §4.7.2): a wildcard at the beginning does not
    /// match a name that begins with `$`.
    package static func matches(_ name: String, filter: String) -> Bool {
        var filter = filter.utf8[...]
        if filter.starts(with: "$share/".utf8) {
            let levels = filter.split(separator: slash, maxSplits: 2, omittingEmptySubsequences: false)
            guard levels.count == 3 else { return false }
            filter = levels[2]
        }
        var name: Substring.UTF8View? = name.utf8[...]
        if name?.first == dollar, filter.first == plus || filter.first == hash { return false }
        var rest: Substring.UTF8View? = filter
        while let part = rest {
            let (level, next) = cut(part)
            if level.count == 1, level.first == hash { return true }
            guard let known = name else { return false }
            let (nameLevel, nameNext) = cut(known)
            guard level.elementsEqual(nameLevel) || level.count == 1 && level.first == plus else { return false }
            rest = next
            name = nameNext
        }
        return name == nil
    }

    private static let plus = UInt8(ascii: "+")
    private static let hash = UInt8(ascii: "#")
    private static let slash = UInt8(ascii: "/")
    private static let dollar = UInt8(ascii: "$")

    private static func isText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 65_535 && !text.utf8.contains(0)
    }

    /// The first level, and what follows its slash; nil when no slash follows.
    private static func cut(_ text: Substring.UTF8View) -> (level: Substring.UTF8View, rest: Substring.UTF8View?) {
        guard let end = text.firstIndex(of: slash) else { return (text, nil) }
        return (text[..<end], text[text.index(after: end)...])
    }
}
