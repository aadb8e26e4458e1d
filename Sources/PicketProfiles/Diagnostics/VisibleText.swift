/// Text from files on its way to a terminal. A profile must not be able to move the cursor, recolor what stands above
/// it, or read from right to left.
package enum VisibleText {
    /// `text` with every control and invisible format character replaced, one column for every scalar.
    package static func of(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { of($0) }))
    }

    /// One scalar, or what stands for it.
    static func of(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control: scalar == "\t" ? " " : "\u{FFFD}"
        case .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
        default: scalar
        }
    }
}
