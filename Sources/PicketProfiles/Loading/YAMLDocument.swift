import Yams

/// Reads the one document of a YAML or JSON file into nodes, and says what is wrong with it as diagnostics.
///
/// Anchors, aliases and tags are refused, and keys that stand twice are errors: what a profile means should be what a
/// reader sees.
package struct YAMLDocument {
    /// Parses that are tried to find further duplicate keys after the first; a file with more has told enough.
    private static let mostDuplicates = 16
    /// The first of the characters that take the place of a duplicate key's first one. It is for private use.
    private static let firstMarker: UInt32 = 0xE000

    private let collector: DiagnosticCollector
    /// For each marker, the key that was given twice.
    private var duplicates: [Unicode.Scalar: String] = [:]

    private init(_ collector: DiagnosticCollector) {
        self.collector = collector
    }

    /// The document of the collector's source; nil when it cannot be read, which was then reported.
    package static func read(_ collector: DiagnosticCollector) -> YAMLNode? {
        guard AliasScan.findsNone(in: collector) else { return nil }
        var document = YAMLDocument(collector)
        return document.read()
    }

    private mutating func read() -> YAMLNode? {
        var text = collector.source.text
        while true {
            do {
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                let root = try parser.singleRoot()
                // Anchors live as long as the parser.
                return withExtendedLifetime(parser) { () -> YAMLNode? in
                    guard let root else {
                        collector.report(.empty, at: nil, "the file is empty")
                        return nil
                    }
                    return convert(root)
                }
            } catch let error as YamlError {
                if case .duplicatedKeysInMapping(_, let context) = error, duplicates.count < Self.mostDuplicates,
                    let marked = mark(duplicateAt: context.mark, in: text)
                {
                    text = marked
                    continue
                }
                report(error)
                return nil
            } catch {
                collector.report(.syntax, at: nil, "the file cannot be read: \(error)")
                return nil
            }
        }
    }

    /// The library stops at a key that stands twice. Its first character is replaced, so that the rest of the file can
    /// be read too, and ``convert(_:)`` reports it where the key stands again.
    private mutating func mark(duplicateAt mark: Mark, in text: String) -> String? {
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        guard lines.indices.contains(mark.line - 1) else { return nil }
        var line = Array(lines[mark.line - 1].unicodeScalars)
        var index = mark.column - 1
        if line.indices.contains(index), line[index] == "\"" || line[index] == "'" { index += 1 }
        guard line.indices.contains(index), line[index].properties.isAlphabetic,
            let marker = Unicode.Scalar(Self.firstMarker + UInt32(duplicates.count))
        else { return nil }
        duplicates[marker] = String(line[index])
        line[index] = marker
        lines[mark.line - 1] = Substring(String(String.UnicodeScalarView(line)))
        return lines.joined(separator: "\n")
    }

    private func convert(_ node: Node) -> YAMLNode? {
        let place = place(of: node)
        guard node.anchor == nil else {
            collector.report(.alias, at: place, "anchors are not allowed", help: "write the value out where it is used")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            guard isUntagged(scalar.tag, "str", at: place) else { return nil }
            let isPlain = scalar.style == .plain || scalar.style == .any
            return YAMLNode(.scalar(scalar.string, isPlain: isPlain), at: place)
        case .sequence(let sequence):
            guard isUntagged(sequence.tag, "seq", at: place) else { return nil }
            let items = sequence.map { convert($0) }
            guard items.allSatisfy({ $0 != nil }) else { return nil }
            return YAMLNode(.list(items.compactMap { $0 }), at: place)
        case .mapping(let mapping):
            guard isUntagged(mapping.tag, "map", at: place) else { return nil }
            return convert(mapping, at: place)
        case .alias:
            collector.report(.alias, at: place, "aliases are not allowed", help: "write the value out where it is used")
            return nil
        }
    }

    private func convert(_ mapping: Node.Mapping, at place: Place) -> YAMLNode? {
        var entries: [YAMLNode.Entry] = []
        var repeated: [(key: String, line: Int)] = []
        var isWhole = true
        for (keyNode, valueNode) in mapping {
            guard let key = convert(keyNode), let value = convert(valueNode) else {
                isWhole = false
                continue
            }
            guard case .scalar(let text, _) = key.content else {
                collector.report(.wrongType, at: key.place, "a key must be text, not \(key.kindText)")
                isWhole = false
                continue
            }
            if let first = text.unicodeScalars.first, let original = duplicates[first] {
                repeated.append((original + text.unicodeScalars.dropFirst().map(String.init).joined(), key.place.line))
            } else {
                entries.append(.init(key: text, keyPlace: key.place, value: value))
            }
        }
        for (key, line) in repeated {
            let again = entries.first { $0.key == key }
            collector.report(
                .duplicateKey, at: again?.keyPlace ?? place, "the key `\(key)` is given twice",
                help: "it stands on line \(line) already")
        }
        return isWhole ? YAMLNode(.mapping(entries), at: place) : nil
    }

    private func isUntagged(_ tag: Tag, _ usual: String, at place: Place) -> Bool {
        let name = tag.description
        guard !["", "!", "tag:yaml.org,2002:\(usual)"].contains(name) else { return true }
        let core = "tag:yaml.org,2002:"
        let written = name.hasPrefix(core) ? "!!" + name.dropFirst(core.count) : name
        collector.report(.tag, at: place, "YAML tags are not allowed", help: "leave `\(written)` out")
        return false
    }

    private func place(of node: Node) -> Place {
        var place = Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        if case .scalar(let scalar) = node, let rest = collector.source.scalars(from: place) {
            let quotes = scalar.style == .singleQuoted || scalar.style == .doubleQuoted ? 2 : 0
            let isBlock = scalar.style == .literal || scalar.style == .folded
            place.length = isBlock ? 1 : max(1, min(scalar.string.unicodeScalars.count + quotes, rest.count))
        }
        return place
    }

    private func report(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let (message, help) = YAMLProblem.explain(problem: problem, context: context?.text ?? "")
            let isUnclosed = problem == "found unexpected end of stream"
            let shown = isUnclosed ? context?.mark ?? mark : mark
            // What is never closed is found out where it no longer can be.
            let begin = context.flatMap { $0.mark.line < shown.line ? "it begins on line \($0.mark.line); " : nil }
            collector.report(
                .syntax, at: Place(line: max(shown.line, 1), column: max(shown.column, 1)), message,
                help: help.map { message.hasSuffix("not closed") ? (begin ?? "") + $0 : $0 })
        case .reader(let problem, let offset, _, let text):
            let before = text.prefix(offset ?? 0)
            let line = before.count { $0.isNewline } + 1
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            collector.report(
                .syntax, at: offset == nil ? nil : Place(line: line, column: column), "\(problem)",
                help: "a profile is plain UTF-8 text")
        case .duplicatedKeysInMapping(let keys, let context):
            collector.report(
                .duplicateKey, at: Place(line: context.mark.line, column: context.mark.column),
                "the key `\(keys.first ?? "")` is given twice")
        default:
            collector.report(.syntax, at: nil, "the file cannot be read: \(error)")
        }
    }
}
