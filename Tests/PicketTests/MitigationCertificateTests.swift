import Foundation
import PicketMitigation
import Testing

/// Which certificate is denied, and what can be done to it where no plugin ends sessions.
@Suite(
    "Certificates that are denied",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .serialized, .waits)
struct MitigationCertificateTests {
    /// Takes the way to the plugin from the broker's entry: its records still come.
    private func forgetPlugin(_ site: MitigationSite) throws {
        let text = try String(contentsOfFile: site.file("picket.yaml"), encoding: .utf8)
        try site.folder.write("picket.yaml", text.replacing("name: main, plugin: broker,", with: "name: main,"))
    }

    @Test func `of a device with two certificates a person says which, also after a restart in between`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: "mode: automatic\nsteps: [{ cut-off: { watch: 1s } }]")
        let old = try site.serial(of: "t-1")
        for end in ["crt", "key"] {
            try FileManager.default.copyItem(atPath: site.file("keys/t-1.\(end)"), toPath: site.file("keys/old.\(end)"))
        }
        try site.issue("t-1")
        let new = try site.serial(of: "t-1")
        var picket = try site.start()
        let first = try FleetDevice("old", on: site)
        try await first.start()
        try await first.publish(11)
        try await until { try site.broker.count("publish") == 11 }
        stop(picket)
        picket = try site.broker.startPicket()
        let second = try FleetDevice("t-1", on: site)
        try await second.start()
        try await second.publish(11)
        try await until { try site.mitigations("intent", "t-1").count == 2 }
        let intents = try site.mitigations("intent", "t-1")
        #expect(intents.compactMap { $0["serial"] as? String } == [new, old])
        #expect(intents.allSatisfy { $0["state"] as? String == "waiting" }, "\(intents)")
        let run = try ProductProgram.run(
            ["mitigation", "approve", intents[1]["id"] as? String ?? "", "--note", "the copy", "--data", "data"],
            in: site.folder)
        #expect(run.end == .code(0), "\(run.words)")
        // The other one is not needed any more.
        try await until { try site.mitigations("outcome", "t-1").count == 2 }
        #expect(try site.mitigations("outcome", "t-1").map { $0["state"] as? String } == ["done", "not-needed"])
        let revoked = try site.authority.register().entries.filter { $0.revokedAt != nil }.map(\.serial)
        #expect(revoked == [old])
        #expect(await second.isConnected)
        try await until { await !first.isConnected }
        await first.stop()
        await second.stop()
        stop(picket)
    }

    @Test func `revoke puts it on the list that the broker reads, and ends no session`() async throws {
        let site = try MitigationSite(devices: ["t-1"], playbook: "mode: automatic\nsteps: [{ revoke: superseded }]")
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try site.outcome("revoke", "t-1") != nil }
        #expect(try site.outcome("revoke", "t-1") == "done", "\(picket.wordsText)")
        #expect(try site.isRevoked("t-1"))
        #expect(try site.isSeen("canary-refused", "t-1") == true)
        #expect(await device.isConnected)
        await device.stop()
        let again = try FleetDevice("t-1", on: site)
        await #expect(throws: (any Error).self) { try await again.connectOnce() }
        stop(picket)
    }

    @Test(arguments: [false, true])
    func `without a plugin a cut-off refuses the certificate, and is done when the session ends`(ends: Bool)
        async throws
    {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: "mode: automatic\nsteps: [{ cut-off: { watch: \(ends ? 20 : 1)s } }]")
        try forgetPlugin(site)
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try site.isSeen("canary-refused", "t-1") != nil }
        if ends { await device.stop() }
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.isSeen("canary-refused", "t-1") == true)
        #expect(try site.isSeen("session-ended", "t-1") == ends)
        #expect(try site.outcome("cut-off", "t-1") == (ends ? "done" : "failed"), "\(picket.wordsText)")
        if !ends { await device.stop() }
        let again = try FleetDevice("t-1", on: site)
        await #expect(throws: (any Error).self) { try await again.connectOnce() }
        stop(picket)
    }
}
