/// One value that a text is compared with. Texts are compared byte by byte: MQTT tells upper and lower case apart.
package struct TextPattern: Hashable, Sendable {
    /// How it is compared.
    enum Kind: Hashable, Sendable {
        case equal(TextTemplate)
        case prefix(TextTemplate)
        case suffix(TextTemplate)
        case contains(TextTemplate)
        /// Pieces with any run of bytes between two of them.
        case wildcard([TextTemplate])
        case topic(TopicPattern)
        case expression(RegularExpression)
        case addresses(AddressRange)
    }

    let kind: Kind
    /// The value as it was written.
    package let source: String

    /// Whether it reads the text more than once, or takes it apart.
    var isCostly: Bool {
        switch kind {
        case .equal, .prefix, .suffix, .topic: false
        case .contains, .wildcard, .expression, .addresses: true
        }
    }

    /// Whether it compares with the device of the event too.
    package var needsDevice: Bool {
        switch kind {
        case .equal(let template), .prefix(let template), .suffix(let template), .contains(let template):
            template.needsDevice
        case .wildcard(let pieces): pieces.contains { $0.needsDevice }
        case .topic(let topic): topic.needsDevice
        case .expression, .addresses: false
        }
    }

    /// Whether the text in `range` matches.
    func matches(_ text: RawSpan, _ range: Range<Int>, device: Range<Int>?) -> Bool {
        switch kind {
        case .equal(let template):
            return template.match(text, at: range.lowerBound, end: range.upperBound, device: device) == range.upperBound
        case .prefix(let template):
            return template.match(text, at: range.lowerBound, end: range.upperBound, device: device) != nil
        case .suffix(let template):
            guard let length = template.length(device: device), length <= range.count else { return false }
            return template.match(text, at: range.upperBound - length, end: range.upperBound, device: device) != nil
        case .contains(let template):
            return TextPattern.find(template, text, from: range.lowerBound, to: range.upperBound, device: device) != nil
        case .wildcard(let pieces):
            return TextPattern.matches(pieces, text, range, device: device)
        case .topic(let topic): return topic.matches(text, range, device: device)
        case .expression(let expression): return expression.matches(text, range)
        case .addresses(let addresses): return addresses.contains(text, range)
        }
    }

    /// The end of the first place where `template` stands; nil when it stands nowhere.
    private static func find(
        _ template: TextTemplate, _ text: RawSpan, from start: Int, to end: Int, device: Range<Int>?
    ) -> Int? {
        guard let length = template.length(device: device), length <= end - start else { return nil }
        for position in start...(end - length) {
            if let next = template.match(text, at: position, end: end, device: device) { return next }
        }
        return nil
    }

    /// The first piece must begin the text and the last one end it; those between are taken where they first stand,
    /// which leaves the most room for the rest.
    private static func matches(
        _ pieces: [TextTemplate], _ text: RawSpan, _ range: Range<Int>, device: Range<Int>?
    ) -> Bool {
        guard let first = pieces.first, let last = pieces.last,
            var position = first.match(text, at: range.lowerBound, end: range.upperBound, device: device),
            let lastLength = last.length(device: device), range.upperBound - position >= lastLength
        else { return false }
        let end = range.upperBound - lastLength
        for index in pieces.indices.dropFirst().dropLast() {
            guard let next = find(pieces[index], text, from: position, to: end, device: device) else { return false }
            position = next
        }
        return last.match(text, at: end, end: range.upperBound, device: device) != nil
    }

    package static func == (a: TextPattern, b: TextPattern) -> Bool { a.kind == b.kind }
    package func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    /// How the comparison is said in a sentence.
    func verb(isNegated: Bool) -> String {
        switch kind {
        case .equal: isNegated ? "is not" : "is"
        case .wildcard, .topic: isNegated ? "is not" : "is"
        case .prefix: isNegated ? "does not start with" : "starts with"
        case .suffix: isNegated ? "does not end with" : "ends with"
        case .contains: isNegated ? "does not contain" : "contains"
        case .expression: isNegated ? "does not match" : "matches"
        case .addresses: isNegated ? "is not in" : "is in"
        }
    }
}

extension TextPattern {
    /// A value in which `*` stands for any run of characters, or a plain one without a `*`.
    static func wildcard(_ source: String) throws(TextTemplate.UnknownPlaceholder) -> TextPattern {
        var pieces: [TextTemplate] = []
        for piece in source.split(separator: "*", omittingEmptySubsequences: false) {
            pieces.append(try TextTemplate(piece))
        }
        let kind: Kind = pieces.count == 1 ? .equal(pieces[0]) : .wildcard(pieces)
        return TextPattern(kind: kind, source: source)
    }
}
