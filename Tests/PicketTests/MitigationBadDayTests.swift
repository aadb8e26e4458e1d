import Foundation
import PicketMitigation
import Synchronization
import Testing

/// Days on which something else goes wrong too.
@Suite(
    "Mitigation on a bad day", .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .serialized, .waits
)
struct MitigationBadDayTests {
    private static let command = """
        mode: automatic
        limits: { devices: 100, per: 1h }
        steps:
          - command:
              topic: cmd/{device}/shutdown
              payload: { id: "{request}", operation: shutdown }
              acknowledge: cmd/{device}/ack
              within: 60s
          - wait: { for: acknowledged, within: 60s }
          - cut-off: { watch: 1s }
        """

    @Test func `a broker that restarts in the middle: the command comes again with the same id, and all is done`()
        async throws
    {
        let site = try MitigationSite(devices: ["t-1"], playbook: Self.command)
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        let broker = try #require(site.broker.mosquitto)
        // The broker dies while the device has the command and has not answered.
        device.interrupt.withLock { interrupt in
            let pid = broker.pid
            interrupt = { kill(pid, 0) == 0 && kill(pid, SIGKILL) == 0 }
        }
        await device.startPatiently()
        try await until { await device.isConnected }
        try await device.publish(21)
        #expect(broker.wait() == .signal(SIGKILL))
        device.interrupt.withLock { $0 = nil }
        try site.broker.startBroker()
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("command", "t-1") == "done", "\(picket.wordsText)")
        #expect(try site.outcome("cut-off", "t-1") == "done", "\(picket.wordsText)")
        #expect(device.requests.count >= 2 && Set(device.requests).count == 1, "\(device.requests)")
        await device.stop()
        stop(picket)
    }

    @Test func `a broker that stays away: it failed, the record says why, and the list waits for the broker`()
        async throws
    {
        let site = try MitigationSite(
            devices: ["t-1"],
            playbook: """
                mode: automatic
                steps: [{ wait: 2s }, { command: { topic: "cmd/{device}/x", within: 1s } }, { cut-off: { watch: 1s } }]
                """)
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try !site.mitigations("intent", "t-1").isEmpty }
        let broker = try #require(site.broker.mosquitto)
        broker.signal(SIGKILL)
        #expect(broker.wait() == .signal(SIGKILL))
        await device.stop()
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("cut-off", "t-1") == "failed")
        #expect(try site.detail(of: "denied", "t-1").contains("no plugin is connected"))
        #expect(try site.outcome("command", "t-1") == "failed")
        #expect(try site.detail(of: "command-sent", "t-1").contains("cannot connect"))
        #expect(try site.isRevoked("t-1"))
        try site.broker.startBroker()
        let again = try FleetDevice("t-1", on: site)
        await #expect(throws: (any Error).self) { try await again.connectOnce() }
        await again.stop()
        stop(picket)
    }

    @Test func `a list that cannot be written: the cut-off failed, the plugin keeps it out, and Picket goes on`()
        async throws
    {
        let site = try MitigationSite(
            devices: ["t-1", "t-2"], playbook: "mode: automatic\nsteps: [{ cut-off: { watch: 1s } }]")
        let text = try String(contentsOfFile: site.file("picket.yaml"), encoding: .utf8)
        try FileManager.default.createDirectory(atPath: site.file("lists"), withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: site.file("crl.pem"), toPath: site.file("lists/crl.pem"))
        try site.folder.write("picket.yaml", text.replacing("crl: crl.pem", with: "crl: lists/crl.pem"))
        let picket = try site.start()
        try FileManager.default.removeItem(atPath: site.file("lists"))
        for name in ["t-1", "t-2"] {
            let device = try FleetDevice(name, on: site)
            try await device.start()
            try await device.publish(21)
            try await until { try site.outcome("cut-off", name) != nil }
            #expect(try site.outcome("cut-off", name) == "failed")
            #expect(try site.isSeen("denied", name) == true)
            #expect(try site.isSeen("revoked", name) == false)
            #expect(try site.detail(of: "revoked", name).contains("lists"))
            await device.stop()
        }
        stop(picket)
    }

    @Test func `a denial that cannot be written ends no session, and the record says so`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: "mode: automatic\nsteps: [{ cut-off: { watch: 1s } }]")
        // The plugin writes a copy of its list beside it, and cannot.
        try FileManager.default.createDirectory(atPath: site.file("deny.new"), withIntermediateDirectories: false)
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try site.outcome("cut-off", "t-1") != nil }
        #expect(try site.outcome("cut-off", "t-1") == "failed", "\(picket.wordsText)")
        #expect(try site.isSeen("denied", "t-1") == false)
        #expect(try site.detail(of: "denied", "t-1").contains("its file cannot be written"))
        #expect(try site.isSeen("session-ended", "t-1") == false)
        #expect(try site.detail(of: "session-ended", "t-1").contains("not kicked"))
        #expect(try site.isRevoked("t-1"), "what could be done was done")
        await device.stop()
        stop(picket)
    }

    @Test func `two violations at once: both are cut off, each with its own facts`() async throws {
        let site = try MitigationSite(devices: ["t-1", "t-2", "t-3"], playbook: Self.command)
        let picket = try site.start()
        let devices = try ["t-1", "t-2", "t-3"].map { try FleetDevice($0, on: site) }
        for device in devices { try await device.start() }
        try await withThrowingDiscardingTaskGroup { group in
            for device in devices.dropLast() { group.addTask { try await device.publish(21) } }
        }
        for name in ["t-1", "t-2"] {
            try await until { try site.outcome("cut-off", name) != nil }
            #expect(try site.outcome("cut-off", name) == "done", "\(picket.wordsText)")
            #expect(try site.isSeen("canary-refused", name) == true)
            #expect(try site.isRevoked(name))
        }
        #expect(Set(devices.flatMap(\.requests)).count == 2)
        #expect(await devices[2].isConnected)
        #expect(try site.mitigations("intent", "t-3").isEmpty)
        for device in devices { await device.stop() }
        stop(picket)
    }

    @Test func `a false alarm of ten thousand devices goes no further than the blast radius, and loses nothing`()
        async throws
    {
        try await onThread {
            let count = 10_000
            let folder = try ProductFolder()
            try folder.write("program.sh", "#!/bin/sh\necho \"$1\" >>\"$2\"\n")
            try folder.write(
                "playbooks.yaml",
                """
                playbooks:
                  contain:
                    mode: automatic
                    limits: { devices: 7, per: 1h }
                    steps: [{ run: { command: ["\(folder.file("program.sh"))", "{device}", "\(folder.file("hit"))"] } }]

                """)
            for (name, mode) in [("program.sh", 0o755), ("playbooks.yaml", 0o644)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.file(name))
            }
            try folder.write(
                "profile.yaml",
                """
                profile: site
                targets: [all]
                behaviors:
                  - { name: any-word, metric: num-messages-sent, alarm: more than 1 in 1m, playbook: contain }

                """)
            try folder.write(
                "picket.yaml",
                """
                data: data
                listen: off
                profiles: [profile.yaml]
                playbooks: [playbooks.yaml]
                feeds: [{ name: broker, file: broker.log, format: mosquitto, identity: certificate }]

                """)
            let now = Int(Date().timeIntervalSince1970)
            var log = ""
            for device in 0..<count {
                log += "\(now): New client connected from 127.0.0.1:1 as t-\(device) (p2, c1, k60, u't-\(device)').\n"
                for _ in 0..<2 {
                    log += "\(now): Received PUBLISH from t-\(device) (d0, q0, r0, m0, 't', ... (4 bytes))\n"
                }
            }
            try folder.write("broker.log", log)
            let picket = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
            var states: [String: Int] = [:]
            let isDone = try picket.waits {
                usleep(500_000)
                let mitigations = try RunSite.records(in: folder).filter { $0["kind"] as? String == "mitigation" }
                let intents = mitigations.filter { $0["event"] as? String == "intent" }
                states = Dictionary(grouping: intents) { $0["state"] as? String ?? "" }.mapValues(\.count)
                return intents.count == count && mitigations.count { $0["event"] as? String == "outcome" } == 7
            }
            #expect(isDone, "\(picket.wordsText)")
            #expect(states == ["running": 7, "waiting": count - 7])
            stop(picket)
            let hit = String(
                decoding: FileManager.default.contents(atPath: folder.file("hit")) ?? Data(), as: UTF8.self)
            #expect(Set(hit.split(separator: "\n")).count == 7 && hit.split(separator: "\n").count == 7)
            let waiting = try ProductProgram.run(
                ["mitigation", "list", "--waiting", "--data", "data", "--output", "text"], in: folder)
            let text = String(decoding: waiting.output, as: UTF8.self).split(separator: "\n")
            #expect(text.count == count - 7)
            #expect(text.allSatisfy { $0.contains("beyond the blast radius: 7 devices") })
        }
    }
}
