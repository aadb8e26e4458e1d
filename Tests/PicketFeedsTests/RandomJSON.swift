import Foundation

/// JSON as anybody may write it: every escape, any white space, any number.
struct RandomJSON {
    var dice: Dice

    init(seed: UInt64) { dice = Dice(state: seed) }

    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &dice) == 0 }

    mutating func space() -> String {
        oneIn(3) ? [" ", "  ", "\t", "\r", " \t "].randomElement(using: &dice) ?? "" : ""
    }

    /// A scalar: often one that somebody could stumble over.
    private mutating func scalar() -> Unicode.Scalar {
        switch Int.random(in: 0..<8, using: &dice) {
        case 0: Unicode.Scalar(UInt32.random(in: 0..<0x20, using: &dice)) ?? "?"
        case 1:
            ["\"", "\\", "/", "\u{7f}", "{", "}", ":", ",", "\u{202E}", "\u{2028}"].randomElement(using: &dice) ?? "?"
        case 2: Unicode.Scalar(UInt32.random(in: 0x80..<0xD800, using: &dice)) ?? "?"
        // Not U+FEFF, which Foundation drops at the ends of a string.
        case 3: Unicode.Scalar(UInt32.random(in: 0xE000...0xFEFE, using: &dice)) ?? "?"
        case 4: Unicode.Scalar(UInt32.random(in: 0x10000...0x10FFFF, using: &dice)) ?? "?"
        default: Unicode.Scalar(UInt8.random(in: 0x61...0x7A, using: &dice))
        }
    }

    /// One of the ways to write a scalar in a string.
    private mutating func spelled(_ scalar: Unicode.Scalar) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\u{8}": "\\b", "\u{c}": "\\f", "\n": "\\n", "\r": "\\r",
            "\t": "\\t",
        ]
        let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
        if let short = short[scalar], mustEscape ? !oneIn(3) : oneIn(3) { return short }
        guard mustEscape || oneIn(4) else { return String(scalar) }
        let upper = oneIn(2)
        return String(scalar).utf16.map { unit in
            let hex = String(unit, radix: 16, uppercase: upper)
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }.joined()
    }

    /// The inside of a string literal.
    mutating func letters(upTo length: Int) -> String {
        (0..<Int.random(in: 0...length, using: &dice)).map { _ in spelled(scalar()) }.joined()
    }

    mutating func string(upTo length: Int = 12) -> String { "\"" + letters(upTo: length) + "\"" }

    mutating func number() -> String {
        let digits = Int.random(in: 0...20, using: &dice)
        var text = oneIn(3) ? "-" : ""
        text += digits < 2 ? "\(digits)" : (1...digits).map { "\(($0 * 7 + digits) % 9 + 1)" }.joined()
        if oneIn(4) { text += ".\(Int.random(in: 0...999_999, using: &dice))" }
        if oneIn(4) {
            text += ["e", "E"][digits % 2] + ["", "+", "-"][digits % 3] + "\(Int.random(in: 0...200, using: &dice))"
        }
        return text
    }

    mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 12 ? 4 : 6), using: &dice) {
        case 0: string()
        case 1: number()
        case 2: oneIn(2) ? "true" : "false"
        case 3: "null"
        case 4:
            object((0..<Int.random(in: 0...3, using: &dice)).map { _ in (letters(upTo: 3), value(depth: depth + 1)) })
        default: array((0..<Int.random(in: 0...3, using: &dice)).map { _ in value(depth: depth + 1) })
        }
    }

    private mutating func array(_ elements: [String]) -> String {
        "[" + space() + elements.map { $0 + space() }.joined(separator: "," + space()) + "]"
    }

    /// An object of members whose names are distinct: each gets its number in front.
    mutating func object(_ members: [(String, String)]) -> String {
        let distinct = members.enumerated().map { ("\($0.offset)" + $0.element.0, $0.element.1) }
        return exactObject(distinct)
    }

    mutating func exactObject(_ members: [(String, String)]) -> String {
        let spelled = members.map { name, value in
            space() + "\"" + name + "\"" + space() + ":" + space() + value + space()
        }
        return "{" + spelled.joined(separator: ",") + (members.isEmpty ? space() : "") + "}"
    }

    /// `line` with some of its bytes changed, left out, doubled or moved; never with a line feed.
    mutating func mutated(_ line: [UInt8]) -> [UInt8] {
        let pieces: [[UInt8]] = [
            "\"", "\\", "{", "}", "[", "]", ":", ",", " ", "\t", "\r", "0", "-", "+", ".", "e", "1e5", "true", "null",
            "\\u",
            "\\ud800", "\\udc00", "\\u0000", "//", "'", "\u{0}", "\u{1}", "\u{7f}", "é", "😀", "\u{FEFF}",
        ].map { Array($0.utf8) }
        var line = line
        for _ in 0..<Int.random(in: 1...3, using: &dice) where !line.isEmpty {
            let start = Int.random(in: 0..<line.count, using: &dice)
            let end = min(line.count, start + Int.random(in: 0...4, using: &dice))
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: line[start] = UInt8.random(in: 0...255, using: &dice)
            case 1: line.removeSubrange(start..<end)
            case 2: line.insert(contentsOf: line[start..<end], at: start)
            case 3: line.removeSubrange(end...)
            case 4: line.replaceSubrange(start..<end, with: pieces.randomElement(using: &dice) ?? [])
            default: line.insert(contentsOf: pieces.randomElement(using: &dice) ?? [], at: start)
            }
        }
        line.removeAll { $0 == 0x0A }
        return line
    }
}
