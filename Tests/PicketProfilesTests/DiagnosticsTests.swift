import Testing

@testable import PicketProfiles

@Suite struct DiagnosticsTests {
    @Test(
        "the nearest word is the one that was meant",
        arguments: [
            ("num-mesages-sent", "num-messages-sent"), ("hihg", "high"), ("MEDIUM", "medium"), ("critcal", "critical"),
            ("banana", nil), ("x", nil), ("", nil), ("lo", "low"),
        ] as [(String, String?)])
    func didYouMean(word: String, meant: String?) {
        let candidates = ["low", "medium", "high", "critical", "num-messages-sent", "num-messages-received"]
        #expect(DidYouMean.closest(to: word, among: candidates) == meant)
    }

    static let diagnostic = Diagnostic(
        code: .severity, severity: .warning, file: "a.yaml", line: 12, column: 3, length: 4,
        message: "no `hihg`\u{1B}[2J",
        help: "known are \"low\"", suggestion: "high", sourceLine: "\té hihg\u{202E}")

    @Test("text is safe for a terminal, and the caret stands below what it marks")
    func text() {
        #expect(
            DiagnosticRenderer().text(Self.diagnostic) == """
                warning[P027]: no `hihg`\u{FFFD}[2J
                  --> a.yaml:12:3
                   |
                12 |  é hihg\u{FFFD}
                   |   ^^^^
                   = help: known are "low"
                   = did you mean `high`?

                """)
        let colored = DiagnosticRenderer(color: true).text(Self.diagnostic)
        #expect(colored.hasPrefix("\u{1B}[1;33mwarning[P027]\u{1B}[0m"))
    }

    @Test("JSON is one object a line")
    func json() {
        #expect(
            String(decoding: DiagnosticRenderer.json(Self.diagnostic), as: UTF8.self) == #"""
                {"code":"P027","severity":"warning","file":"a.yaml","line":12,"column":3,"length":4,"message":"no `hihg`\u001b[2J","help":"known are \"low\"","suggestion":"high"}
                """#)
    }

    @Test("codes are told apart")
    func codes() {
        #expect(Set(DiagnosticCode.allCases.map(\.rawValue)).count == DiagnosticCode.allCases.count)
    }
}
