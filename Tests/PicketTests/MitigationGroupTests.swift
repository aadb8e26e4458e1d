import Foundation
import MQTT
import Testing

/// Quarantine and the cutting off of users, on a real Mosquitto with dynamic security.
@Suite(
    "Groups and users on a real broker",
    .enabled(
        if: PluginSite.plugin != nil && PluginSite.broker != nil && DynamicSite.library != nil, PluginSite.reason),
    .serialized, .waits
)
struct MitigationGroupTests {
    static func publish(_ device: MQTTClient, _ name: String, _ count: Int) async throws -> [ReasonCode] {
        var codes: [ReasonCode] = []
        for number in 0..<count {
            do {
                codes.append(
                    try await device.publish(MQTTMessage(topic: "telemetry/\(name)", payload: Array("\(number)".utf8))))
            } catch MQTTError.rejected(let code) {
                codes.append(code)
            }
        }
        return codes
    }

    /// Also where the device has its rights by a role of its own, which dynamic security asks before all groups.
    @Test(arguments: [false, true])
    func `a device in quarantine can say nothing, is watched by other profiles, and comes out again`(
        hasOwnRole: Bool
    ) async throws {
        let site = try DynamicSite(
            devices: ["t-1", "t-2"],
            playbook: """
                mode: automatic
                cool-down: 1s
                unattended-moves: true
                steps: [{ move-to-group: { group: quarantine, probe: "telemetry/{device}", watch: 2s } }]
                """, hasOwnRole: hasOwnRole)
        var picket = try site.broker.startPicket()
        let device = try site.device("t-1")
        let other = try site.device("t-2")
        await device.start()
        await other.start()
        #expect(try await Self.publish(device, "t-1", 21).allSatisfy { !$0.isError })
        try await until { try site.outcome("move-to-group", "t-1") != nil }
        #expect(try site.outcome("move-to-group", "t-1") == "done", "\(picket.wordsText)")
        for fact in ["enforced", "stand-in-refused", "silenced"] {
            let facts = try site.mitigations("fact", "t-1")
            #expect(try site.fact(fact, "t-1") == "yes", "\(fact): \(facts)")
        }
        #expect(try site.mitigations("membership", "t-1").map { $0["state"] as? String } == ["joined"])
        #expect(try await Self.publish(device, "t-1", 1).allSatisfy { $0 == .notAuthorized })
        #expect(try await Self.publish(other, "t-2", 1).allSatisfy { !$0.isError })
        // It is back in its session, and a profile of its new group means it.
        try await until { try site.broker.records().contains { $0["behavior"] as? String == "tries" } }
        #expect(
            try site.broker.records().allSatisfy {
                $0["behavior"] as? String != "tries" || $0["device"] as? String == "t-1"
            })
        #expect(!(try site.control(["listClients"])).contains("stand-in"))
        // A restart knows it from the log, and a replay finds the same violations.
        stop(picket)
        picket = try site.broker.startPicket()
        let undone = try ProductProgram.run(
            ["mitigation", "undo", try site.id("move-to-group", "t-1"), "--note", "mended", "--data", "data"],
            in: site.broker.folder)
        #expect(undone.end == .code(0), "\(undone.words)")
        try await until { try site.outcome("undo-move-to-group", "t-1") != nil }
        #expect(try site.outcome("undo-move-to-group", "t-1") == "done", "\(picket.wordsText)")
        #expect(try site.mitigations("membership", "t-1").map { $0["state"] as? String } == ["joined", "left"])
        try await until { try await Self.publish(device, "t-1", 1).allSatisfy { !$0.isError } }
        let shown = try ProductProgram.run(
            ["mitigation", "show", try site.id("move-to-group", "t-1"), "--data", "data", "--output", "text"],
            in: site.broker.folder)
        #expect(String(decoding: shown.output, as: UTF8.self).contains("joined the group quarantine"))
        await device.close()
        await other.close()
        stop(picket)
        let replay = try ProductProgram.run(["replay", "data/log", "--output", "json"], in: site.broker.folder)
        let derived = String(decoding: replay.output, as: UTF8.self).split(separator: "\n").map(String.init)
        let cat = try ProductProgram.run(["log", "cat", "data/log"], in: site.broker.folder).output
        #expect(derived == KillComparison.violations(cat))
        #expect(derived.contains { $0.contains("\"tries\"") })
    }

    @Test func `a group that takes nothing away is found out, and so is a client that nobody knows`() async throws {
        let site = try DynamicSite(
            devices: ["t-1"],
            playbook: """
                mode: automatic
                unattended-moves: true
                steps: [{ move-to-group: { group: quarantine, probe: "telemetry/{device}", watch: 1s } }]
                """)
        try site.control(["removeGroupRole", "quarantine", "mute"])
        let picket = try site.broker.startPicket()
        let device = try site.device("t-1")
        await device.start()
        _ = try await Self.publish(device, "t-1", 21)
        try await until { try site.outcome("move-to-group", "t-1") != nil }
        #expect(try site.outcome("move-to-group", "t-1") == "failed")
        #expect(try site.fact("enforced", "t-1") != nil)
        #expect(try site.fact("stand-in-refused", "t-1") == "no")
        await device.close()
        stop(picket)
    }

    @Test func `a device that logs in by its password is cut off by its user, and nobody else is`() async throws {
        let site = try DynamicSite(
            devices: ["t-1", "t-2"], playbook: "mode: automatic\nsteps: [{ cut-off: { watch: 2s } }]")
        let picket = try site.broker.startPicket()
        let device = try site.device("t-1")
        let other = try site.device("t-2")
        await device.start()
        await other.start()
        #expect(try await Self.publish(device, "t-1", 21).allSatisfy { !$0.isError })
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("cut-off", "t-1") == "done", "\(picket.wordsText)")
        for fact in ["disabled", "denied", "session-ended", "stays-away", "login-refused"] {
            let facts = try site.mitigations("fact", "t-1")
            #expect(try site.fact(fact, "t-1") == "yes", "\(fact): \(facts)")
        }
        #expect(try site.mitigations("intent", "t-1").first?["user"] as? String == "t-1")
        #expect(try await Self.publish(other, "t-2", 1).allSatisfy { !$0.isError })
        // We hold its password, and are refused.
        let again = try site.device("t-1")
        await #expect(throws: MQTTError.self) { try await again.connect() }
        let undone = try ProductProgram.run(
            ["mitigation", "undo", try site.id("cut-off", "t-1"), "--note", "mended", "--data", "data"],
            in: site.broker.folder)
        #expect(undone.end == .code(0), "\(undone.words)")
        try await until { try site.outcome("undo-cut-off", "t-1") == "done" }
        try await until { await device.isConnected }
        await device.close()
        await other.close()
        stop(picket)
    }

    @Test func `without a stand-in nobody knows whether the group takes anything from a device that is silent`()
        async throws
    {
        let site = try DynamicSite(
            devices: ["t-1"],
            playbook: """
                mode: automatic
                unattended-moves: true
                steps: [{ move-to-group: { group: quarantine, watch: 1s } }]
                """)
        let checked = try ProductProgram.run(["run", "--check", "--config", "picket.yaml"], in: site.broker.folder)
        #expect(checked.words.contains("never be called done") && checked.words.contains("`probe`"), "\(checked.words)")
        try site.control(["removeGroupRole", "quarantine", "mute"])
        let picket = try site.broker.startPicket()
        let device = try site.device("t-1")
        await device.start()
        _ = try await Self.publish(device, "t-1", 21)
        try await until { try site.outcome("move-to-group", "t-1") != nil }
        #expect(try site.outcome("move-to-group", "t-1") == "unknown")
        #expect(try site.fact("silenced", "t-1") == "yes")
        await device.close()
        stop(picket)
    }

    @Test func `a release takes it out on the broker, and a wrong password of Picket's own is said`() async throws {
        let site = try DynamicSite(
            devices: ["t-1"],
            playbook: """
                mode: automatic
                unattended-moves: true
                cool-down: 1s
                steps: [{ release: { group: devices } }]
                """)
        let secret = try String(contentsOfFile: site.broker.folder.file("control.secret"), encoding: .utf8)
        try site.broker.folder.write("control.secret", "not-the-password\n")
        var picket = try site.broker.startPicket()
        let device = try site.device("t-1")
        await device.start()
        _ = try await Self.publish(device, "t-1", 21)
        try await until { try site.outcome("release", "t-1") != nil }
        #expect(try site.outcome("release", "t-1") == "failed")
        let outcome = try site.mitigations("outcome", "t-1").last?["note"] as? String ?? ""
        #expect(outcome.contains("not authorized") || outcome.contains("bad user name"), "\(outcome)")
        #expect(try site.control(["getClient", "t-1"]).contains("devices"))
        stop(picket)
        try site.broker.folder.write("control.secret", secret)
        // Another violation, after the cool-down.
        try await Task.sleep(for: .seconds(1))
        try site.broker.folder.write(
            "profile.yaml",
            """
            profile: site
            targets: [all]
            behaviors:
              - { name: burst, metric: num-messages-sent, alarm: more than 10 in 1h, severity: high, playbook: contain }
            """)
        picket = try site.broker.startPicket()
        _ = try await Self.publish(device, "t-1", 21)
        try await until { try site.mitigations("outcome", "t-1").count == 2 }
        let ends = try site.mitigations("outcome", "t-1")
        #expect(ends.last?["state"] as? String == "done", "\(ends) \(picket.wordsText)")
        #expect(!(try site.control(["getClient", "t-1"])).contains("devices"))
        #expect(try site.mitigations("membership", "t-1").last?["state"] as? String == "left")
        await device.close()
        stop(picket)
    }

    @Test func `who is moved waits for two people where the playbook asks`() async throws {
        let site = try DynamicSite(
            devices: ["t-1"], playbook: "mode: approve\nsteps: [{ move-to-group: { group: quarantine, watch: 1s } }]")
        let picket = try site.broker.startPicket()
        let device = try site.device("t-1")
        await device.start()
        _ = try await Self.publish(device, "t-1", 21)
        try await until { try !site.mitigations("intent", "t-1").isEmpty }
        let intent = try #require(try site.mitigations("intent", "t-1").first)
        #expect(intent["state"] as? String == "waiting")
        #expect(intent["approvers"] as? Int == 2)
        let id = intent["id"] as? String ?? ""
        let first = try ProductProgram.run(
            ["mitigation", "approve", id, "--note", "yes", "--data", "data"], in: site.broker.folder)
        #expect(first.end == .code(0), "\(first.words)")
        let second = try ProductProgram.run(
            ["mitigation", "approve", id, "--note", "yes again", "--data", "data"], in: site.broker.folder)
        #expect(second.end != .code(0), "the same person is not two")
        #expect(try site.mitigations("membership", "t-1").isEmpty)
        await device.close()
        stop(picket)
    }
}
