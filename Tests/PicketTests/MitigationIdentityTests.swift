import Foundation
import PicketMitigation
import Testing

/// The wrong device is never hit.
@Suite(
    "The wrong device", .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .serialized, .waits
)
struct MitigationIdentityTests {
    @Test func `whoever floods under another's client id is cut off by its own certificate`() async throws {
        let site = try MitigationSite(
            devices: ["attacker", "victim"],
            playbook: """
                mode: automatic
                steps: [{ cut-off: { watch: 1s } }]
                """)
        let picket = try site.start()
        let victim = try FleetDevice("victim", on: site)
        await victim.startPatiently()
        try await until { await victim.isConnected }
        try await victim.publish(1)
        let attacker = try FleetDevice("attacker", on: site, client: "victim")
        await attacker.startPatiently()
        // They take the client id from each other until one of them is refused.
        let flood = Task {
            while !Task.isCancelled { try? await attacker.say("x", to: "telemetry/victim") }
        }
        try await until { try site.outcome("cut-off", "attacker") != nil }
        flood.cancel()
        #expect(try site.outcome("cut-off", "attacker") == "done", "\(picket.wordsText)")
        #expect(try site.isRevoked("attacker"))
        #expect(try !site.isRevoked("victim"))
        let intent = try #require(try site.mitigations("intent", "attacker").first)
        let serial = try site.serial(of: "attacker")
        #expect(intent["serial"] as? String == serial)
        #expect(try site.mitigations("intent", "victim").isEmpty)
        // The record names both: who came, and under whose name.
        #expect(
            try site.broker.records().contains {
                $0["kind"] as? String == "connect" && $0["device"] as? String == "attacker"
                    && $0["client"] as? String == "victim"
            })
        try await until { await victim.isConnected }
        try await victim.publish(3)
        try await until { await !attacker.isConnected }
        await attacker.stop()
        await victim.stop()
        stop(picket)
    }

    @Test func `wrong passwords in another's name do nothing to it, and propose the source address`() async throws {
        let broker = try PluginSite(options: ["allow_anonymous false", "password_file passwords"])
        let folder = broker.folder
        try folder.write("passwords", "victim:right\n")
        _ = try ProductProgram.run(["-U", "passwords"], executable: "/usr/bin/mosquitto_passwd", in: folder)
        try folder.write(
            "profile.yaml",
            """
            profile: site
            targets: [all]
            behaviors:
              - { name: guessing, metric: num-authorization-failures, alarm: more than 5 in 1m, playbook: contain }

            """)
        try folder.write("playbooks.yaml", "playbooks: { contain: { mode: automatic, steps: [{ cut-off: {} }] } }\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.file("playbooks.yaml"))
        try folder.write(
            "picket.yaml",
            """
            data: data
            listen: off
            profiles: [profile.yaml]
            playbooks: [playbooks.yaml]
            feeds: [{ name: broker, plugin: broker.sock }]
            brokers: [{ name: main, plugin: broker }]
            """)
        try broker.startBroker()
        let picket = try broker.startPicket()
        let victim = try ProductProgram(
            ["-h", "127.0.0.1", "-p", "\(broker.port)", "-i", "victim", "-u", "victim", "-P", "right", "-t", "x"],
            executable: "/usr/bin/mosquitto_sub", in: folder)
        try await until { try broker.count("connect") == 1 }
        for _ in 0..<7 {
            _ = try ProductProgram.run(
                ["-h", "127.0.0.1", "-p", "\(broker.port)", "-A", "127.0.0.9", "-i", "guesser", "-u", "victim"]
                    + ["-P", "wrong", "-t", "x", "-m", "x"], executable: "/usr/bin/mosquitto_pub", in: folder)
        }
        func intents() throws -> [[String: Any]] {
            try broker.records().filter { $0["kind"] as? String == "mitigation" }
        }
        try await until { try !intents().isEmpty }
        let intent = try #require(try intents().first)
        #expect(intent["device"] as? String == "victim" && intent["state"] as? String == "waiting", "\(intent)")
        #expect(intent["proposes"] as? String == "block the address 127.0.0.9")
        #expect(try broker.count("disconnect") == 0, "the one with the right password is still there")
        victim.signal(SIGTERM)
        _ = victim.wait()
        #expect(try intents().count == 1)
        stop(picket)
    }
}
