/// Gathers what is found in one file while it is read. Reading goes on after an error, so that one run tells all.
package final class DiagnosticCollector {
    /// The file that is being read.
    package let source: SourceText
    /// What was found so far, in the order it was found.
    package private(set) var diagnostics: [Diagnostic] = []

    /// A collector for `source`.
    package init(source: SourceText) {
        self.source = source
    }

    /// Whether anything was found that keeps the file from being loaded.
    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Notes one finding.
    ///
    /// - Parameters:
    ///   - code: what it is about.
    ///   - place: where it is; nil when the whole file is meant.
    ///   - message: what is wrong.
    ///   - help: what was expected, or what to do.
    ///   - suggestion: what could stand there instead.
    ///   - severity: how bad it is.
    package func report(
        _ code: DiagnosticCode, at place: Place?, _ message: String, help: String? = nil, suggestion: String? = nil,
        severity: Diagnostic.Severity = .error
    ) {
        // A hostile file could hold a hundred thousand mistakes; nobody reads them, but somebody's memory holds them.
        // The last one is an error in any case: what was left out could have been one.
        guard diagnostics.count < ProfileLimits.diagnosticsPerFile - 1 else {
            guard diagnostics.count < ProfileLimits.diagnosticsPerFile else { return }
            diagnostics.append(
                Diagnostic(
                    code: .tooMany, file: source.file,
                    message: "there is more to say about this file than \(ProfileLimits.diagnosticsPerFile) lines"))
            return
        }
        diagnostics.append(
            Diagnostic(
                code: code, severity: severity, file: source.file, line: place?.line ?? 0, column: place?.column ?? 0,
                length: place?.length ?? 0, message: message, help: help, suggestion: suggestion,
                sourceLine: place.flatMap { source.line($0.line) }))
    }
}
