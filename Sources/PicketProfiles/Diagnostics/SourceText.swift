/// A file's name and text, by lines, so that a finding can show the line it speaks of.
package struct SourceText: Sendable {
    /// The file as it was named by the user.
    package let file: String
    /// The whole text, without a byte order mark.
    package let text: String
    private let lines: [Substring]

    /// `text` as read from `file`.
    package init(file: String, text: String) {
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        self.file = file
        self.text = text
        lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    }

    /// Line `number`, counted from 1, without its end; nil when there is none.
    package func line(_ number: Int) -> String? {
        lines.indices.contains(number - 1) ? String(lines[number - 1]) : nil
    }

    /// The Unicode scalars from `place` to the end of its line.
    func scalars(from place: Place) -> Substring.UnicodeScalarView? {
        guard lines.indices.contains(place.line - 1) else { return nil }
        return lines[place.line - 1].unicodeScalars.dropFirst(place.column - 1)
    }
}
