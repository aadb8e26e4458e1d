import Foundation
import PicketMitigation
import Testing

/// Commands to real devices on a real Mosquitto.
@Suite(
    "Commands to devices",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .serialized,
    .waits)
struct MitigationCommandTests {
    private static func playbook(within seconds: Int, escalate: String = "[]") -> String {
        """
        mode: automatic
        steps:
          - command:
              topic: cmd/{device}/shutdown
              payload: { id: "{request}", operation: shutdown }
              acknowledge: cmd/{device}/ack
              within: \(seconds)s
        escalate: \(escalate)
        """
    }

    @Test func `a device that acknowledges is believed, by the broker's own record`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: Self.playbook(within: 60, escalate: "[{ cut-off: { watch: 1s } }]"))
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try site.outcome("command", "t-1") != nil }
        #expect(try site.outcome("command", "t-1") == "done")
        #expect(try site.isSeen("command-sent", "t-1") == true)
        #expect(try site.isSeen("acknowledged", "t-1") == true)
        let id = try #require(try site.mitigations("intent", "t-1").first?["id"] as? String)
        #expect(Set(device.requests) == [id])
        #expect(try site.outcome("cut-off", "t-1") == "not-needed")
        #expect(await device.isConnected)
        await device.stop()
        stop(picket)
    }

    @Test func `of two brokers the one that the device is on is enough, and the other lets go`() async throws {
        let site = try MitigationSite(devices: ["t-1"], playbook: Self.playbook(within: 60))
        let other = try PluginSite()
        try other.startBroker()
        try site.writeConfiguration("  - { name: other, url: \"mqtt://127.0.0.1:\(other.port)\" }")
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try site.outcome("command", "t-1") != nil }
        #expect(try site.outcome("command", "t-1") == "done", "\(picket.wordsText)")
        #expect(try site.mitigations("outcome", "t-1").count == 1)
        #expect(Set(device.requests).count == 1)
        await device.stop()
        stop(picket)
    }

    @Test func `a device that ignores its command is cut off by the escalation`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: Self.playbook(within: 1, escalate: "[{ cut-off: { watch: 1s } }]"))
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site, manners: .ignores)
        try await device.start()
        try await device.publish(21)
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("command", "t-1") == "failed")
        #expect(try site.isSeen("acknowledged", "t-1") == false)
        #expect(try site.detail(of: "acknowledged", "t-1").contains("no answer came"))
        #expect(try site.outcome("cut-off", "t-1") == "done", "\(picket.wordsText)")
        #expect(try site.isRevoked("t-1"))
        #expect(Set(device.requests).count == 1)
        await device.stop()
        stop(picket)
    }

    @Test func `a forged acknowledgement counts for nothing`() async throws {
        let site = try MitigationSite(devices: ["t-1", "t-2"], playbook: Self.playbook(within: 3))
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site, manners: .ignores)
        let forger = try FleetDevice("t-2", on: site)
        try await device.start()
        try await forger.start()
        try await device.publish(21)
        try await until { !device.requests.isEmpty }
        // It guesses right, and uses the right topic: only it is somebody else.
        try await forger.say(#"{"id":"\#(device.requests[0])"}"#, to: "cmd/t-1/ack")
        try await until { try site.outcome("command", "t-1") != nil }
        #expect(try site.outcome("command", "t-1") == "failed")
        #expect(try site.isSeen("acknowledged", "t-1") == false)
        #expect(try site.detail(of: "acknowledged", "t-1").contains("t-2 published"))
        await device.stop()
        await forger.stop()
        stop(picket)
    }

    @Test func `a job in the form of AWS is acknowledged by its execution; one that is rejected failed`() async throws {
        let site = try MitigationSite(
            devices: ["t-1", "t-2"],
            playbook: """
                mode: automatic
                steps:
                  - command: { job: { operation: shutdown }, within: 60s }
                  - wait: { for: acknowledged, within: 60s }
                  - command: { topic: "cmd/{device}/x", payload: { id: "{request}", operation: x }, \
                acknowledge: "cmd/{device}/ack", within: 60s }
                """)
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        let unwilling = try FleetDevice("t-2", on: site, manners: .refuses)
        for device in [device, unwilling] {
            try await device.start()
            try await device.publish(21)
        }
        try await until { try site.outcome("command", "t-1") != nil && site.outcome("wait", "t-1") != nil }
        try await until { try site.mitigations("outcome", "t-1").count == 3 }
        #expect(try site.mitigations("outcome", "t-1").allSatisfy { $0["state"] as? String == "done" })
        #expect(Set(device.requests).count == 2, "two steps, two ids")
        try await until { try site.mitigations("outcome", "t-2").contains { $0["state"] as? String == "failed" } }
        #expect(try site.detail(of: "acknowledged", "t-2").contains("REJECTED"))
        await device.stop()
        await unwilling.stop()
        stop(picket)
    }
}
