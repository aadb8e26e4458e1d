/// One thing wrong, doubtful or worth knowing in a file, said so that its writer can mend it: where it is, what was
/// expected, and the nearest thing that would have been right.
package struct Diagnostic: Equatable, Sendable {
    /// How bad it is. Only an ``error`` keeps a set of files from being loaded.
    package enum Severity: String, Codable, Sendable {
        case error, warning, note
    }

    /// What it is about.
    package var code: DiagnosticCode
    package var severity: Severity
    /// The file as it was named by the user.
    package var file: String
    /// The line, counted from 1; 0 when the whole file is meant.
    package var line: Int
    /// The column, counted from 1 in Unicode scalars (as editors and libYAML do); 0 when the whole file is meant.
    package var column: Int
    /// The number of Unicode scalars that are wrong, for the caret.
    package var length: Int
    /// What is wrong, in one sentence without a full stop.
    package var message: String
    /// What was expected, or what to do.
    package var help: String?
    /// What could be written instead of the marked text.
    package var suggestion: String?
    /// The line of the file, for the text rendering.
    package var sourceLine: String?

    package init(
        code: DiagnosticCode, severity: Severity = .error, file: String, line: Int = 0, column: Int = 0,
        length: Int = 0, message: String, help: String? = nil, suggestion: String? = nil, sourceLine: String? = nil
    ) {
        self.code = code
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.message = message
        self.help = help
        self.suggestion = suggestion
        self.sourceLine = sourceLine
    }
}

/// Where something stands in a file.
package struct Place: Hashable, Sendable {
    /// The line, counted from 1.
    package var line: Int
    /// The column, counted from 1 in Unicode scalars.
    package var column: Int
    /// The number of Unicode scalars.
    package var length: Int

    package init(line: Int, column: Int, length: Int = 1) {
        self.line = line
        self.column = column
        self.length = length
    }
}
