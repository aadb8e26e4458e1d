import PicketEvents

/// Texts of playbooks in which the violation is filled in: `{device}`, `{request}`.
package enum ActText {
    package static let placeholders = [
        "{device}", "{request}", "{violation}", "{behavior}", "{severity}", "{seconds}",
    ]

    /// Where a text goes: what is filled in must not end the text around it.
    package enum Place: Sendable {
        case plain
        /// Inside the quotes of JSON.
        case json
    }

    /// The first thing in braces that is no placeholder.
    static func unknownPlaceholder(in text: String) -> String? {
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let found = String(rest[open...close])
            // JSON in an argument has braces too: a placeholder is one word.
            let word = found.dropFirst().dropLast()
            if !word.isEmpty, word.allSatisfy({ $0.isLetter || $0 == "-" }), !placeholders.contains(found) {
                return found
            }
            rest = rest[rest.index(after: open)...]
        }
        return nil
    }

    /// `text` with the values of `intent`. What is filled in is never looked at again, so no name can bring in another.
    package static func fill(_ text: String, _ intent: Intent, in place: Place = .plain) -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            out += rest[..<open]
            rest = rest[open...]
            let values = [
                ("{device}", intent.device), ("{request}", intent.id), ("{violation}", intent.violation),
                ("{behavior}", intent.behavior), ("{severity}", intent.severity), ("{seconds}", "\(intent.at / 1_000)"),
            ]
            if let (name, value) = values.first(where: { rest.hasPrefix($0.0) }) {
                out += place == .json ? escaped(value) : value
                rest = rest.dropFirst(name.count)
            } else {
                out.append("{")
                rest = rest.dropFirst()
            }
        }
        return out + rest
    }

    private static func escaped(_ text: String) -> String {
        var quoted: [UInt8] = []
        CanonicalJSON.appendString(text, to: &quoted)
        return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
    }
}
