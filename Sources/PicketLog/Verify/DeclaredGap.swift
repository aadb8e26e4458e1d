/// A stretch of time of which the log itself says that it was not seen, as a verifier tells it: in the words of the record.
package struct DeclaredGap: Equatable, Sendable {
    /// `from`, `to`, the feed, the cause, and how many events are missing where that is known.
    package let text: String

    /// Bytes of a line that is told; ours are a tenth of it.
    private static let lineBytes = 4_096

    /// How a gap record goes on after its time.
    private static let head = Array("\",\"feed\":\"picket\",\"kind\":\"gap\"".utf8)

    /// Whether the line is the record of a gap.
    static func isGap(_ content: [UInt8], _ line: Range<Int>) -> Bool {
        let start = line.lowerBound + LineTimes.restOffset
        guard start + head.count < line.upperBound, content[start + 12] == head[12] else { return false }
        return content[start..<(start + head.count)].elementsEqual(head)
    }

    /// What the record of a gap says. The texts stay as the line spells them: nothing in it can act on a terminal.
    init(_ content: [UInt8], _ line: Range<Int>) {
        var values: [String: String] = [:]
        if line.count <= DeclaredGap.lineBytes {
            LineFields.forEach(content, line) { key, value in
                let text = content[value]
                let isString = text.first == 0x22 && text.count > 1
                values[String(decoding: content[key], as: UTF8.self)] = String(
                    decoding: isString ? text.dropFirst().dropLast() : text, as: UTF8.self)
                return true
            }
        }
        var text = "\(values["from"] ?? "?") to \(values["to"] ?? "?")"
        if let name = values["name"] { text += ", feed \(name)" }
        text += ": \(values["cause"] ?? "no cause is told")"
        if let lost = values["lost"] { text += ", \(lost) lost" }
        self.text = text
    }
}
