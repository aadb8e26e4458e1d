import Foundation
import PicketDetection
import PicketEvents
import PicketLog
import PicketReports
import Testing

@testable import PicketService

/// `picket audit`, as a person runs it, and the audit that a daemon repeats.
@Suite(.waits) struct AuditCommandTests {
    private static let feed = ["t-1", "t-2"].enumerated().map { number, device in
        "{\"time\":\"2026-11-20T10:00:0\(number).000Z\",\"kind\":\"connect\",\"device\":\"\(device)\","
            + "\"client\":\"\(device)\",\"certificate\":{\"serial\":\"0A1B\"},\"address\":\"10.0.0.\(number)\"}\n"
    }.joined()

    @Test func `findings are told, recorded on request, and stand in the report`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("feed.ndjson", Self.feed)
        try folder.write(
            "p.yaml", "profile: p\nbehaviors: [{ name: b, metric: num-messages-sent, alarm: more than 5 in 1m }]\n")
        try folder.write("mosquitto.conf", "listener 1883\nallow_anonymous true\nlog_type all\n")
        try folder.write(
            "audit.yaml",
            """
            mosquitto: [mosquitto.conf]
            log: log
            suppressions:
              - { check: acl-missing, reason: test bench, owner: anna, expires: 2026-12-31 }
            """)
        // Where a daemon that keeps its log in this folder would have it.
        try FileManager.default.createDirectory(atPath: "\(folder.path)/keys", withIntermediateDirectories: false)
        let key = try await Binary.run(
            ["log", "keys", "create", "keys/log.key", "--for", "example.test/audit"], in: folder.path)
        try #require(key.exitCode == 0, "\(key.stderr)")
        let made = try await Binary.run(
            ["replay", "feed.ndjson", "--profile", "p.yaml", "--write-log", "log", "--sign-with", "keys/log.key"],
            in: folder.path)
        try #require(made.exitCode == 0, "\(made.stderr)")
        let audit = try await Binary.run(
            ["audit", "--config", "audit.yaml", "--at", "2026-11-24", "--record", "--output", "text"], in: folder.path)
        #expect(audit.exitCode == 1, "\(audit.stderr)")
        for words in [
            "critical  broker-anonymous  mosquitto.conf allow_anonymous true: whoever connects to port 1883 needs no password",
            "critical  certificate-shared  serial 0A1B: 2 devices used it: t-1, t-2",
            "acl-missing  mosquitto.conf: there are no rules: every client may read and write every topic "
                + "(suppressed until 2026-12-31: test bench)",
            "3 findings need attention",
        ] { #expect(audit.stdout.contains(words), "\(audit.stdout)") }

        let query = try await Binary.run(["log", "query", "log", "--kind", "finding"], in: folder.path)
        #expect(query.lines.filter { $0.contains("\"state\":\"found\"") }.count == 4, "\(query.stdout)")
        #expect(query.lines.contains { $0.contains("\"check\":\"client-id-conflict\",\"state\":\"clean\"") })
        let report = try await Binary.run(
            [
                "report", "--log", "log", "--framework", "\(Places.package)/profiles/compliance/etsi-en-303-645.yaml",
                "--to-file", "r.html",
            ], in: folder.path)
        #expect(report.exitCode == 0, "\(report.stderr)")
        let page = try String(contentsOfFile: "\(folder.path)/r.html", encoding: .utf8)
        let again = try await Binary.run(
            ["audit", "--config", "audit.yaml", "--at", "2026-11-24", "--record"], in: folder.path)
        #expect(again.exitCode == 1)
        let counted = try await Binary.run(
            [
                "report", "--log", "log", "--framework", "\(Places.package)/profiles/compliance/etsi-en-303-645.yaml",
                "--to-file", "r.json",
            ], in: folder.path)
        #expect(counted.exitCode == 0, "\(counted.stderr)")
        if Places.hasPython {
            let check = try await Binary.python(
                ["\(Places.package)/tools/check_report.py", "r.json", "log"], in: folder.path)
            #expect(check.exitCode == 0, "\(check.stdout)\(check.stderr)")
        }
        #expect(page.contains("broker-anonymous") && page.contains("test bench"))
    }

    @Test func `a finding that a later audit does not find any more is closed, in the log and in the report`()
        async throws
    {
        let folder = try TemporaryFolder()
        try folder.write("feed.ndjson", Self.feed)
        try folder.write(
            "p.yaml", "profile: p\nbehaviors: [{ name: b, metric: num-messages-sent, alarm: more than 5 in 1m }]\n")
        try folder.write("mosquitto.conf", "listener 1883\nallow_anonymous true\nlog_type all\n")
        try folder.write("other.conf", "listener 1883\nlog_type all\n")
        try FileManager.default.createDirectory(atPath: "\(folder.path)/keys", withIntermediateDirectories: false)
        func run(_ arguments: [String], _ code: Int32 = 0) async throws {
            let run = try await Binary.run(arguments, in: folder.path)
            try #require(run.exitCode == code, "\(arguments): \(run.stderr)")
        }
        func findings() async throws -> [[String: Any]] {
            try await run(
                [
                    "report", "--log", "log", "--framework",
                    "\(Places.package)/profiles/compliance/etsi-en-303-645.yaml", "--to-file", "r.json",
                ])
            if Places.hasPython {
                let check = try await Binary.python(
                    ["\(Places.package)/tools/check_report.py", "r.json", "log"], in: folder.path)
                #expect(check.exitCode == 0, "\(check.stdout)\(check.stderr)")
            }
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("r.json")))
            let report = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            return try #require((report["findings"] as? [String: Any])?["list"] as? [[String: Any]])
        }
        func item(_ check: String, _ list: [[String: Any]]) throws -> [String: Any] {
            try #require(
                list.first { ($0["what"] as? String)?.contains(check) == true && $0["from"] != nil }, "\(list)")
        }
        try await run(["log", "keys", "create", "keys/log.key", "--for", "example.test/audit"])
        try await run(
            ["replay", "feed.ndjson", "--profile", "p.yaml", "--write-log", "log", "--sign-with", "keys/log.key"])
        let audit = ["audit", "--mosquitto", "mosquitto.conf", "--log", "log", "--at", "2026-11-24", "--record"]
        try await run(audit, 1)
        let open = try item("broker-anonymous", try await findings())
        #expect(open["to"] == nil)
        try folder.write("mosquitto.conf", "listener 1883\nallow_anonymous false\nlog_type all\n")
        // An audit of something else closes nothing.
        try await run(["audit", "--mosquitto", "other.conf", "--log", "log", "--at", "2026-11-24", "--record"], 1)
        #expect(try item("broker-anonymous", try await findings())["to"] == nil)
        try await run(audit, 1)
        let list = try await findings()
        let closed = try item("broker-anonymous", list)
        #expect(closed["from"] as? String == open["from"] as? String)
        #expect(closed["to"] != nil && closed["closedRecord"] is Int, "\(closed)")
        #expect(try item("broker-plaintext-listener", list)["to"] == nil)
        // It is closed once.
        try await run(audit, 1)
        let query = try await Binary.run(["log", "query", "log", "--kind", "finding"], in: folder.path)
        let lines = query.lines.filter { $0.contains("\"state\":\"closed\"") }
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains("broker-anonymous") }, "\(lines)")
    }

    @Test func `nothing to look at, a wrong plan and a record without a log are refused`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("audit.yaml", "mosquito: [a]\n")
        for (arguments, code, words) in [
            ([], 64, "There is nothing to look at"), (["--config", "audit.yaml"], 2, "mosquitto"),
            (["--mosquitto", "m.conf", "--record"], 64, "--log"),
        ] as [([String], Int32, String)] {
            let run = try await Binary.run(["audit"] + arguments, in: folder.path)
            #expect(run.exitCode == code && run.stderr.contains(words), "\(arguments): \(run.stderr)")
        }
    }

    @Test func `a daemon repeats its audit, and when a file it looks at has changed`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("mosquitto.conf", "listener 8883\ncertfile c\nlog_type all\nacl_file acl\n")
        try folder.write("acl", "pattern write telemetry/%u/#\n")
        var plan = AuditPlan()
        plan.mosquitto = ["\(folder.path)/mosquitto.conf"]
        plan.log = "\(folder.path)/log"
        plan.certificates = ["\(folder.path)/pki"]
        for name in ["pki", "conf.d"] {
            try FileManager.default.createDirectory(
                atPath: folder.file(name), withIntermediateDirectories: false)
        }
        try folder.write("conf.d/first.conf", "log_type all\n")
        try folder.write(
            "mosquitto.conf", "listener 8883\nacl_file \(folder.path)/acl\ninclude_dir \(folder.path)/conf.d\n")
        let pipeline = Pipeline(
            writer: try LogWriter(folder: "\(folder.path)/log", options: LogOptions()),
            detector: Detector(profiles: []),
            after: 0, wallClock: Daemon.wallClock, report: { _ in })
        try await pipeline.begin(version: "1", note: nil)
        let schedule = AuditSchedule(
            plan: plan, pipeline: pipeline, say: { _ in }, lookEvery: .milliseconds(5))
        let running = Task { try await schedule.run() }
        /// Waits until the log holds a finding about the resource.
        func wait(for resource: String) async throws -> Bool {
            for _ in 0..<2_000 {
                var query = LogQuery()
                query.add(.kind, "finding")
                var reader = try QueryReader(folder: "\(folder.path)/log", query)
                while let matches = try reader.next() {
                    if matches.contains(where: { String(decoding: $0.line, as: UTF8.self).contains(resource) }) {
                        return true
                    }
                }
                try await Task.sleep(for: .milliseconds(5))
            }
            return false
        }
        #expect(try await wait(for: "broker-plaintext-listener"))
        try folder.write("acl", "pattern write telemetry/%u/#\ntopic readwrite #\n")
        #expect(try await wait(for: "acl topic readwrite #"))
        try folder.write("acl", "pattern write telemetry/%u/#\n")
        #expect(
            try await wait(
                for: "\"state\":\"closed\",\"severity\":\"critical\",\"resource\":\"\(folder.path)/acl topic"))
        // A file that comes into a folder is a change too.
        try folder.write("pki/broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n")
        #expect(try await wait(for: "\(folder.path)/pki/broken.pem"))
        try folder.write("conf.d/more.conf", "listener 1999\n")
        #expect(try await wait(for: "conf.d/more.conf listener 1999"))
        running.cancel()
        try await running.value
        try await pipeline.close(version: "1")
    }
}
