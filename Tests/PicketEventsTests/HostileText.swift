@testable import PicketEvents

/// Texts as somebody would choose them who wants a line to say something else than it says.
enum HostileText {
    private static let pieces: [String] = [
        "\"", "\\", "\\\"", "\\u0041", "\\n", "/", "\u{0}", "\u{1}", "\u{8}", "\t", "\n", "\u{b}", "\u{c}", "\r",
        "\r\n",
        "\u{1b}[31m", "\u{1f}", " ", "\u{7f}", "\u{80}", "\u{85}", "é", "e\u{301}", "\u{2028}", "\u{2029}", "\u{202E}",
        "\u{200B}", "\u{FEFF}", "\u{FFFD}", "\u{FFFF}", "\u{D7FF}", "\u{E000}", "\u{10000}", "😀", "👩‍👩‍👧", "\u{10FFFF}",
        "}", "{", "[", "]", ":", ",", "null", "true", "\"}\n{\"kind\":\"tick\"}", "\",\"device\":\"other", "+", "#",
        "-",
        "a", "b", "sensor-000614", "telemetry/", "0", "1e9", "%s", "'", ";", "<script>", "../",
    ]

    /// Up to `length` pieces, or any Unicode scalars.
    static func random(upTo length: Int, _ dice: inout Dice) -> String {
        let count = Int.random(in: 0...length, using: &dice)
        if dice.oneIn(4) {
            var text = String.UnicodeScalarView()
            for _ in 0..<count {
                if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &dice)) { text.append(scalar) }
            }
            return String(text)
        }
        return (0..<count).map { _ in pieces.randomElement(using: &dice) ?? "" }.joined()
    }
}

/// Canonical JSON as the nested values of a line may hold it.
enum RandomJSON {
    /// - Parameter depth: the depth of the value in its line.
    static func value(depth: Int, _ dice: inout Dice) -> String {
        switch Int.random(in: 0..<(depth >= Limits.nesting ? 4 : 6), using: &dice) {
        case 0: return string(HostileText.random(upTo: 4, &dice))
        case 1: return number(&dice)
        case 2: return dice.oneIn(2) ? "true" : "false"
        case 3: return "null"
        case 4:
            let elements = (0..<Int.random(in: 0...3, using: &dice)).map { _ in value(depth: depth + 1, &dice) }
            return "[" + elements.joined(separator: ",") + "]"
        default: return object(depth: depth, &dice) { value(depth: depth + 1, &$0) }
        }
    }

    /// An object whose keys are distinct as bytes.
    static func object(depth: Int, _ dice: inout Dice, member: (inout Dice) -> String) -> String {
        var keys: [[UInt8]] = []
        var members: [String] = []
        for _ in 0..<Int.random(in: 0...3, using: &dice) {
            let key = HostileText.random(upTo: 3, &dice)
            guard !keys.contains(Array(key.utf8)) else { continue }
            keys.append(Array(key.utf8))
            members.append(string(key) + ":" + member(&dice))
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    static func number(_ dice: inout Dice) -> String {
        let integer = "\(Int64.random(in: .min ... .max, using: &dice) >> Int64.random(in: 0...63, using: &dice))"
        let fraction = dice.oneIn(3) ? ".\(Int.random(in: 0...99_999, using: &dice))" : ""
        let exponent = dice.oneIn(4) ? ["e3", "E-7", "e+280", "e0"].randomElement(using: &dice) ?? "" : ""
        return integer + fraction + exponent
    }

    static func string(_ text: String) -> String {
        var out: [UInt8] = []
        CanonicalJSON.appendString(text, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
