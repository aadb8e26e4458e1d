import Foundation
import PicketLog
import Testing

/// `picket report`, and the script that counts again what it says.
@Suite struct ReportTests {
    /// A signed log of two days: connections, refusals, messages, a flood, a gap, rejected lines and a silent device.
    private static func makeLog(_ folder: TemporaryFolder) async throws {
        var lines = ""
        for minute in 0..<2_880 {
            let time = String(
                format: "2026-11-%02dT%02d:%02d:10.000Z", 18 + minute / 1_440, minute / 60 % 24, minute % 60)
            if minute % 720 == 0 {
                for device in 0..<5 {
                    lines += "{\"time\":\"\(time)\",\"kind\":\"connect\",\"device\":\"d-\(device)\","
                    lines +=
                        device < 2
                        ? "\"tls\":{\"version\":\"TLSv1.3\"},\"address\":\"10.0.0.\(device)\"}\n"
                        : "\"address\":\"10.0.0.9\"}\n"
                }
            }
            for device in 0..<5 {
                lines +=
                    "{\"time\":\"\(time)\",\"kind\":\"publish\",\"device\":\"d-\(device)\",\"topic\":\"t\",\"bytes\":40}\n"
            }
            if minute == 100 { lines += "this is no event\n" }
            if minute % 500 == 3 {
                lines +=
                    "{\"time\":\"\(time)\",\"kind\":\"connect-failed\",\"client\":\"x\",\"reason\":\"not-authorized\"}\n"
            }
            if (1_500..<1_503).contains(minute) {
                for _ in 0..<50 {
                    lines +=
                        "{\"time\":\"\(time)\",\"kind\":\"publish\",\"device\":\"d-3\",\"topic\":\"t\",\"bytes\":40}\n"
                }
            }
        }
        try folder.write("feed.ndjson", lines)
        try folder.write(
            "p.yaml",
            """
            profile: site
            targets: [all]
            controls: [iec-62443-3-3:SR-7.1]
            behaviors:
              - { name: flood, metric: num-messages-sent, alarm: more than 60 in 5m, severity: high }
            """)
        let key = try await Binary.run(
            ["log", "keys", "create", "log.key", "--for", "example.test/report"], in: folder.path)
        try #require(key.exitCode == 0, "\(key.stderr)")
        let made = try await Binary.run(
            [
                "replay", "feed.ndjson", "--profile", "p.yaml", "--write-log", "log", "--sign-with", "log.key",
                "--output", "json",
            ], in: folder.path)
        try #require(made.exitCode == 0, "\(made.stderr)")
    }

    private func report(_ folder: TemporaryFolder, _ options: [String], log: String = "log") async throws
        -> Binary.Output
    {
        try await Binary.run(
            ["report", "--log", log, "--framework", "\(Places.package)/profiles/compliance/iec-62443-3-3.yaml"]
                + options,
            in: folder.path)
    }

    private func check(_ folder: TemporaryFolder, _ report: String, _ log: String) async throws -> Binary.Output {
        try await Binary.python(["\(Places.package)/tools/check_report.py", report, log], in: folder.path)
    }

    @Test(.enabled(if: Places.hasPython))
    func `every number of a report is counted again, and a record that is taken away is missed by name`() async throws {
        let folder = try TemporaryFolder()
        try await Self.makeLog(folder)
        for (name, options) in [
            ("all.json", []), ("part.json", ["--from", "2026-11-19T00:30:00Z", "--to", "2026-11-19T20:00:00Z"]),
        ] {
            let made = try await report(folder, options + ["--to-file", name])
            try #require(made.exitCode == 0, "\(made.stderr)")
            let checked = try await check(folder, name, "log")
            #expect(checked.exitCode == 0, "\(name): \(checked.stdout)\(checked.stderr)")
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("part.json")))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let violations = try #require((object["violations"] as? [String: Any])?["list"] as? [[String: Any]])
        #expect(violations.count == 1)
        let record = try #require(violations.first?["record"] as? Int)

        // The lines as zcat gives them, once whole, once without the record that says that the violation began.
        var lines: [[UInt8]] = []
        var reader = try LogReader(folder: folder.file("log"))
        while let block = try reader.next() { lines += block.bytes.split(separator: 0x0A).map(Array.init) }
        try folder.write("whole.ndjson", lines.flatMap { $0 + [0x0A] })
        let whole = try await check(folder, "part.json", "whole.ndjson")
        #expect(whole.exitCode == 0, "\(whole.stdout)")
        lines.remove(at: record)
        try folder.write("less.ndjson", lines.flatMap { $0 + [0x0A] })
        let less = try await check(folder, "part.json", "less.ndjson")
        #expect(less.exitCode == 1)
        #expect(less.stdout.contains("violations.list[0].record"), "\(less.stdout)")
        #expect(less.stdout.contains("controls[SR-7.1]"), "\(less.stdout)")

        // So is a requirement that was left out, and a limit that is not said any more.
        let framework = "\(Places.package)/profiles/compliance/iec-62443-3-3.yaml"
        for (name, key, words) in [("short", "controls", "controls:"), ("proud", "limits", "limits.count")] {
            var short = object
            short[key] = Array(try #require(object[key] as? [Any]).dropFirst())
            try folder.write("\(name).json", [UInt8](try JSONSerialization.data(withJSONObject: short)))
            let checked = try await Binary.python(
                ["\(Places.package)/tools/check_report.py", "\(name).json", "log", "--framework", framework],
                in: folder.path)
            #expect(checked.exitCode == 1 && checked.stdout.contains(words), "\(name): \(checked.stdout)")
        }

        // Another number in the report is found too, although its id is made to fit.
        let text = String(decoding: data, as: UTF8.self).replacing("\"devices\": 5", with: "\"devices\": 6")
        try folder.write("forged.json", text)
        let forged = try await check(folder, "forged.json", "log")
        #expect(forged.exitCode == 1)
        #expect(forged.stdout.contains("scope.devices"), "\(forged.stdout)")
    }

    @Test func `the same log and the same question give the same bytes`() async throws {
        let folder = try TemporaryFolder()
        try await Self.makeLog(folder)
        var made: [[String: Data]] = []
        for round in 0..<2 {
            let names = ["r.html", "r.json", "r.csv", "r.violations.csv", "r.incidents.json"]
            let files = names.map { "\(round)-\($0)" }
            let run = try await report(folder, files.flatMap { ["--to-file", $0] })
            try #require(run.exitCode == 0, "\(run.stderr)")
            var bytes: [String: Data] = [:]
            for (name, file) in zip(names, files) {
                bytes[name] = try Data(contentsOf: URL(fileURLWithPath: folder.file(file)))
            }
            made.append(bytes)
        }
        #expect(made[0] == made[1])
        let page = String(decoding: made[0]["r.html"] ?? Data(), as: UTF8.self)
        #expect(page.contains("contributes") && page.contains("needs attention") && page.contains("no evidence"))
        #expect(!page.contains("http-equiv=\"refresh\"") && !page.contains("<script") && !page.contains("src="))
        let incidents = String(decoding: made[0]["r.incidents.json"] ?? Data(), as: UTF8.self)
        #expect(incidents.contains("\"earlyWarningBy\"") && incidents.contains("site/flood"))
    }

    @Test func `of a log that was tampered with there is no report, and it says where`() async throws {
        let folder = try TemporaryFolder()
        try await Self.makeLog(folder)
        let path = try #require(
            FileManager.default.enumerator(atPath: folder.file("log/seg"))?.compactMap { $0 as? String }
                .first { $0.hasSuffix(".gz") })
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("log/seg/\(path)"))))
        bytes[bytes.count / 2] ^= 1
        try folder.write("log/seg/\(path)", bytes)
        let run = try await report(folder, ["--to-file", "r.html"])
        #expect(run.exitCode == 1)
        #expect(
            run.stderr.contains("TAMPERED") && run.stderr.contains(path) && run.stderr.contains("byte"), "\(run.stderr)"
        )
        #expect(!Places.exists(folder.file("r.html")))
    }

    @Test func `an unsigned log, an unknown standard and an empty period are refused with a reason`() async throws {
        let folder = try TemporaryFolder()
        try await Self.makeLog(folder)
        let unsigned = try await Binary.run(
            ["replay", "feed.ndjson", "--profile", "p.yaml", "--write-log", "bare", "--output", "json"], in: folder.path
        )
        try #require(unsigned.exitCode == 0)
        let bare = try await report(folder, ["--to-file", "r.html"], log: "bare")
        #expect(bare.exitCode == 2 && bare.stderr.contains("never signed"), "\(bare.stderr)")
        let empty = try await report(folder, ["--from", "2027-01-01", "--to", "2027-02-01", "--to-file", "r.html"])
        #expect(empty.exitCode == 3 && empty.stderr.contains("no signed record"), "\(empty.stderr)")
        let unknown = try await Binary.run(
            ["report", "--log", "log", "--framework", "iso-1", "--to-file", "r.html"], in: folder.path)
        #expect(unknown.exitCode == 2 && unknown.stderr.contains("no such framework"), "\(unknown.stderr)")
        let deep = try await report(folder, ["--to-file", "reports/2026/r.csv"])
        #expect(deep.exitCode == 0 && Places.exists(folder.file("reports/2026/r.csv")), "\(deep.stderr)")
        let file = try await report(folder, ["--to-file", "feed.ndjson/r.csv"])
        #expect(file.exitCode == 3 && file.stderr.contains("cannot be made"), "\(file.stderr)")
        let place = try await report(folder, ["--to-file", "reports/2026/r.csv/"])
        #expect(place.exitCode != 0, "\(place.stderr)")
        let strange = try await report(folder, ["--to-file", "r.docx"])
        #expect(strange.exitCode == 64 && strange.stderr.contains(".html"), "\(strange.stderr)")
    }

    @Test func `a framework is checked, and so is what profiles say of it`() async throws {
        let folder = try TemporaryFolder()
        let ours = try await Binary.run(
            ["report", "check", "etsi-en-303-645", "iec-62443-3-3", "--profile", "profiles", "--output", "text"],
            in: Places.package)
        #expect(ours.exitCode == 0, "\(ours.stdout)\(ours.stderr)")
        #expect(ours.stdout.contains("etsi-en-303-645: ") && ours.stdout.contains("no errors"), "\(ours.stdout)")
        try folder.write(
            "p.yaml",
            """
            profile: p
            controls: [iec-62443-3-3:SR-6.3]
            behaviors: [{ name: b, metric: num-messages-sent, alarm: more than 5 in 1m }]
            """)
        let other = try await Binary.run(
            ["report", "check", "\(Places.package)/profiles/compliance/iec-62443-3-3.yaml", "--profile", "p.yaml"],
            in: folder.path)
        #expect(other.exitCode == 2 && other.stderr.contains("SR-6.3"), "\(other.stderr)")
        let none = try await Binary.run(["report", "check", "iso-1"], in: folder.path)
        #expect(none.exitCode == 2 && none.stderr.contains("no such framework"), "\(none.stderr)")
    }
}
