import PicketEvents

/// Prints diagnostics: as text for people, in the manner of rustc and Elm, or as JSON, one object a line.
package struct DiagnosticRenderer: Sendable {
    /// Whether to color with ANSI escapes.
    package var color: Bool

    /// The widest piece of a source line that is shown; a minified JSON file is one line of a megabyte.
    private static let widestLine = 120
    /// How much of a long line stands before the caret.
    private static let contextBefore = 40

    /// A renderer; `color` should be off unless the output is a terminal and `NO_COLOR` is not set.
    package init(color: Bool = false) {
        self.color = color
    }

    /// One diagnostic as text, ended by a newline.
    package func text(_ diagnostic: Diagnostic) -> String {
        let paint = paint(diagnostic.severity)
        var out = paint("\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue)]")
        out += bold(": \(VisibleText.of(diagnostic.message))") + "\n"
        let number = diagnostic.line > 0 ? "\(diagnostic.line)" : ""
        let gutter = String(repeating: " ", count: number.count)
        var place = VisibleText.of(diagnostic.file)
        if diagnostic.line > 0 { place += ":\(diagnostic.line):\(diagnostic.column)" }
        out += "\(gutter)\(dim("-->")) \(place)\n"
        if diagnostic.line > 0, let line = diagnostic.sourceLine {
            let (shown, caret) = DiagnosticRenderer.window(line, column: diagnostic.column, length: diagnostic.length)
            out += "\(gutter) \(dim("|"))\n"
            out += "\(dim("\(number) |")) \(shown)".trimmingTrailingSpaces() + "\n"
            out += "\(gutter) \(dim("|")) \(caret.indent)\(paint(caret.marks))\n"
        }
        if let help = diagnostic.help {
            out += "\(gutter) \(dim("=")) help: \(VisibleText.of(help))\n"
        }
        if let suggestion = diagnostic.suggestion {
            out += "\(gutter) \(dim("=")) did you mean `\(VisibleText.of(suggestion))`?\n"
        }
        return out
    }

    /// Many diagnostics as text, a blank line between two, with a last line that counts them.
    package func text(_ diagnostics: [Diagnostic]) -> String {
        guard !diagnostics.isEmpty else { return "" }
        let body = diagnostics.map { text($0) }.joined(separator: "\n")
        return body + "\n" + DiagnosticRenderer.summary(diagnostics) + "\n"
    }

    /// How many of each severity there are: `2 errors, 1 note`.
    package static func summary(_ diagnostics: [Diagnostic]) -> String {
        let severities: [Diagnostic.Severity] = [.error, .warning, .note]
        return severities.compactMap { severity in
            let count = diagnostics.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }.joined(separator: ", ")
    }

    /// One diagnostic as a JSON object on one line, without a newline. Absent values are left out.
    package static func json(_ diagnostic: Diagnostic) -> [UInt8] {
        var line = RecordLine()
        line.add("code", diagnostic.code.rawValue)
        line.add("severity", diagnostic.severity.rawValue)
        line.add("file", diagnostic.file)
        if diagnostic.line > 0 {
            line.add("line", Int64(diagnostic.line))
            line.add("column", Int64(diagnostic.column))
            line.add("length", Int64(diagnostic.length))
        }
        line.add("message", diagnostic.message)
        if let help = diagnostic.help { line.add("help", help) }
        if let suggestion = diagnostic.suggestion { line.add("suggestion", suggestion) }
        return line.finish()
    }

    /// The part of `line` around the marked text, and the marks below it.
    private static func window(
        _ line: String, column: Int, length: Int
    ) -> (shown: String, caret: (indent: String, marks: String)) {
        let scalars = Array(line.unicodeScalars)
        let position = min(max(column - 1, 0), scalars.count)
        let start = scalars.count <= widestLine ? 0 : max(0, position - contextBefore)
        let end = min(scalars.count, start + widestLine)
        let lead = start > 0 ? "… " : ""
        let tail = end < scalars.count ? " …" : ""
        let marks = max(1, min(length, max(end - position, 1)))
        let shown = String(String.UnicodeScalarView(scalars[start..<end].map { VisibleText.of($0) }))
        let indent = String(repeating: " ", count: lead.count + position - start)
        return (lead + shown + tail, (indent, String(repeating: "^", count: marks)))
    }

    private func paint(_ severity: Diagnostic.Severity) -> (String) -> String {
        let number =
            switch severity {
            case .error: "1;31"
            case .warning: "1;33"
            case .note: "1;36"
            }
        return { escape($0, number) }
    }

    private func bold(_ text: String) -> String { escape(text, "1") }
    private func dim(_ text: String) -> String { escape(text, "34") }

    private func escape(_ text: String, _ number: String) -> String {
        color ? "\u{1B}[\(number)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    /// Without spaces at its end: an empty source line must not leave trailing white space in a report.
    fileprivate func trimmingTrailingSpaces() -> String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
