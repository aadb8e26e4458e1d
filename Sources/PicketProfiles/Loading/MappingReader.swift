/// Takes the keys of a mapping one by one, and in the end says which ones nobody asked for.
package struct MappingReader {
    /// What the mapping is, with its article: `a behavior`.
    package let what: String
    package let place: Place
    package let collector: DiagnosticCollector
    private var entries: [YAMLNode.Entry]
    private var asked: [String] = []

    /// A reader of `node`; nil, and reported, when that is no mapping.
    package init?(_ node: YAMLNode, _ what: String, _ collector: DiagnosticCollector) {
        guard case .mapping(let entries) = node.content else {
            collector.report(
                .wrongType, at: node.place, "\(what) is a mapping of keys and values, not \(node.kindText)")
            return nil
        }
        self.what = what
        self.collector = collector
        self.entries = entries
        place = node.place
    }

    /// The keys that were not taken yet.
    package var keys: [String] { entries.map(\.key) }

    /// Whether `key` is there and was not taken yet.
    package func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// The entry of `key`, if it is there.
    package mutating func take(_ key: String) -> YAMLNode.Entry? {
        asked.append(key)
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
        return entries.remove(at: index)
    }

    /// The entry of the first of `spellings` that is there. A second one is reported: it could say something else.
    package mutating func take(_ spellings: [String]) -> YAMLNode.Entry? {
        let found = spellings.compactMap { take($0) }
        for other in found.dropFirst() {
            collector.report(
                .conflict, at: other.keyPlace, "`\(other.key)` says the same as `\(found[0].key)`",
                help: "keep one of them")
        }
        return found.first
    }

    /// The entry of `key`; its absence is reported.
    package mutating func need(_ spellings: [String], help: String? = nil) -> YAMLNode.Entry? {
        if let entry = take(spellings) { return entry }
        if !hasNearly(spellings) {
            collector.report(.missingKey, at: place, "\(what) needs `\(spellings[0])`", help: help)
        }
        return nil
    }

    /// Whether a key is there that was most likely meant to be one of `spellings`. It is reported as misspelled in the
    /// end, and should not be called missing too.
    package func hasNearly(_ spellings: [String]) -> Bool {
        keys.contains { DidYouMean.closest(to: $0, among: spellings) != nil }
    }

    /// The text of `key`; another kind of value is reported.
    package mutating func text(_ spellings: [String]) -> (text: String, place: Place)? {
        take(spellings).flatMap { Self.text(of: $0, collector) }
    }

    /// Takes keys and says that they have no effect.
    package mutating func refuse(
        _ keys: [String: String], code: DiagnosticCode, _ severity: Diagnostic.Severity = .error
    ) {
        for entry in entries {
            guard let reason = keys[entry.key] else { continue }
            collector.report(code, at: entry.keyPlace, reason, severity: severity)
        }
        entries.removeAll { keys[$0.key] != nil }
    }

    /// Takes keys that need no word: they say who and when, and nothing of what is expected.
    package mutating func ignore(_ keys: [String]) {
        entries.removeAll { keys.contains($0.key) }
    }

    /// So many keys are named to someone who wrote one that is not known: the longest mapping has 16.
    private static let listedKeys = 16

    /// Reports the keys that were not taken.
    package func finish(help: String? = nil) {
        for entry in entries {
            let suggestion = DidYouMean.closest(to: entry.key, among: asked)
            collector.report(
                .unknownKey, at: entry.keyPlace, "\(what) has no key `\(entry.key)`",
                help: help ?? "known are \(asked.prefix(Self.listedKeys).joined(separator: ", "))",
                suggestion: suggestion)
        }
    }

    /// The text of an entry; another kind of value is reported.
    package static func text(of entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> (
        text: String, place: Place
    )? {
        if let text = entry.value.text { return (text, entry.value.place) }
        collector.report(
            .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
            "`\(entry.key)` is a text, not \(entry.value.kindText)")
        return nil
    }
}

extension YAMLNode {
    /// The items of a list, or the value itself where a list of one may stand without brackets.
    package var items: [YAMLNode] {
        if case .list(let items) = content { items } else { [self] }
    }
}

extension DiagnosticCollector {
    /// The place of a part of a scalar's text, if the text stands in the file as it is; else the place of all of it.
    package func place(_ place: Place, part: Range<Int>, of text: String) -> Place {
        guard let rest = source.scalars(from: place) else { return place }
        let scalars = Array(text.unicodeScalars)
        let quote = rest.first == "\"" || rest.first == "'" ? 1 : 0
        guard Array(rest.dropFirst(quote).prefix(scalars.count)) == scalars else { return place }
        return Place(line: place.line, column: place.column + quote + part.lowerBound, length: max(1, part.count))
    }
}
