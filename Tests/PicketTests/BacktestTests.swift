import Foundation
import PicketEvents
import PicketProfiles
import Testing

@testable import PicketLog
@testable import PicketService

/// `picket profile backtest`, as a person runs it.
@Suite struct BacktestTests {
    /// Three devices that send once a minute for three hours. d-1 sends forty more at once after an hour: an attack. d-2
    /// sends twenty more after two hours: what it kept through an outage.
    private static let feed = {
        var lines = ""
        func publish(_ second: Int, _ device: String) {
            let time = String(
                format: "2026-11-18T%02d:%02d:%02d.000Z", 10 + second / 3_600, second / 60 % 60, second % 60)
            lines +=
                "{\"time\":\"\(time)\",\"kind\":\"publish\",\"device\":\"\(device)\",\"topic\":\"t\",\"bytes\":9}\n"
        }
        for second in stride(from: 0, to: 10_800, by: 60) {
            for device in ["d-1", "d-2", "d-3"] { publish(second, device) }
            if second == 3_600 { for _ in 0..<40 { publish(second, "d-1") } }
            if second == 7_200 { for _ in 0..<20 { publish(second, "d-2") } }
        }
        return lines
    }()

    private static let truth = """
        {"truth":"attack","kind":"flood","device":"d-1","from":"2026-11-18T11:00:00.000Z","to":"2026-11-18T11:01:00.000Z"}
        {"truth":"nuisance","kind":"backlog","device":"d-2","from":"2026-11-18T12:00:00.000Z","to":"2026-11-18T12:01:00.000Z"}

        """

    private static func profile(_ more: Int) -> String {
        """
        profile: site
        targets: [all]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than \(more) in 5m }

        """
    }

    private static func folder() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("feed.ndjson", feed)
        try folder.write("old.yaml", profile(10))
        try folder.write("new.yaml", profile(30))
        try folder.write("truth.ndjson", truth)
        let made = try await Binary.run(
            ["replay", "feed.ndjson", "--profile", "old.yaml", "--write-log", "log", "--output", "json"],
            in: folder.path)
        try #require(made.exitCode == 0, "\(made.stderr)")
        return folder
    }

    /// The objects of a run's output that are about something.
    private struct Lines {
        let all: [[String: Any]]

        init(_ output: Binary.Output) throws {
            all = try output.lines.map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }

        func about(_ what: String) -> [[String: Any]] { all.filter { $0["about"] as? String == what } }

        /// By limit, `key` of what was tried.
        func limits(_ key: String) -> [String: Int] {
            Dictionary(
                about("limit").map { ($0["alarm"] as? String ?? "", $0[key] as? Int ?? 0) }, uniquingKeysWith: { $1 })
        }
    }

    private func backtest(_ folder: TemporaryFolder, _ arguments: [String]) async throws -> Binary.Output {
        try await Binary.run(["profile", "backtest"] + arguments + ["--log", "log"], in: folder.path)
    }

    @Test func `what would fire, clear and stay, and which limit is better, where the truth is known`() async throws {
        let folder = try await Self.folder()
        let run = try await backtest(
            folder, ["old.yaml", "new.yaml", "--truth", "truth.ndjson", "--output", "json"])
        try #require(run.exitCode == 0, "\(run.stderr)")
        let lines = try Lines(run)
        let summary = try #require(lines.about("summary").first)
        for (key, value) in [
            ("fires", 0), ("clears", 1), ("stays", 1), ("oldAlarms", 2), ("oldFound", 1), ("oldWrong", 1),
            ("newAlarms", 1), ("newFound", 1), ("newWrong", 0), ("newMedianDetectMs", 0), ("incidents", 1),
        ] { #expect(summary[key] as? Int == value, "\(key): \(summary)") }
        // Three devices for three hours are 9 / 168 of a device-week; one wrong alarm in it are 18.7 a week.
        let rate = try #require(summary["oldFalsePerDeviceWeek"] as? Double)
        #expect(abs(rate - 18.7) < 0.3, "\(rate)")
        #expect(summary["truth"] as? String == "file")

        let found = lines.limits("found")
        let wrong = lines.limits("wrong")
        for (limit, right, false_) in [(10, 1, 1), (15, 1, 1), (20, 1, 1), (30, 1, 0), (45, 0, 0), (300, 0, 0)] {
            let name = "more than \(limit) in 5m"
            #expect(found[name] == right && wrong[name] == false_, "\(name): \(found) \(wrong)")
        }
        let suggested = lines.about("limit").filter { $0["suggested"] as? Bool == true }
        #expect(suggested.count == 1 && suggested.first?["alarm"] as? String == "more than 30 in 5m", "\(suggested)")

        let difference = try #require(lines.about("alarm").first)
        #expect(lines.about("alarm").count == 1 && difference["change"] as? String == "clears")
        #expect(difference["device"] as? String == "d-2" && difference["judgement"] as? String == "wrong")
        let subjects = lines.about("subject").map { "\($0["device"] ?? "") \($0["clears"] ?? "") \($0["stays"] ?? "")" }
        #expect(subjects == ["d-2 1 0", "d-1 0 1"])

        // The other way round: what cleared fires.
        let back = try Lines(
            try await backtest(folder, ["new.yaml", "old.yaml", "--truth", "truth.ndjson", "--output", "json"]))
        #expect(back.about("alarm").first?["change"] as? String == "fires")
        let better = back.about("limit").filter { $0["suggested"] as? Bool == true }
        #expect(better.first?["alarm"] as? String == "more than 30 in 5m", "\(better)")
    }

    @Test func `a log stands for its profiles, a period for a part, and the page and the text say the same`()
        async throws
    {
        let folder = try await Self.folder()
        let same = try Lines(try await backtest(folder, ["log", "old.yaml", "--output", "json"]))
        let summary = try #require(same.about("summary").first)
        #expect(summary["fires"] as? Int == 0 && summary["clears"] as? Int == 0 && summary["stays"] as? Int == 2)
        #expect(summary["truth"] as? String == "none")
        // Nobody knows what is an attack: the strictest limit that stays below the budget, which is no alarm here.
        let suggested = same.about("limit").filter { $0["suggested"] as? Bool == true }
        #expect(suggested.first?["alarm"] as? String == "more than 50 in 5m", "\(suggested)")

        let part = try Lines(
            try await backtest(
                folder, ["log", "new.yaml", "--from", "2026-11-18T11:30:00Z", "--output", "json"]))
        let rest = try #require(part.about("summary").first)
        #expect(rest["oldAlarms"] as? Int == 1 && rest["newAlarms"] as? Int == 0 && rest["clears"] as? Int == 1)

        let text = try await backtest(
            folder,
            [
                "old.yaml", "new.yaml", "--truth", "truth.ndjson", "--output", "text", "--to-file", "b.html",
                "--to-file",
                "b.json",
            ])
        #expect(text.exitCode == 0, "\(text.stderr)")
        for words in [
            "fires 0   clears 1   stays 1", "old: 1 behavior, 2 alarms, found 1 of 1 after 0 s, 1 wrong",
            "site/flood: was more than 10 in 5m, is more than 30 in 5m", "device d-2: fires 0, clears 1, stays 0",
            "suggested: more than 30 in 5m: the present limit finds the one incident",
        ] { #expect(text.stdout.contains(words), "\(words)\n\(text.stdout)") }
        let page = try String(contentsOfFile: folder.file("b.html"), encoding: .utf8)
        #expect(page.contains("would not fire any more") && page.contains("suggested") && page.contains("d-2"))
        #expect(!page.contains("<script") && page.contains("default-src 'none'"))
        let lines = try String(contentsOfFile: folder.file("b.json"), encoding: .utf8).split(separator: "\n")
        #expect(lines.contains { $0.contains(#""about":"alarm","change":"clears""#) })
    }

    @Test func `what people said of violations counts, and an exception is no alarm`() async throws {
        let folder = try await Self.folder()
        let query = try await Binary.run(["log", "query", "log", "--kind", "violation"], in: folder.path)
        for (device, state) in [("d-1", "true-positive"), ("d-2", "false-positive")] {
            let line = try #require(
                query.lines.first { $0.contains("\"in-alarm\"") && $0.contains("\"device\":\"\(device)\"") })
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let said = try await Binary.run(
                ["violations", "verify", try #require(object["id"] as? String), state, "--data", "log"],
                in: folder.path)
            #expect(said.exitCode == 0, "\(said.stderr)")
        }
        let run = try await backtest(folder, ["old.yaml", "new.yaml", "--output", "json"])
        let lines = try Lines(run)
        let summary = try #require(lines.about("summary").first, "\(run.stderr)")
        #expect(summary["truth"] as? String == "verdicts" && summary["incidents"] as? Int == 1)
        #expect(summary["oldFound"] as? Int == 1 && summary["oldWrong"] as? Int == 1, "\(summary)")
        #expect(summary["newFound"] as? Int == 1 && summary["newWrong"] as? Int == 0, "\(summary)")

        try folder.write(
            "excused.yaml",
            Self.profile(10) + """
                exceptions:
                  - { behavior: flood, device: d-2, reason: outages, owner: anna, expires: 2027-01-01 }

                """)
        // Exceptions are for proved identities; a feed of lines without any excuses nobody.
        let unproved = try Lines(
            try await backtest(folder, ["old.yaml", "excused.yaml", "--truth", "truth.ndjson", "--output", "json"]))
        #expect(unproved.about("summary").first?["newWrong"] as? Int == 1)
    }

    @Test func `a truth that is none, a log that is none and an unknown file are refused with their place`()
        async throws
    {
        let folder = try await Self.folder()
        try folder.write("wrong.ndjson", Self.truth + "{\"truth\":\"attack\",\"from\":\"now\"}\n")
        let truth = try await backtest(folder, ["old.yaml", "new.yaml", "--truth", "wrong.ndjson"])
        #expect(truth.exitCode == 2 && truth.stderr.contains("wrong.ndjson:3:"), "\(truth.stderr)")
        let file = try await backtest(folder, ["old.yaml", "new.yaml", "--to-file", "b.pdf"])
        #expect(file.exitCode == 64 && file.stderr.contains(".html"), "\(file.stderr)")
        let log = try await Binary.run(
            ["profile", "backtest", "old.yaml", "new.yaml", "--log", "nowhere"], in: folder.path)
        #expect(log.exitCode == 3 && log.stderr.contains("nowhere"), "\(log.stderr)")
        let profile = try await backtest(folder, ["old.yaml", "none.yaml"])
        #expect(profile.exitCode == 2 && profile.stderr.contains("none.yaml"), "\(profile.stderr)")
    }

    @Test func `what a daemon writes during a backtest is of neither pass`() throws {
        let folder = try TemporaryFolder()
        var options = LogOptions(level: 1)
        options.shape = try #require(LogShape(blockLog2: 3, segmentLog2: 5, tileLog2: 2))
        let writer = try LogWriter(folder: folder.file("log"), options: options)
        var time: Int64 = 1_795_082_400_000
        func publish(_ count: Int, after milliseconds: Int64) throws {
            for _ in 0..<count {
                time += milliseconds
                let line =
                    "{\"received\":\"\(Timestamp.format(time))\",\"feed\":\"a\",\"kind\":\"publish\",\"device\":\"d-1\","
                    + "\"topic\":\"t\",\"bytes\":4}"
                var buffer = RecordBuffer()
                buffer.append(line: Array(line.utf8), time: time)
                try writer.append(buffer)
            }
        }
        try publish(100, after: 60_000)
        let profiles = [try #require(ProfileLoader.parse(text: Self.profile(10), file: "p.yaml").profile)]
        var backtest = Backtest(folder: folder.file("log"), old: profiles, new: profiles)
        var failure: (any Error)?
        var isLarger = false
        backtest.progress = { _ in
            guard !isLarger else { return }
            isLarger = true
            do { try publish(50, after: 100) } catch { failure = error }
        }
        let result = try backtest.run()
        #expect(failure == nil && isLarger)
        #expect(result.new.tally.alarms == 0 && result.old.tally.alarms == 0, "\(result.text)")
        #expect(try backtest.run().new.tally.alarms == 1)
        try writer.close()
    }
}
