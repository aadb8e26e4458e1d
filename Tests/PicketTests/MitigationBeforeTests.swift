import Foundation
import MQTT
import Testing

/// Taking back restores what was, and not what Picket would have made.
@Suite(
    "What was so before",
    .enabled(
        if: PluginSite.plugin != nil && PluginSite.broker != nil && DynamicSite.library != nil, PluginSite.reason),
    .serialized, .waits
)
struct MitigationBeforeTests {
    @Test func `whom the fleet file and an administrator had put into the group stays in it`() async throws {
        let site = try DynamicSite(
            devices: ["t-1", "t-2"],
            playbook: """
                mode: automatic
                unattended-moves: true
                limits: { devices: 10, per: 1h }
                steps: [{ move-to-group: { group: quarantine, watch: 1s } }]
                """,
            fleet: """
                identity: user
                groups: { devices: {}, quarantine: {} }
                devices:
                  t-1: { groups: [devices, quarantine] }
                  t-2: { group: devices }

                """)
        try site.control(["removeGroupRole", "quarantine", "mute"])
        try site.control(["addGroupClient", "quarantine", "t-1"])
        // What a run left that was killed while a stand-in asked.
        try site.control(["createClient", "picket-stand-in-5eed-1", "-p", "of-a-killed-run"])
        let picket = try site.broker.startPicket()
        for name in ["t-1", "t-2"] {
            let device = try site.device(name)
            await device.start()
            _ = try await MitigationGroupTests.publish(device, name, 21)
            try await until { try site.outcome("move-to-group", name) != nil }
            await device.close()
            #expect(try site.control(["getClient", name]).contains("quarantine"))
            let undone = try ProductProgram.run(
                ["mitigation", "undo", try site.id("move-to-group", name), "--note", "mended", "--data", "data"],
                in: site.broker.folder)
            #expect(undone.end == .code(0), "\(undone.words)")
            try await until { try site.outcome("undo-move-to-group", name) != nil }
            #expect(try site.outcome("undo-move-to-group", name) == "done", "\(picket.wordsText)")
        }
        try await until { try !site.control(["listClients"]).contains("stand-in") }
        #expect(try site.control(["getClient", "t-1"]).contains("quarantine"))
        #expect(!(try site.control(["getClient", "t-2"])).contains("quarantine"))
        func moves(_ name: String) throws -> [String?] {
            try site.mitigations("membership", name).map { $0["state"] as? String }
        }
        #expect(try moves("t-1") == ["joined"])
        #expect(try moves("t-2") == ["joined", "left"])
        func before(_ name: String) throws -> [String?] {
            try site.mitigations("fact", name).filter { $0["fact"] as? String == "before" }
                .map { $0["detail"] as? String }
        }
        #expect(try before("t-1") == ["record: in quarantine", "main: in quarantine"])
        #expect(try before("t-2") == ["record: not in quarantine", "main: not in quarantine"])
        stop(picket)
    }
}
