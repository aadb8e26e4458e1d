import Foundation
import MQTT
import Synchronization
import Testing

/// A person stops everything, with a real device on a real Mosquitto.
@Suite(
    "Mitigation that is stopped", .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .serialized, .waits)
struct MitigationStopTests {
    private func decide(_ words: [String], _ site: MitigationSite) throws {
        let run = try ProductProgram.run(["mitigation"] + words + ["--data", "data"], in: site.folder)
        #expect(run.end == .code(0), "\(run.words)")
    }

    @Test func `a command that is under way falls silent, and goes on with the same id`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"],
            playbook: """
                mode: automatic
                steps:
                  - command:
                      topic: cmd/{device}/shutdown
                      payload: { id: "{request}", operation: shutdown }
                      acknowledge: cmd/{device}/ack
                      within: 60s
                  - wait: { for: acknowledged, within: 60s }
                """)
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        device.interrupt.withLock { $0 = { true } }
        try await device.start()
        try await device.publish(21)
        try await until { !device.requests.isEmpty }
        try decide(["stop", "--note", "false alarm"], site)
        // A command that nobody answers is repeated every five seconds; one may have been on its way.
        let before = device.requests.count
        try await Task.sleep(for: .seconds(7))
        #expect(device.requests.count <= before + 1)
        #expect(try site.mitigations("outcome", "t-1").isEmpty)
        device.interrupt.withLock { $0 = nil }
        let silent = device.requests.count
        try decide(["resume", "--note", "it was none"], site)
        try await until { try site.outcome("wait", "t-1") != nil }
        #expect(try site.outcome("command", "t-1") == "done", "\(picket.wordsText)")
        #expect(try site.outcome("wait", "t-1") == "done")
        #expect(device.requests.count > silent)
        #expect(Set(device.requests).count == 1)
        await device.stop()
        stop(picket)
    }

    @Test func `a cut-off that was stopped halfway and rejected goes no further, and is taken back`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: "mode: automatic\nsteps: [{ cut-off: { watch: 30s } }]")
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        // It is denied, revoked and kicked, and is being watched.
        try await until { try site.isSeen("canary-refused", "t-1") == true }
        let id = try site.id("cut-off", "t-1")
        #expect(try site.isDenied("t-1"))
        try decide(["stop", "--note", "false alarm"], site)
        try decide(["reject", id, "--note", "it was the new firmware"], site)
        try decide(["resume", "--note", "go on"], site)
        try await Task.sleep(for: .seconds(1))
        #expect(try site.mitigations("outcome", "t-1").isEmpty)
        #expect(try site.isDenied("t-1"))
        try decide(["undo", id, "--note", "let it in"], site)
        try await until { try site.outcome("undo-cut-off", "t-1") != nil }
        #expect(try site.outcome("undo-cut-off", "t-1") == "done", "\(picket.wordsText)")
        #expect(try !site.isDenied("t-1"))
        await device.stop()
        stop(picket)
    }

    @Test func `what waits for a person may be approved or rejected while Picket runs`() async throws {
        let site = try MitigationSite(
            devices: ["t-1", "t-2"], playbook: "mode: approve\nsteps: [{ cut-off: { watch: 1s } }]")
        var picket = try site.start()
        let devices = [try FleetDevice("t-1", on: site), try FleetDevice("t-2", on: site)]
        for device in devices {
            try await device.start()
            try await device.publish(21)
        }
        try await until { try !site.id("cut-off", "t-1").isEmpty && !site.id("cut-off", "t-2").isEmpty }
        try decide(["reject", try site.id("cut-off", "t-2"), "--note", "a test"], site)
        try decide(["approve", try site.id("cut-off", "t-1"), "--note", "confirmed"], site)
        try await until { try site.outcome("cut-off", "t-1") == "done" }
        #expect(try site.isRevoked("t-1"))
        #expect(try !site.isRevoked("t-2"))
        #expect(await devices[1].isConnected)
        stop(picket)
        // While nothing runs a decision is recorded, and done at the next start.
        let undo = ["mitigation", "undo", try site.id("cut-off", "t-1"), "--note", "it was mended", "--data", "data"]
        let first = try ProductProgram.run(undo, in: site.folder)
        #expect(first.end == .code(0), "\(first.words)")
        let second = try ProductProgram.run(undo, in: site.folder)
        #expect(second.end != .code(0) && second.words.contains("nothing to undo"), "\(second.words)")
        picket = try site.broker.startPicket()
        try await until { try site.outcome("undo-cut-off", "t-1") == "done" }
        #expect(try site.mitigations("intent", "t-1").count { $0["step"] as? String == "undo-cut-off" } == 1)
        for device in devices { await device.stop() }
        stop(picket)
    }

    @Test(
        .enabled(if: DynamicSite.library != nil, "needs the dynamic security plugin"),
        arguments: [
            (
                "move-to-group", "move-to-group: { group: quarantine, probe: \"telemetry/{device}\", watch: 60s }",
                "enforced"
            ),
            ("cut-off", "cut-off: { watch: 60s }", "disabled"),
        ])
    func `what dynamic security was told halfway is taken back, and goes no further`(
        step: String, text: String, fact: String
    ) async throws {
        let site = try DynamicSite(
            devices: ["t-1"], playbook: "mode: automatic\nunattended-moves: true\nsteps: [{ \(text) }]")
        let picket = try site.broker.startPicket()
        let device = try site.device("t-1")
        await device.start()
        _ = try await MitigationGroupTests.publish(device, "t-1", 21)
        try await until { try site.fact(fact, "t-1") == "yes" }
        let id = try site.id(step, "t-1")
        func decide(_ words: [String]) throws {
            let run = try ProductProgram.run(["mitigation"] + words + ["--data", "data"], in: site.broker.folder)
            #expect(run.end == .code(0), "\(words): \(run.words)")
        }
        try decide(["stop", "--note", "false alarm"])
        try decide(["reject", id, "--note", "it was the new firmware"])
        try decide(["resume", "--note", "go on"])
        try await Task.sleep(for: .seconds(1))
        #expect(try site.mitigations("outcome", "t-1").isEmpty, "\(picket.wordsText)")
        try decide(["undo", id, "--note", "let it in"])
        try await until { try site.outcome("undo-\(step)", "t-1") != nil }
        #expect(try site.outcome("undo-\(step)", "t-1") == "done", "\(picket.wordsText)")
        try await until { await device.isConnected }
        try await until { try await MitigationGroupTests.publish(device, "t-1", 1).allSatisfy { !$0.isError } }
        #expect(!(try site.control(["getClient", "t-1"])).contains("quarantine"))
        await device.close()
        stop(picket)
    }
}
