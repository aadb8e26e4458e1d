import Foundation
import Testing

/// A report as a browser shows and prints it. Skipped where there is no Chromium.
@Suite struct ReportPrintTests {
    private static func program(_ names: String...) -> String? {
        for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
            for name in names where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
                return "\(folder)/\(name)"
            }
        }
        return nil
    }

    private static let chromium = program("chromium", "chromium-browser", "google-chrome")
    private static let pdfToText = program("pdftotext")

    /// A signed log of one device that floods.
    private static func makeReport(_ folder: TemporaryFolder) async throws {
        var lines = ""
        for second in 0..<600 {
            let time = String(format: "2026-11-18T10:%02d:%02d.000Z", second / 60, second % 60)
            lines += "{\"time\":\"\(time)\",\"kind\":\"publish\",\"device\":\"d-\(second % 7)\",\"topic\":\"t\"}\n"
            if second > 300 {
                lines += "{\"time\":\"\(time)\",\"kind\":\"publish\",\"device\":\"d-1\",\"topic\":\"t\"}\n"
            }
        }
        try folder.write("feed.ndjson", lines)
        try folder.write(
            "p.yaml",
            "profile: site\nbehaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 120 in 5m }]\n")
        for arguments in [
            ["log", "keys", "create", "log.key", "--for", "example.test/print"],
            [
                "replay", "feed.ndjson", "--profile", "p.yaml", "--write-log", "log", "--sign-with", "log.key",
                "--output", "json",
            ],
            [
                "report", "--log", "log", "--framework",
                "\(Places.package)/profiles/compliance/etsi-en-303-645.yaml", "--to-file", "report.html",
            ],
        ] {
            let run = try await Binary.run(arguments, in: folder.path)
            try #require(run.exitCode == 0, "\(arguments): \(run.stderr)")
        }
    }

    private static func browse(_ folder: TemporaryFolder, _ options: [String]) async throws -> Binary.Output {
        try await Binary.run(
            try #require(chromium),
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--user-data-dir=\(folder.file("browser"))",
            ] + options + ["file://\(folder.file("report.html"))"],
            stdin: Data(), in: folder.path)
    }

    @Test(.enabled(if: chromium != nil, "there is no chromium"))
    func `it prints to pages of which none is empty`() async throws {
        let folder = try TemporaryFolder()
        try await Self.makeReport(folder)
        let printed = try await Self.browse(
            folder, ["--no-pdf-header-footer", "--print-to-pdf=\(folder.file("report.pdf"))"])
        let pdf = try #require(FileManager.default.contents(atPath: folder.file("report.pdf")), "\(printed.stderr)")
        #expect(pdf.starts(with: Data("%PDF-".utf8)) && pdf.count > 10_000)
        guard let pdfToText = Self.pdfToText else { return }
        let text = try await Binary.run(
            pdfToText, ["-layout", "report.pdf", "-"], stdin: Data(), in: folder.path)
        // A form feed ends each page.
        let pages = text.stdout.split(separator: "\u{0C}", omittingEmptySubsequences: false).dropLast()
        #expect(pages.count >= 2)
        for (number, page) in pages.enumerated() {
            #expect(page.count { !$0.isWhitespace } > 100, "page \(number + 1) of \(pages.count) is empty")
        }
        for words in [
            "Evidence of device behavior", "contributes evidence", "Integrity", "Approved", "picket log verify",
        ] {
            #expect(text.stdout.contains(words), "\(words)")
        }
    }

    @Test(.enabled(if: chromium != nil, "there is no chromium"))
    func `a browser loads it without a complaint, and nothing from outside`() async throws {
        let folder = try TemporaryFolder()
        try await Self.makeReport(folder)
        let shown = try await Self.browse(folder, ["--enable-logging=stderr", "--v=0", "--dump-dom"])
        #expect(shown.stdout.contains("site/flood"), "\(shown.stderr)")
        // What the page's own policy refuses is told on the console.
        #expect(!shown.stderr.contains("CONSOLE"), "\(shown.stderr)")
    }
}
