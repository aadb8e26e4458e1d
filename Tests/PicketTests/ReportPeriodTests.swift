import Foundation
import PicketEvents
import Testing

/// What a report says of a period besides counts: when nobody watched, what was open before, and who did what.
@Suite(.waits) struct ReportPeriodTests {
    private static func stretches(_ report: [String: Any], _ key: String) throws -> [[String: Any]] {
        let coverage = try #require(report["coverage"] as? [String: Any])
        return try #require(coverage[key] as? [[String: Any]])
    }

    @Test func `the time in which Picket did not run is no covered time, and each stretch has its cause`() async throws
    {
        let site = try ReportSite()
        try site.log("started")
        let begin = site.now
        try site.messages(4)
        let stopped = site.now + 1_000
        try site.log("stopped")
        // A command that reads the log is no sign that Picket runs.
        try site.record("\"kind\":\"log\",\"action\":\"queried\",\"by\":\"anna\",\"what\":[]", after: 300)
        let again = try site.log("started", after: 300)
        let startedAgain = site.now
        try site.messages(4)
        let crashed = site.now
        let recovered = try site.log("recovered", after: 900)
        let back = site.now
        try site.messages(2)
        let slept = site.now
        let awake = try site.record("\"kind\":\"publish\",\"device\":\"d-1\",\"topic\":\"t\"", feed: "a", after: 1_800)
        let woke = site.now
        try site.close()
        let to = site.now + 3_600_000
        let report = try await site.report(from: begin - 60_000, to: to, files: ["r.json", "r.html"])
        let outages = try Self.stretches(report, "outages")
        let times = outages.map { "\($0["from"] ?? "") \($0["to"] ?? "")" }
        #expect(
            times
                == [
                    (begin - 60_000, begin), (stopped, startedAgain), (crashed, back), (slept, woke), (woke, to),
                ].map { "\(ReportSite.time($0.0)) \(ReportSite.time($0.1))" })
        let words = ["begins here", "was stopped", "crash", "slept", "until the end"]
        for (outage, word) in zip(outages, words) {
            #expect((outage["cause"] as? String)?.contains(word) == true, "\(outage)")
        }
        #expect(outages.compactMap { $0["record"] as? Int } == [0, again, recovered, awake, awake])
        let lost = 60_000 + (startedAgain - stopped) + (back - crashed) + (woke - slept) + 3_600_000
        let coverage = try #require(report["coverage"] as? [String: Any])
        #expect(coverage["runningMilliseconds"] as? Int64 == to - begin + 60_000 - lost)
        let feeds = try #require((report["scope"] as? [String: Any])?["feeds"] as? [[String: Any]])
        #expect(feeds.first?["unseenMilliseconds"] as? Int64 == lost)
        let page = try String(contentsOfFile: site.folder.file("r.html"), encoding: .utf8)
        #expect(page.contains("class=\"outage\"") && page.contains("of the period Picket ran"))
        #expect(page.contains("Picket was stopped"))
        // Of a part in which it never ran nothing is covered at all, but for what is left of the heartbeat's minute.
        let part = try await site.report(from: stopped + 10_000, to: startedAgain - 10_000)
        let inside = try #require(part["coverage"] as? [String: Any])
        #expect(inside["runningMilliseconds"] as? Int == 0, "\(inside)")
    }

    @Test func `a feed that was silent shows in the coverage, also one that never spoke`() async throws {
        let site = try ReportSite()
        try site.log("started")
        let begin = site.now
        try site.messages(3, every: 10)
        let last = site.now
        let silent = try site.record(
            "\"kind\":\"feed\",\"name\":\"a\",\"state\":\"silent\",\"last\":\"\(ReportSite.time(last))\"", after: 31)
        let never = try site.record("\"kind\":\"feed\",\"name\":\"b\",\"state\":\"silent\"", after: 10)
        try site.log("heartbeat", after: 60)
        try site.messages(1, every: 5)
        let live = try site.record("\"kind\":\"feed\",\"name\":\"a\",\"state\":\"live\"", after: 0)
        let spoke = site.now
        try site.messages(3, every: 10)
        let stopped = site.now + 1_000
        try site.log("stopped")
        try site.close()
        let report = try await site.report()
        let silences = try Self.stretches(report, "silences")
        #expect(silences.map { $0["feed"] as? String } == ["b", "a"])
        #expect(silences.map { $0["record"] as? Int } == [never, silent])
        #expect(silences.last?["endRecord"] as? Int == live)
        #expect(silences.last?["from"] as? String == ReportSite.time(last))
        #expect(silences.last?["to"] as? String == ReportSite.time(spoke))
        #expect(silences.first?["from"] as? String == ReportSite.time(begin))
        #expect(silences.first?["to"] as? String == ReportSite.time(stopped))
        let feeds = try #require((report["scope"] as? [String: Any])?["feeds"] as? [[String: Any]])
        #expect(feeds.map { $0["name"] as? String } == ["a", "b"])
        #expect(feeds.first?["unseenMilliseconds"] as? Int64 == spoke - last)
        #expect(feeds.last?["events"] as? Int == 0 && feeds.last?["first"] == nil)
    }

    @Test func `violations that were open when the period began are listed, with what became of them`() async throws {
        let site = try ReportSite()
        try site.log("started")
        let ended = try site.violation("in-alarm", "v0", "d-0")
        try site.violation("alarm-cleared", "v0", "d-0")
        let first = try site.violation("in-alarm", "v1", "d-1")
        let second = try site.violation("in-alarm", "v2", "d-2")
        let early = try site.record(
            "\"kind\":\"operator\",\"action\":\"verify\",\"by\":\"anna\",\"violation\":\"v2\",\"state\":\"true-positive\""
        )
        let from = site.now + 500
        try site.messages(2)
        let end = try site.violation("alarm-cleared", "v1", "d-1")
        try site.violation("in-alarm", "v3", "d-3")
        try site.close()
        let report = try await site.report(
            from: from, files: ["r.json", "r.html", "r.violations.csv", "r.incidents.json"])
        let violations = try #require(report["violations"] as? [String: Any])
        let carried = try #require(violations["carried"] as? [[String: Any]])
        #expect(violations["carriedOver"] as? Int == 2 && violations["count"] as? Int == 1)
        #expect(carried.map { $0["record"] as? Int } == [first, second], "\(ended)")
        #expect(carried.first?["endRecord"] as? Int == end && carried.last?["endRecord"] == nil)
        #expect(carried.last?["verdict"] as? String == "true-positive")
        #expect(carried.last?["decisions"] as? [Int] == [early])
        for name in ["r.html", "r.violations.csv", "r.incidents.json"] {
            let text = try String(contentsOfFile: site.folder.file(name), encoding: .utf8)
            #expect(text.contains("d-1") && text.contains("d-2") && text.contains("d-3"), "\(name)")
        }
    }

    @Test func `a behavior without the records that it looks at is no evidence`() async throws {
        let framework = """
            framework: x
            title: X
            version: "1"
            source: here
            controls:
              - { id: refused, title: R, asks: it, metrics: [num-authorization-failures], shows: a, doesNotShow: b }
              - { id: sent, title: S, asks: it, metrics: [num-messages-sent], shows: a, doesNotShow: b }
              - { id: signed, title: I, asks: it, integrity: true, shows: a, doesNotShow: b }
              - { id: other, title: O, asks: it, metrics: [firmware], shows: a, doesNotShow: b }
            """
        func outcomes(_ kinds: [String]) async throws -> [String] {
            let site = try ReportSite()
            try site.log("started")
            try site.profiles(
                """
                profile: site
                behaviors:
                  - { name: guessing, metric: num-authorization-failures, alarm: more than 5 in 1m }
                  - { name: flood, metric: num-messages-sent, alarm: more than 50 in 1m }
                """)
            for kind in kinds {
                try site.record("\"kind\":\"\(kind)\",\"device\":\"d-1\",\"client\":\"d-1\"", feed: "a")
            }
            try site.close()
            try site.folder.write("x.yaml", framework)
            let report = try await site.report(framework: "x.yaml")
            return try ["refused", "sent", "signed", "other"].map {
                try ReportSite.control($0, report)["result"] as? String ?? ""
            }
        }
        let contributes = "contributes-evidence"
        // That nobody was refused among those that connected is a result.
        #expect(try await outcomes(["connect"]) == [contributes, "no-data", contributes, "no-evidence"])
        #expect(try await outcomes(["alert"]) == ["no-data", "no-data", contributes, "no-evidence"])
        #expect(try await outcomes(["publish"]) == [contributes, contributes, contributes, "no-evidence"])
    }

    @Test func `silences in force in the period are told with who answers for them, also those of before`() async throws
    {
        let site = try ReportSite()
        try site.log("started")
        func silence(_ device: String, for seconds: Int64) throws -> Int {
            try site.write(
                SilenceRecord(
                    received: site.now, by: "anna", violation: "v1", profile: "site", behavior: "flood",
                    subjectKind: .device, subject: device, identity: .claimed, until: site.now + seconds * 1_000,
                    reason: "ticket 815", owner: "bo"
                ).record.line())
        }
        _ = try silence("d-0", for: 5)
        let early = try silence("d-1", for: 3_600)
        let from = site.now + 10_000
        try site.messages(2)
        let late = try silence("d-2", for: 60)
        try site.log("stopped")
        try site.close()
        let report = try await site.report(from: from, files: ["r.json", "r.html"])
        let profiles = try #require(report["profiles"] as? [String: Any])
        let silences = try #require(profiles["silences"] as? [[String: Any]])
        #expect(silences.map { $0["record"] as? Int } == [early, late])
        #expect(silences.map { $0["subject"] as? String } == ["d-1", "d-2"])
        #expect(silences.allSatisfy { $0["owner"] as? String == "bo" && $0["reason"] as? String == "ticket 815" })
        #expect(try String(contentsOfFile: site.folder.file("r.html"), encoding: .utf8).contains("ticket 815"))
    }

    @Test func `the population is told beside what was seen, and so is what changed in profiles`() async throws {
        let site = try ReportSite()
        try site.log("started")
        func profile(_ limit: Int, _ more: String = "") -> String {
            """
            profile: site
            behaviors:
              - { name: flood, metric: num-messages-sent, alarm: more than \(limit) in 1m }
            \(more)
            """
        }
        let fleet = "devices: { d-1: {}, d-2: {}, d-3: {} }\n"
        let exception =
            "exceptions: [{ behavior: flood, subject: d-2, reason: bench, owner: anna, expires: 2027-01-01 }]"
        try site.profiles(profile(5), fleet: fleet)
        try site.messages(2)
        try site.record("\"kind\":\"publish\",\"device\":\"stranger\",\"topic\":\"t\"", feed: "a")
        try site.profiles(
            profile(9, "  - { name: quiet, metric: num-messages-sent, alarm: none in 30m }\n\(exception)"),
            fleet: fleet)
        try site.record("\"kind\":\"operator\",\"action\":\"note\",\"by\":\"anna\",\"device\":\"d-1\"")
        try site.close()
        let report = try await site.report(files: ["r.json", "r.html"])
        let scope = try #require(report["scope"] as? [String: Any])
        let population = try #require(scope["population"] as? [String: Any])
        #expect(population["registered"] as? Int == 3 && (population["records"] as? [Int])?.count == 2)
        #expect(population["notSeenNames"] as? [String] == ["d-2", "d-3"])
        #expect(population["notRegisteredNames"] as? [String] == ["stranger"])
        let changes = try #require((report["profiles"] as? [String: Any])?["changes"] as? [[String: Any]])
        #expect(changes.count == 2 && changes.first?["differences"] == nil)
        let words = try #require(changes.last?["differences"] as? [String])
        #expect(words.count == 3 && words.first?.hasPrefix("changed: site/flood: ") == true, "\(words)")
        #expect(words.dropFirst().first?.hasPrefix("new: site/quiet: ") == true, "\(words)")
        // An exception changes what is found as much as a limit does.
        #expect(words.last?.hasPrefix("new: site: ") == true && words.last?.contains("bench") == true, "\(words)")
        let page = try String(contentsOfFile: site.folder.file("r.html"), encoding: .utf8)
        #expect(page.contains("<code>stranger</code>") && page.contains("anna · note · device=d-1"))
    }

    @Test func `who did what is listed with its result, its times and its records`() async throws {
        let site = try ReportSite()
        try site.log("started")
        func act(_ user: String, _ action: String, _ outcome: String, after seconds: Double = 1) throws -> Int {
            try site.record(
                "\"kind\":\"user\",\"user\":\"\(user)\",\"action\":\"\(action)\",\"outcome\":\"\(outcome)\"",
                feed: "cloud",
                after: seconds)
        }
        let first = try act("bo\\\"b", "DeletePolicy", "success")
        let began = site.now
        _ = try act("bo\\\"b", "DeletePolicy", "success")
        let last = try act("bo\\\"b", "DeletePolicy", "success", after: 60)
        let denied = try act("anna", "Login", "failure")
        try site.close()
        let report = try await site.report(files: ["r.json", "r.html"])
        let users = try #require(report["users"] as? [String: Any])
        let list = try #require(users["list"] as? [[String: Any]])
        #expect(users["count"] as? Int == 2)
        #expect(list.map { $0["user"] as? String } == ["anna", "bo\"b"])
        #expect(list.first?["firstRecord"] as? Int == denied && list.first?["outcome"] as? String == "failure")
        #expect(list.last?["count"] as? Int == 3 && list.last?["first"] as? String == ReportSite.time(began))
        #expect(list.last?["firstRecord"] as? Int == first && list.last?["lastRecord"] as? Int == last)
        let page = try String(contentsOfFile: site.folder.file("r.html"), encoding: .utf8)
        #expect(page.contains("bo&quot;b") && page.contains("DeletePolicy"))
    }

    @Test func `nothing is left out silently: tables and exports hold all, lists say what they leave out`() async throws
    {
        let site = try ReportSite()
        try site.log("started")
        for number in 0..<2_100 { try site.violation("in-alarm", "v\(number)", "d-\(number)", after: 0.01) }
        try site.close()
        let report = try await site.report(files: ["r.json", "r.html", "r.violations.csv", "r.incidents.json"])
        let violations = try #require(report["violations"] as? [String: Any])
        #expect((violations["list"] as? [Any])?.count == 2_000 && violations["leftOut"] as? Int == 100)
        func text(_ name: String) throws -> String {
            try String(contentsOfFile: site.folder.file(name), encoding: .utf8)
        }
        #expect(try text("r.violations.csv").split(separator: "\r\n").count == 2_101)
        #expect(try text("r.incidents.json").components(separatedBy: "\"earlyWarningBy\"").count == 2_101)
        #expect(try text("r.html").contains("100</span> more are not listed here"))
    }

    @Test func `profiles and fleet file whose record retention deleted are told all the same`() async throws {
        let site = try ReportSite(isSmall: true)
        try site.log("started")
        try site.profiles(
            """
            profile: site
            behaviors:
              - { name: flood, metric: num-messages-sent, alarm: more than 50 in 1m }
            """, fleet: "devices: { d-1: {}, d-2: {} }\n")
        try site.violation("in-alarm", "v0", "d-1")
        try site.messages(69)
        let first = try site.prune()
        let deletion = first == 64 ? 72 : -1
        try site.messages(3)
        let end = try site.violation("alarm-cleared", "v0", "d-1")
        try site.close()
        let report = try await site.report(files: ["r.json", "r.html"])
        let profiles = try #require(report["profiles"] as? [String: Any])
        let changes = try #require(profiles["changes"] as? [[String: Any]])
        #expect(changes.map { $0["record"] as? Int } == [deletion], "\(changes)")
        #expect(changes.first?["namedByDeletion"] as? Bool == true)
        #expect(changes.first?["profiles"] as? [String] == ["site"])
        let behaviors = try #require(profiles["behaviors"] as? [[String: Any]])
        #expect(behaviors.map { $0["behavior"] as? String } == ["flood"])
        let population = try #require((report["scope"] as? [String: Any])?["population"] as? [String: Any])
        #expect(population["registered"] as? Int == 2 && population["records"] as? [Int] == [deletion])
        #expect(population["notSeenNames"] as? [String] == ["d-2"])
        // Of what began in the deleted part the end tells.
        let violations = try #require(report["violations"] as? [String: Any])
        let ends = try #require(violations["endsOfDeleted"] as? [[String: Any]])
        #expect(ends.map { $0["record"] as? Int } == [end] && ends.first?["behavior"] as? String == "site/flood")
        let limits = try #require(report["limits"] as? [String])
        #expect(!limits.contains { $0.contains("fleet file") } && limits.contains { $0.contains("Retention deleted") })
        let page = try String(contentsOfFile: site.folder.file("r.html"), encoding: .utf8)
        #expect(!page.contains("The log names no profiles") && page.contains("that of the deletion names them"))
        // A period before the deletion cites its record too.
        _ = try await site.report(to: site.now - 120_000)
    }

    @Test func `a gap is told when a part of it lies in the period, whenever it was recorded`() async throws {
        let site = try ReportSite()
        try site.log("started")
        let begin = site.now
        func gap(_ from: Int64, _ to: Int64) throws -> Int {
            try site.record(
                "\"kind\":\"gap\",\"name\":\"a\",\"from\":\"\(ReportSite.time(from))\","
                    + "\"to\":\"\(ReportSite.time(to))\",\"cause\":\"disconnected\"")
        }
        try site.messages(4)
        let over = site.now
        _ = try gap(begin + 5_000, begin + 40_000)
        let from = site.now + 10_000
        try site.messages(4)
        // Told in the period, and of a time before it.
        _ = try gap(begin + 50_000, over)
        let across = try gap(from - 20_000, from + 20_000)
        let to = site.now + 10_000
        try site.messages(4)
        let later = try gap(to - 5_000, site.now)
        // Told after the period, and of a time after it.
        _ = try gap(to + 5_000, site.now)
        try site.messages(2)
        try site.close()
        let report = try await site.report(from: from, to: to, files: ["r.json", "r.html"])
        #expect(try Self.stretches(report, "gaps").map { $0["record"] as? Int } == [across, later])
        let feeds = try #require((report["scope"] as? [String: Any])?["feeds"] as? [[String: Any]])
        #expect(feeds.first?["unseenMilliseconds"] as? Int64 == 25_000)
    }

    @Test func `devices of every fleet file of the period are registered, and none of an earlier one`() async throws {
        let site = try ReportSite()
        try site.log("started")
        let profile = """
            profile: site
            behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 50 in 1m }]

            """
        try site.profiles(profile, fleet: "devices: { d-0: {}, d-1: {} }\n")
        try site.messages(2)
        try site.profiles(profile, fleet: "devices: { d-1: {}, d-2: {} }\n")
        let from = site.now + 1_000
        try site.messages(2)
        try site.profiles(profile, fleet: "devices: { d-3: {} }\n")
        try site.messages(2)
        try site.close()
        let report = try await site.report(from: from)
        let population = try #require((report["scope"] as? [String: Any])?["population"] as? [String: Any])
        #expect(population["registered"] as? Int == 3 && population["notRegistered"] as? Int == 0)
        #expect(population["notSeenNames"] as? [String] == ["d-2", "d-3"])
    }

    @Test func `a pause that reaches the end of the period is told once`() async throws {
        let site = try ReportSite()
        try site.log("started")
        try site.messages(4)
        try site.record("\"kind\":\"publish\",\"device\":\"d-1\",\"topic\":\"t\"", feed: "a", after: 1_800)
        let to = site.now
        try site.close()
        let outages = try Self.stretches(try await site.report(to: to), "outages")
        #expect(outages.count == 1, "\(outages)")
        #expect((outages.first?["cause"] as? String)?.contains("until the end") == true, "\(outages)")
    }

    @Test(.enabled(if: Places.hasPython))
    func `an invented exception is found, and what is not counted again is said`() async throws {
        let site = try ReportSite()
        try site.log("started")
        try site.profiles(
            """
            profile: site
            behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 50 in 1m }]
            exceptions: [{ behavior: flood, subject: d-9, reason: a test, owner: anna, expires: 2027-01-01 }]

            """)
        try site.messages(2)
        try site.close()
        let report = try await site.report()
        #expect(((report["profiles"] as? [String: Any])?["exceptions"] as? [Any])?.count == 1)
        func check(_ name: String) async throws -> Binary.Output {
            try await Binary.python(["\(Places.package)/tools/check_report.py", name, "log"], in: site.folder.path)
        }
        let sound = try await check("r.json")
        #expect(sound.exitCode == 0 && sound.stdout.contains("NOT COUNTED AGAIN"), "\(sound.stdout)")
        let text = try String(contentsOfFile: site.folder.file("r.json"), encoding: .utf8)
        try site.folder.write("forged.json", text.replacing("\"profile\": \"site\"", with: "\"profile\": \"other\""))
        let forged = try await check("forged.json")
        #expect(forged.exitCode == 1 && forged.stdout.contains("profiles.exceptions[0]"), "\(forged.stdout)")
        #expect(forged.stdout.contains("in a copy of the profiles"), "\(forged.stdout)")
    }
}
