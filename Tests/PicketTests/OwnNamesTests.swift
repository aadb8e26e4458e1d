import Testing

/// Picket publishes commands, and a broker records them like the messages of a device.
@Suite(
    "Picket does nothing to itself",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .serialized, .waits)
struct OwnNamesTests {
    @Test func `whoever speaks with the name in its certificate is not cut off, others are`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: "mode: automatic\nsteps: [{ cut-off: { watch: 1s } }]")
        let picket = try site.start()
        for name in ["picket", "t-1"] {
            let device = try FleetDevice(name, on: site)
            try await device.start()
            try await device.publish(21)
        }
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("cut-off", "t-1") == "done", "\(picket.wordsText)")
        try await until { try !site.mitigations("intent", "picket").isEmpty }
        let own = try site.mitigations("intent", "picket")
        #expect(own.allSatisfy { $0["state"] as? String == "refused" }, "\(own)")
        #expect("\(own)".contains("the device is protected"))
        #expect(try site.outcome("cut-off", "picket") == nil)
    }
}
