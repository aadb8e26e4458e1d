import Foundation
import Testing

/// Replays of a part: the state is that of the whole, only what is printed is chosen.
@Suite(.waits)
struct ReplaySelectionTests {
    /// Messages of two devices: sensor-1 floods from minute 10 on, sensor-2 from minute 20 on, both until minute 30.
    private static let feed = {
        var lines = ""
        for second in stride(from: 0, to: 3_600, by: 5) {
            for (device, begin) in [("sensor-1", 600), ("sensor-2", 1_200)] {
                let isFlooding = second >= begin && second < 1_800
                guard isFlooding || second % 60 == 0 else { continue }
                let time = String(format: "2026-11-18T10:%02d:%02d.000Z", second / 60, second % 60)
                lines += "{\"time\":\"\(time)\",\"kind\":\"publish\",\"device\":\"\(device)\",\"topic\":\"t\"}\n"
            }
        }
        return lines
    }()

    private static let profile = """
        profile: site
        targets: [all]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than 30 in 5m }

        """

    private func replay(_ folder: TemporaryFolder, _ options: [String]) async throws -> Binary.Output {
        try await Binary.run(["replay", "--output", "json"] + options, in: folder.path)
    }

    @Test func `a part of a replay is what the whole says of that part`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("feed.ndjson", Self.feed)
        try folder.write("p.yaml", Self.profile)
        let made = try await replay(folder, ["feed.ndjson", "--profile", "p.yaml", "--write-log", "log"])
        let all = try ViolationLine.read(made.lines)
        #expect(all.count == 4, "\(made.stdout)\(made.stderr)")
        let table: [([String], (ViolationLine) -> Bool)] = [
            (["--from", "2026-11-18T10:15:00Z"], { $0.time >= "2026-11-18T10:15:00" }),
            (["--to", "2026-11-18T10:15:00Z"], { $0.time < "2026-11-18T10:15:00" }),
            (
                ["--from", "2026-11-18T10:15:00Z", "--to", "2026-11-18T10:32:00Z"],
                { $0.time >= "2026-11-18T10:15:00" && $0.time < "2026-11-18T10:32:00" }
            ),
            (["--from", "2026-11-18", "--to", "2026-11-19"], { _ in true }),
            (["--device", "sensor-2"], { $0.device == "sensor-2" }),
            (["--device", "sensor-2", "--device", "sensor-1"], { _ in true }),
            (["--device", "sensor-3"], { _ in false }),
        ]
        for (options, isWanted) in table {
            for input in ["feed.ndjson", "log"] {
                let run = try await replay(folder, [input, "--profile", "p.yaml"] + options)
                #expect(run.exitCode == 0, "\(run.stderr)")
                #expect(try ViolationLine.read(run.lines) == all.filter(isWanted), "\(options) of \(input)")
            }
        }
    }

    @Test func `certificates and feeds are chosen by name, and a data folder is read as its log`() async throws {
        let folder = try TemporaryFolder()
        var lines = ""
        for number in 0..<40 {
            let time = String(format: "2026-11-18T10:00:%02d.000Z", number)
            lines += "{\"time\":\"\(time)\",\"kind\":\"connect\",\"device\":\"d\",\"client\":\"d\","
            lines += "\"certificate\":{\"serial\":\"0A1\(number % 2)\"}}\n"
        }
        try folder.write("doors.ndjson", lines)
        try folder.write(
            "p.yaml",
            """
            profile: site
            behaviors:
              - { name: by-certificate, subject: certificate, metric: num-connection-attempts, alarm: more than 5 in 5m }
              - { name: by-feed, subject: feed, metric: num-connection-attempts, alarm: more than 5 in 5m }
            """)
        try FileManager.default.createDirectory(atPath: folder.file("data"), withIntermediateDirectories: false)
        let made = try await replay(folder, ["doors.ndjson", "--profile", "p.yaml", "--write-log", "data/log"])
        #expect(made.lines.count == 3, "\(made.stdout)\(made.stderr)")
        for (options, names) in [
            (["--certificate", "0a:10"], ["0A10"]), (["--feed-name", "doors.ndjson"], ["doors.ndjson"]),
            (["--certificate", "0A11", "--feed-name", "doors.ndjson"], ["0A11", "doors.ndjson"]),
            (["--feed-name", "windows"], []), ([], ["0A10", "0A11", "doors.ndjson"]),
        ] as [([String], [String])] {
            for input in ["data", "data/log", "data/"] {
                let run = try await replay(folder, [input, "--profile", "p.yaml"] + options)
                #expect(run.exitCode == 0, "\(run.stderr)")
                let found = run.lines.map { line in
                    ["0A10", "0A11", "doors.ndjson"].first { line.contains("\"\($0)\"") }
                }
                #expect(Set(found) == Set(names) && found.count == names.count, "\(options) of \(input): \(run.stdout)")
            }
        }
        let both = try await replay(folder, ["data", "doors.ndjson", "--profile", "p.yaml"])
        #expect(both.exitCode == 3 && both.stderr.contains("replayed alone"), "\(both.stderr)")
    }

    @Test func `times that make no sense are refused`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("feed.ndjson", Self.feed)
        for options in [["--from", "yesterday"], ["--from", "2026-11-19", "--to", "2026-11-18"]] {
            let run = try await replay(folder, ["feed.ndjson"] + options)
            #expect(run.exitCode == 64, "\(options): \(run.stderr)")
        }
    }

    @Test func `a log agrees with its own replay, and every difference of another profile is explained`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("feed.ndjson", Self.feed)
        try folder.write("p.yaml", Self.profile)
        _ = try await replay(folder, ["feed.ndjson", "--profile", "p.yaml", "--write-log", "log"])
        let same = try await replay(folder, ["log", "--profile", "p.yaml", "--against", "log"])
        #expect(same.exitCode == 0, "\(same.stderr)")
        #expect(same.lines == [#"{"recorded":4,"derived":4,"same":4,"differences":0}"#])

        try folder.write("strict.yaml", Self.profile.replacingOccurrences(of: "than 30", with: "than 59"))
        let none = try await replay(folder, ["log", "--profile", "strict.yaml", "--against", "log"])
        #expect(none.exitCode == 1)
        for line in none.lines.dropLast() {
            // The log that was written names the profiles it was made with.
            #expect(line.contains(#""cause":"profile-changed""#), "\(line)")
        }
        #expect(none.lines.last?.contains(#""recorded":4"#) == true, "\(none.stdout)")
    }

    @Test func `what run recorded is what a replay finds, and a changed profile is the cause of what it does not`()
        async throws
    {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            try site.publish("sensor-1", 0..<20)
            try site.publish("sensor-2", 0..<3)
            #expect(try program.waits { try site.topics().count == 23 && program.outputLines.count == 1 })
            // Also while it runs, and however the one log is called.
            let live = try ProductProgram.run(
                ["replay", "./data/log/../log", "--against", "data", "--output", "json"], in: site.folder)
            #expect(live.end == .code(0), "\(live.words)\(String(decoding: live.output, as: UTF8.self))")
            let readings = try site.records().filter { $0["action"] as? String == "replay" }
            #expect(readings.count == 1, "\(readings)")
            stop(program)
            let same = try ProductProgram.run(
                ["replay", "data/log", "--against", "data", "--output", "json"], in: site.folder)
            #expect(same.end == .code(0), "\(same.words)")
            try site.folder.write("profile.yaml", RunSite.profile("flood", "alarm: more than 2 in 5m, severity: high"))
            let other = try ProductProgram.run(
                ["replay", "data/log", "--profile", "profile.yaml", "--against", "data", "--output", "json"],
                in: site.folder)
            #expect(other.end == .code(1), "\(other.words)")
            let lines = String(decoding: other.output, as: UTF8.self).split(separator: "\n")
            #expect(lines.count >= 3)
            for line in lines.dropLast() { #expect(line.contains(#""cause":"profile-changed""#), "\(line)") }
            #expect(lines.contains { $0.contains(#""difference":"extra""#) && $0.contains("sensor-2") })
        }
    }
}
