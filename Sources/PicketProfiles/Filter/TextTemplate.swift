/// A text to compare with, in which `{device}` stands for the device of the event.
package struct TextTemplate: Hashable, Sendable {
    /// A piece of the text.
    enum Part: Hashable, Sendable {
        case literal([UInt8])
        case device
    }

    let parts: [Part]

    /// Whether the text depends on the device.
    var needsDevice: Bool { parts.contains(.device) }

    /// Where the text ends when it begins at `start`; nil when it does not stand there, or not before `end`.
    func match(_ text: RawSpan, at start: Int, end: Int, device: Range<Int>?) -> Int? {
        var position = start
        for index in parts.indices {
            switch parts[index] {
            case .literal(let bytes):
                guard end - position >= bytes.count else { return nil }
                for offset in bytes.indices
                where text.unsafeLoad(fromByteOffset: position + offset, as: UInt8.self) != bytes[offset] {
                    return nil
                }
                position += bytes.count
            case .device:
                guard let device, let next = Self.match(text, at: position, end: end, device: device) else {
                    return nil
                }
                position = next
            }
        }
        return position
    }

    /// The length of the text in bytes; nil when the device it needs is missing or cannot stand in a template.
    func length(device: Range<Int>?) -> Int? {
        var length = 0
        for index in parts.indices {
            switch parts[index] {
            case .literal(let bytes): length += bytes.count
            case .device:
                guard let device, !device.isEmpty, device.count <= ProfileLimits.placeholderBytes else { return nil }
                length += device.count
            }
        }
        return length
    }

    /// A device whose name is empty or longer than any real one stands nowhere; neither does one with a `/` in it,
    /// which would make it the owner of a tree below another device's.
    private static func match(_ text: RawSpan, at start: Int, end: Int, device: Range<Int>) -> Int? {
        guard !device.isEmpty, device.count <= ProfileLimits.placeholderBytes, end - start >= device.count else {
            return nil
        }
        for offset in 0..<device.count {
            let byte = text.unsafeLoad(fromByteOffset: device.lowerBound + offset, as: UInt8.self)
            guard byte == text.unsafeLoad(fromByteOffset: start + offset, as: UInt8.self), byte != 0x2F else {
                return nil
            }
        }
        return start + device.count
    }
}

extension TextTemplate {
    /// A placeholder that does not exist.
    struct UnknownPlaceholder: Error {
        /// As it is written, with its braces.
        var text: String
        /// Where it begins, in Unicode scalars.
        var offset: Int
    }

    /// The spellings of the device's placeholder. AWS's stands for the client id, which is the thing's name where AWS's
    /// own advice is followed.
    static let placeholders = ["{device}", "${iot:ClientId}"]

    /// Reads a text with placeholders.
    ///
    /// - Throws: ``UnknownPlaceholder`` for a word in braces that is none of ``placeholders``.
    init(_ source: some StringProtocol) throws(UnknownPlaceholder) {
        var parts: [Part] = []
        var literal: [UInt8] = []
        var rest = Substring(source)
        while let first = rest.unicodeScalars.first {
            if let placeholder = TextTemplate.placeholders.first(where: { rest.hasPrefix($0) }) {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = []
                parts.append(.device)
                rest = rest.dropFirst(placeholder.count)
                continue
            }
            if let unknown = TextTemplate.placeholder(at: rest) {
                let offset = source.unicodeScalars.count - rest.unicodeScalars.count
                throw UnknownPlaceholder(text: unknown, offset: offset)
            }
            literal.append(contentsOf: String(first).utf8)
            rest.unicodeScalars.removeFirst()
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    /// What looks like a placeholder at the start of `text`: `{word}` or `${word}`.
    private static func placeholder(at text: Substring) -> String? {
        let body = text.hasPrefix("${") ? text.dropFirst(2) : text.hasPrefix("{") ? text.dropFirst(1) : nil
        guard let body, let end = body.firstIndex(of: "}"), end > body.startIndex,
            body[..<end].allSatisfy({ $0.isLetter || $0 == ":" || $0 == "." || $0 == "_" || $0 == "-" })
        else { return nil }
        return String(text[...end])
    }
}
