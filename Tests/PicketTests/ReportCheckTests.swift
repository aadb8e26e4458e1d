import Foundation
import Testing

/// What is excused in a report, and what `check_report.py` counts again from the copies that a log keeps.
@Suite struct ReportCheckTests {
    @Test(arguments: ["\"excepted\":\"a test bench\",", "\"silenced\":\"maintenance\",", "\"suppressed\":true,"])
    func `what was excused when it began is told, and needs no attention`(excuse: String) async throws {
        let site = try ReportSite()
        try site.log("started")
        try site.profiles(
            "profile: site\nbehaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 5 in 1m }]\n")
        try site.messages(2)
        try site.violation("in-alarm", "v1", "d-2", more: excuse)
        try site.close()
        let control = try ReportSite.control(
            "SR-7.1", try await site.report(files: ["r.json", "r.html", "r.violations.csv", "r.incidents.json"]))
        #expect(control["result"] as? String == "contributes-evidence", "\(control)")
        #expect((control["sentence"] as? String)?.contains("1 violation (1 of them excused)") == true, "\(control)")
        let page = try String(contentsOfFile: site.folder.file("r.html"), encoding: .utf8)
        let word = excuse.split(separator: "\"").last { $0.count > 4 }.map(String.init) ?? ""
        #expect(page.contains(excuse.contains("true") ? "only recorded" : "excused: \(word)"))
        let incidents = try String(contentsOfFile: site.folder.file("r.incidents.json"), encoding: .utf8)
        #expect(incidents.contains("\"excused\": \"\(word)\"") != excuse.contains("true"), "\(incidents)")
    }

    @Test func `one that nobody excused needs attention beside one that was`() async throws {
        let site = try ReportSite()
        try site.log("started")
        try site.profiles(
            "profile: site\nbehaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 5 in 1m }]\n")
        try site.messages(2)
        // One of before the period, and one within it.
        try site.violation("in-alarm", "v0", "d-2", more: "\"excepted\":\"a test bench\",")
        let from = site.now + 500
        try site.violation("in-alarm", "v1", "d-2", more: "\"silenced\":\"maintenance\",")
        try site.violation("in-alarm", "v2", "d-3")
        try site.close()
        let control = try ReportSite.control("SR-7.1", try await site.report(from: from))
        #expect(control["result"] as? String == "needs-attention", "\(control)")
        #expect((control["sentence"] as? String)?.contains("3 violations (2 of them excused)") == true, "\(control)")
    }

    @Test(.enabled(if: Places.hasPython))
    func `requirements, rules, exceptions and the inventory are read again`() async throws {
        let site = try ReportSite()
        try site.log("started")
        try site.profiles(
            """
            profile: site
            controls: [iec-62443-3-3:SR-7.1]
            behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 50 in 1m }]
            exceptions: [{ behavior: flood, subject: d-9, reason: "a: test", owner: anna, expires: 2027-01-01 }]

            """, fleet: "devices:\n  d-1: {}\n  'd-2':\n  \"d-3\": { type: lamp }\n")
        try site.messages(2)
        try site.close()
        _ = try await site.report()
        func check(_ name: String) async throws -> Binary.Output {
            try await Binary.python(["\(Places.package)/tools/check_report.py", name, "log"], in: site.folder.path)
        }
        // The standard's file lies beside the script, and is known by its hash.
        let sound = try await check("r.json")
        #expect(sound.exitCode == 0, "\(sound.stdout)")
        let left = sound.stdout.split(separator: "\n").filter { $0.hasPrefix("NOT COUNTED AGAIN") }
        #expect(left.count == 1 && left.first?.contains("profiles.behaviors[].method") == true, "\(left)")
        let text = try String(contentsOfFile: site.folder.file("r.json"), encoding: .utf8)
        for (was, now, claim) in [
            ("\"registered\": 3", "\"registered\": 4", "scope.population.registered: in the fleet files"),
            ("\"reason\": \"a: test\"", "\"reason\": \"agreed\"", "profiles.exceptions[0]"),
            ("iec-62443-3-3:SR-7.1", "iec-62443-3-3:SR-6.2", "profiles.behaviors[site/flood].controls"),
            ("\"num-messages-sent\"", "\"bytes-sent\"", ".metrics"),
            ("\"kinds\": [", "\"kinds\": [\"tick\", ", ".evidence"),
        ] {
            try #require(text.contains(was), "\(was)")
            try site.folder.write("forged.json", text.replacing(was, with: now))
            let forged = try await check("forged.json")
            #expect(forged.exitCode == 1 && forged.stdout.contains(claim), "\(claim): \(forged.stdout)")
        }
    }
}
