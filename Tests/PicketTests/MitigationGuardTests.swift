import Foundation
import Glibc
import PicketEvents
import PicketLog
import PicketMitigation
import PicketService
import Testing

/// What time, people, and other playbooks do to a playbook: on a real broker, and in one run of Picket.
@Suite(
    "Guard rails on a real broker",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .serialized,
    .waits)
struct MitigationGuardTests {
    /// One profile and one playbook for each of the devices.
    private static let playbooks = """
        playbooks:
          undone:
            mode: automatic
            steps: [{ cut-off: { watch: 1s } }, { wait: { for: session-gone, within: 30s } }]
            undo: { after: 2s }
          expires:
            mode: approve
            approval: { within: 2s }
            steps: [{ cut-off: { watch: 1s } }]
          critical:
            mode: automatic
            severity: critical
            steps: [{ cut-off: { watch: 1s } }]
          cools:
            mode: automatic
            cool-down: 1h
            steps: [{ run: { command: [/bin/true] } }]

        """

    private static func profile(_ playbook: String) -> String {
        """
        profile: \(playbook)
        targets: [{ device: \(playbook) }]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than 20 in 1h, severity: high, playbook: \(playbook) }
          - { name: more, metric: num-messages-sent, alarm: more than 30 in 1h, severity: high, playbook: \(playbook) }

        """
    }

    @Test func `cut-offs end, approvals expire, mild violations cause nothing, and a device is not acted on twice`()
        async throws
    {
        let names = ["undone", "expires", "critical", "cools"]
        let site = try MitigationSite(devices: names, playbook: "mode: observe\nsteps: [{ wait: 1s }]")
        try site.folder.write("playbooks.yaml", Self.playbooks)
        try #require(chmod(site.file("playbooks.yaml"), 0o644) == 0)
        for name in names { try site.folder.write("\(name).yaml", Self.profile(name)) }
        var configuration = try String(contentsOfFile: site.file("picket.yaml"), encoding: .utf8)
        configuration = configuration.replacingOccurrences(
            of: "[profile.yaml]", with: "[\(names.map { "\($0).yaml" }.joined(separator: ", "))]")
        try site.folder.write("picket.yaml", configuration)
        let picket = try site.start()
        var devices: [String: FleetDevice] = [:]
        for name in names {
            let device = try FleetDevice(name, on: site)
            try await device.start()
            devices[name] = device
            // One more is refused where it is cut off by then: only what comes before counts.
            try await device.publish(name == "cools" || name == "critical" ? 31 : 21)
        }
        // It is cut off, gone, and let in again.
        try await until { try site.outcome("undo-cut-off", "undone") != nil }
        #expect(try site.outcome("cut-off", "undone") == "done", "\(picket.wordsText)")
        #expect(try site.outcome("wait", "undone") == "done")
        #expect(try site.outcome("undo-cut-off", "undone") == "done")
        #expect(try site.isSeen("allowed", "undone") == true)
        // Nobody decided in time: nothing was done, and nothing can be decided any more.
        try await until { try site.outcome("cut-off", "expires") != nil }
        #expect(try site.outcome("cut-off", "expires") == "expired")
        let late = try ProductProgram.run(
            ["mitigation", "approve", try site.id("cut-off", "expires"), "--note", "late", "--data", "data"],
            in: site.folder)
        #expect(late.end != .code(0))
        #expect(await devices["expires"]?.isConnected == true)
        #expect(try site.mitigations("fact", "expires").isEmpty)
        // Not severe enough for its playbook.
        try await until { try self.violations(site, "critical") == 2 }
        #expect(try site.mitigations("intent", "critical").isEmpty)
        // The second violation comes while the playbook cools down.
        try await until { try self.violations(site, "cools") == 2 }
        #expect(
            try site.mitigations("intent", "cools").map { $0["state"] as? String } == ["running", "refused"])
        #expect(
            (try site.mitigations("intent", "cools").last?["why"] as? String ?? "").contains("less than 3600 s ago"))
        for device in devices.values { await device.stop() }
        stop(picket)
    }

    private func violations(_ site: MitigationSite, _ device: String) throws -> Int {
        try site.broker.records().count {
            $0["kind"] as? String == "violation" && $0["event"] as? String == "in-alarm"
                && $0["device"] as? String == device
        }
    }

    @Test(.enabled(if: Curl.path != nil, "needs curl"))
    func `what is wrong with a broker is in the metrics`() async throws {
        let site = try MitigationSite(devices: [], playbook: "mode: observe\nsteps: [{ cut-off: {} }]")
        let lines = try String(contentsOfFile: site.file("mosquitto.conf"), encoding: .utf8)
        try site.folder.write(
            "mosquitto.conf",
            lines.split(separator: "\n").filter { !$0.hasPrefix("crlfile") }.joined(separator: "\n") + "\n")
        try site.broker.startBroker()
        var picket: ProductProgram?
        var url = ""
        for _ in 0..<20 where picket == nil {
            let port = Int.random(in: 20_000..<60_000)
            url = "http://127.0.0.1:\(port)/"
            let configuration = try String(contentsOfFile: site.file("picket.yaml"), encoding: .utf8)
            try site.folder.write(
                "picket.yaml",
                configuration.split(separator: "\n").map {
                    $0.hasPrefix("listen:") ? "listen: 127.0.0.1:\(port)" : String($0)
                }.joined(separator: "\n") + "\n")
            let program = try ProductProgram(["run", "--config", "picket.yaml"], in: site.folder)
            if program.waits(until: { program.wordsText.contains(url) }) { picket = program }
        }
        let running = try #require(picket)
        try await until { running.wordsText.contains("ALARM fails-open of main") }
        let metrics = try ProductProgram.run(
            ["-s", "-S", "--max-time", "30", url + "metrics"], executable: Curl.path ?? "curl", in: site.folder)
        let text = String(decoding: metrics.output, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("picket_broker_alarm{") }.map(String.init) ?? ""
        #expect(line.contains("broker=\"main\"") && line.contains("fails-open") && line.hasSuffix(" 1"), "\(text)")
        stop(running)
    }

    /// A log with two commands that nobody carried out: one of eleven minutes ago, one of half a minute ago.
    ///
    /// - Returns: their ids.
    private static func writeOldIntents(_ site: MitigationSite) throws -> [String] {
        try FileManager.default.createDirectory(atPath: site.file("data"), withIntermediateDirectories: true)
        let writer = try LogWriter(folder: site.file("data/log"), options: LogOptions())
        let now = Daemon.now
        var ids: [String] = []
        for (age, violation) in [(Int64(660_000), "old"), (30_000, "new")] {
            let id = Intent.id(violation: violation, playbook: "contain", index: 0, step: "command")
            ids.append(id)
            var line = RecordLine(received: now - age, kind: .mitigation)
            for (key, value) in [
                ("event", "intent"), ("id", id), ("device", "t-1"), ("violation", violation),
                ("behavior", "site/flood"),
                ("severity", "high"), ("playbook", "contain"), ("step", "command"), ("state", "running"),
                ("why", "a test"),
            ] { line.add(key, value) }
            var buffer = RecordBuffer()
            buffer.append(line: line.finish(), time: now - age)
            try writer.append(buffer)
        }
        try writer.close()
        return ids
    }

    @Test
    func `a command of more than ten minutes ago is not sent again after a start: nobody knows what became of it`()
        async throws
    {
        let site = try MitigationSite(
            devices: ["t-1"],
            playbook: """
                mode: automatic
                steps:
                  - command: { topic: "cmd/{device}/shutdown", payload: { id: "{request}", operation: shutdown }, \
                acknowledge: "cmd/{device}/ack", within: 60s }
                """)
        let ids = try Self.writeOldIntents(site)
        try site.broker.startBroker()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        let picket = try site.broker.startPicket()
        try await until { try site.mitigations("outcome", "t-1").count == 2 }
        let outcomes = try site.mitigations("outcome", "t-1")
        #expect(outcomes.first { $0["id"] as? String == ids[0] }?["state"] as? String == "unknown")
        #expect(outcomes.first { $0["id"] as? String == ids[1] }?["state"] as? String == "done", "\(picket.wordsText)")
        #expect(Set(device.requests) == [ids[1]])
        await device.stop()
        stop(picket)
    }
}

extension Daemon {
    /// Unix milliseconds.
    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}
