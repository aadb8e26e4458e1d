/// Text and tables as HTML. Everything that comes from outside goes through ``escape(_:)``.
package enum HTMLText {
    /// The text with everything escaped that could be markup, or rewrite the page around it.
    package static func escape(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            case "\n": out += "\n"
            default:
                // Marks that turn the direction of writing would let a device name rewrite the page around it.
                switch scalar.properties.generalCategory {
                case .control, .format: out += "\\u{\(String(scalar.value, radix: 16))}"
                default: out.unicodeScalars.append(scalar)
                }
            }
        }
        return out
    }

    /// A table. Cells are HTML already.
    package static func table(_ heads: [String], _ rows: [[String]], none: String, class name: String = "") -> String {
        guard !rows.isEmpty else { return "<p class=\"none\">\(escape(none))</p>\n" }
        let head = heads.map { "<th scope=\"col\">\(escape($0))</th>" }.joined()
        let body = rows.map { row in "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }.joined()
        return "<table class=\"\(name)\"><thead><tr>\(head)</tr></thead>\n<tbody>\n\(body)</tbody></table>\n"
    }

    /// `1 234 567`, with spaces that do not break.
    package static func number(_ value: Int) -> String {
        let digits = Array(String(value))
        var out = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0, digits[place - 1] != "-" { out += "\u{202F}" }
            out.append(digit)
        }
        return out
    }

    /// `1.2 s`, `4 min`, `2.5 h`.
    package static func duration(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1_000: "\(milliseconds) ms"
        case ..<120_000: "\(milliseconds / 1_000).\(milliseconds / 100 % 10) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        case ..<172_800_000: "\(milliseconds / 3_600_000).\(milliseconds / 360_000 % 10) h"
        default: "\(milliseconds / 86_400_000) d"
        }
    }
}
