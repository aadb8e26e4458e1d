import PicketEvents

/// Reads JSON into a tree, as strictly as lines of events are read (``JSONScanner``): UTF-8, no name twice, bounded
/// nesting.
package enum JSONReading {
    /// The value that `bytes` hold, and nothing beside it.
    package static func value(_ bytes: some Collection<UInt8>) throws(RecordProblem) -> JSONValue {
        var padded = Array(bytes)
        let end = padded.count
        padded.append(contentsOf: repeatElement(0, count: NDJSONDecoder.padding))
        let text = padded.span.bytes
        var scanner = JSONScanner()
        let start = skipWhite(text, 0)
        // One scan checks everything; the second one builds from what is known to be well formed.
        let after = scanner.value(text, start, depth: 1)
        guard after >= 0 else { throw RecordProblem(scanner.failure) }
        guard skipWhite(text, after) == end else { throw RecordProblem(.notJSON) }
        return build(text, start)
    }

    /// The object that `bytes` hold.
    package static func object(_ bytes: some Collection<UInt8>) throws(RecordProblem) -> JSONObject {
        guard case .object(let object) = try value(bytes) else { throw RecordProblem(.notObject) }
        return object
    }

    private static func skipWhite(_ text: RawSpan, _ position: Int) -> Int {
        var position = position
        while [0x20, 0x09, 0x0A, 0x0D].contains(JSONScanner.byte(text, position)) { position += 1 }
        return position
    }

    private static func build(_ text: RawSpan, _ start: Int) -> JSONValue {
        var scanner = JSONScanner()
        switch JSONScanner.byte(text, start) {
        case 0x7B:
            var members: [(name: String, value: JSONValue)] = []
            _ = scanner.object(text, start, depth: 1) { scanner, position, key in
                members.append((string(text, key), build(text, position)))
                return scanner.value(text, position, depth: 2)
            }
            return .object(JSONObject(members))
        case 0x5B:
            var elements: [JSONValue] = []
            _ = scanner.array(text, start, depth: 1) { scanner, position in
                elements.append(build(text, position))
                return scanner.value(text, position, depth: 2)
            }
            return .array(elements)
        case 0x22:
            var escaped = false
            let end = scanner.string(text, start + 1, escaped: &escaped)
            return .string(end < 0 ? "" : string(text, start + 1..<end))
        case 0x74: return .bool(true)
        case 0x66: return .bool(false)
        case 0x6E: return .null
        default:
            var number = JSONScanner.Number()
            let end = scanner.number(text, start, &number)
            if number.isInteger { return .integer(number.integer) }
            return .decimal(string(text, start..<max(end, start)))
        }
    }

    private static func string(_ text: RawSpan, _ range: Range<Int>) -> String {
        let escaped = text.withUnsafeBytes { $0[range].contains(0x5C) }
        return String(decoding: JSONScanner.decoded(text, range, escaped: escaped), as: UTF8.self)
    }
}
