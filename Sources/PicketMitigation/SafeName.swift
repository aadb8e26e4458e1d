/// Names on their way into topics, arguments and certificates. A device chooses its own name where nobody checks it, and
/// must not choose what we do with it.
package enum SafeName {
    /// Why `name` is never put into a topic or an argument; nil when it may be (DESIGN §7).
    package static func problem(_ name: String) -> String? {
        if name.isEmpty { return "the name is empty" }
        if name.hasPrefix("-") { return "the name begins with `-`" }
        for scalar in name.unicodeScalars {
            switch scalar {
            case "+", "#", "/": return "the name holds `\(scalar)`"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                    return "the name holds a control character"
                default: continue
                }
            }
        }
        return nil
    }

    /// The name for a message to a person: nothing in it moves a cursor.
    package static func visible(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
