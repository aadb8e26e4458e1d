import Foundation
import PicketMitigation
import Testing

/// Whether a real broker really refuses what is revoked.
@Suite(
    "The canary", .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .serialized,
    .waits)
struct MitigationCanaryTests {
    private static let playbook = """
        mode: automatic
        steps: [{ cut-off: { watch: 1s } }]
        """

    private func alarms(_ site: MitigationSite) throws -> [String] {
        try site.broker.records().filter { $0["event"] as? String == "alarm" }.map {
            "\($0["alarm"] as? String ?? "") \($0["state"] as? String ?? "")"
        }
    }

    @Test func `a cut-off is proved by a certificate that only the newest list revokes`() async throws {
        let site = try MitigationSite(devices: ["t-1", "t-2"], playbook: Self.playbook)
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        let other = try FleetDevice("t-2", on: site)
        try await device.start()
        try await other.start()
        try await device.publish(21)
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("cut-off", "t-1") == "done", "\(picket.wordsText)")
        for fact in ["denied", "session-ended", "revoked", "list-reloaded", "canary-refused", "stays-away"] {
            #expect(try site.isSeen(fact, "t-1") == true, "\(fact)")
        }
        #expect(try alarms(site).isEmpty, "\(picket.wordsText)")
        // The chain, each with its place in the log: events, violation, intent, facts, outcome.
        let id = try site.id("cut-off", "t-1")
        let show = try ProductProgram.run(
            ["mitigation", "show", id, "--data", "data", "--output", "text"], in: site.folder)
        let lines = String(decoding: show.output, as: UTF8.self).split(separator: "\n").map(String.init)
        let wanted = [
            "21 × publish", "violation:", "intent: running", "seen: denied", "seen: canary-refused", "outcome: done",
        ]
        var place = 0
        for part in wanted {
            let next = lines[place...].firstIndex { $0.contains(part) }
            #expect(next != nil, "\(part) after line \(place) of \(lines)")
            place = next ?? place
        }
        #expect(lines.count { $0.contains("record ") } >= 8, "\(lines)")
        try await other.publish(1)
        #expect(try site.broker.records().allSatisfy { $0["device"] as? String != CertificateAuthority.canaryName })
        await device.stop()
        await other.stop()
        stop(picket)
    }

    @Test func `a broker that reads no list of ours fails open: an alarm, and the cut-off is not called proved`()
        async throws
    {
        let site = try MitigationSite(devices: ["t-1"], playbook: Self.playbook)
        let lines = try String(contentsOfFile: site.file("mosquitto.conf"), encoding: .utf8)
        try site.folder.write(
            "mosquitto.conf",
            lines.split(separator: "\n").filter { !$0.hasPrefix("crlfile") }.joined(separator: "\n") + "\n")
        let picket = try site.start()
        try await until { try alarms(site) == ["fails-open raised"] }
        try await until { picket.wordsText.contains("ALARM fails-open of main") }
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("cut-off", "t-1") == "failed")
        #expect(try site.isSeen("canary-refused", "t-1") == false)
        #expect(try site.isSeen("session-ended", "t-1") == true, "the plugin keeps it out all the same")
        await device.stop()
        stop(picket)
    }

    @Test func `without an address nobody can ask the broker: the outcome says so, and so do the checks before`()
        async throws
    {
        let site = try MitigationSite(devices: ["t-1"], playbook: Self.playbook)
        try site.writeConfiguration(isReachable: false)
        for command in [["run", "--check"], ["playbook", "check", "playbooks.yaml"]] {
            let checked = try ProductProgram.run(command + ["--config", "picket.yaml"], in: site.folder)
            #expect(checked.end == .code(0))
            #expect(checked.words.contains("playbook contain, step 1, cut-off: it can never be called done"))
        }
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("cut-off", "t-1") == "unknown")
        #expect(try site.isSeen("canary-refused", "t-1") == false)
        #expect(try site.detail(of: "canary-refused", "t-1").contains("nobody can ask"))
        for fact in ["denied", "session-ended", "revoked", "list-reloaded", "stays-away"] {
            #expect(try site.isSeen(fact, "t-1") == true, "\(fact)")
        }
        // What may be in force can be taken back.
        let id = try site.id("cut-off", "t-1")
        let undone = try ProductProgram.run(
            ["mitigation", "undo", id, "--note", "a test", "--data", "data"], in: site.folder)
        #expect(undone.end == .code(0), "\(undone.words)")
        try await until { try site.outcome("undo-cut-off", "t-1") == "done" }
        #expect(try site.isSeen("allowed", "t-1") == true)
        await device.stop()
        stop(picket)
    }

    @Test func `a list that somebody broke is put back, and the broker reads it`() async throws {
        let site = try MitigationSite(devices: ["t-1"], playbook: Self.playbook)
        try site.authority.revoke(serial: try site.serial(of: "t-1"), reason: .keyCompromise, now: Date())
        let picket = try site.start()
        try await until { picket.wordsText.contains("it was another one") }
        try await until { try await !Self.getsIn("t-1", site) }
        // For a few seconds the revoked device gets in: the broker goes on without a list.
        try site.folder.write("crl.pem", "nonsense")
        let broker = try #require(site.broker.mosquitto)
        broker.signal(SIGHUP)
        try await until { try await Self.getsIn("t-1", site) }
        try await until { try await !Self.getsIn("t-1", site) }
        #expect(try String(contentsOfFile: site.file("crl.pem"), encoding: .utf8) == site.authority.list())
        #expect(picket.wordsText.contains("it was none that a broker can read"))
        stop(picket)
    }

    private static func getsIn(_ name: String, _ site: MitigationSite) async throws -> Bool {
        let device = try FleetDevice(name, on: site)
        defer { Task { await device.stop() } }
        do {
            try await device.connectOnce()
            return true
        } catch {
            return false
        }
    }

    @Test func `an authority that cannot renew its list raises an alarm days before it expires`() async throws {
        let site = try MitigationSite(devices: [], playbook: Self.playbook)
        // A list of six days ago, and a key that nobody may use any more.
        try site.authority.renewList(now: Date() - 6 * 86_400)
        try site.folder.write("crl.pem", try site.authority.list())
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: site.authority.keyFile)
        let past = [FileAttributeKey.modificationDate: Date() - 6 * 86_400]
        try FileManager.default.setAttributes(past, ofItemAtPath: site.authority.listFile)
        let picket = try site.start()
        try await until { try alarms(site).contains("list-expires raised") }
        #expect(
            try site.broker.records().contains {
                ($0["detail"] as? String ?? "").contains("hours; then the broker refuses every device")
            })
        stop(picket)
    }

    @Test func `a list that is half a week old is made anew, and the broker goes on with it`() async throws {
        let site = try MitigationSite(devices: ["t-1"], playbook: Self.playbook)
        try site.authority.renewList(now: Date(timeIntervalSinceNow: -4 * 86_400))
        try site.folder.write("crl.pem", try site.authority.list())
        let before = try site.authority.register().listNumber
        let picket = try site.start()
        try await until { try site.authority.register().listNumber == before + 1 }
        try await until {
            try String(contentsOfFile: site.file("crl.pem"), encoding: .utf8) == site.authority.list()
        }
        // The canary of the new list is refused: the broker has read it.
        for end in ["crt", "key"] {
            try FileManager.default.copyItem(
                atPath: site.file("ca/canary.\(end)"), toPath: site.file("keys/canary.\(end)"))
        }
        try await until {
            let canary = try FleetDevice("canary", on: site)
            do {
                try await canary.connectOnce()
                await canary.stop()
                return false
            } catch {
                return true
            }
        }
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        #expect(await device.isConnected, "an expired or broken list refuses everybody")
        #expect(try site.broker.records().allSatisfy { $0["event"] as? String != "alarm" })
        await device.stop()
        stop(picket)
    }

    @Test func `a list that no broker here reads is made anew too`() async throws {
        let site = try MitigationSite(devices: [], playbook: Self.playbook)
        try site.authority.renewList(now: Date(timeIntervalSinceNow: -4 * 86_400))
        let before = try site.authority.register().listNumber
        let lines = try String(contentsOfFile: site.file("picket.yaml"), encoding: .utf8)
        let without = lines.replacingOccurrences(of: "crl: crl.pem, pid: mosquitto.pid, ", with: "")
        #expect(without != lines)
        try site.folder.write("picket.yaml", without)
        let picket = try site.start()
        try await until { try site.authority.register().listNumber == before + 1 }
        try await until { picket.wordsText.contains("a new revocation list for main: ") }
        stop(picket)
    }
}
