import Foundation
import Glibc
import PicketMitigation
import Synchronization
import Testing

/// Picket is killed at each point of a playbook; a real device counts the ids of what it is told.
@Suite(
    "Mitigation survives kill -9",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .serialized,
    .waits)
struct MitigationCrashTests {
    /// Where it is killed: when this is seen.
    enum Point: String, CaseIterable {
        case intentIsRecorded, commandArrived, commandIsAnswered, commandIsDone, programRuns, denied, sessionEnded,
            revoked, listReloaded, canaryRefused, staysAway,
            allIsDone
    }

    @Test func `one id for each intent, wherever it was killed; what cannot be known is unknown`() async throws {
        let devices = Point.allCases.map(\.rawValue)
        let site = try MitigationSite(devices: devices, playbook: "")
        try site.folder.write("program.sh", "#!/bin/sh\necho \"$1\" >>\"$2\"\nsleep 1\n")
        try #require(chmod(site.file("program.sh"), 0o755) == 0)
        try site.writePlaybook(
            """
            mode: automatic
            limits: { devices: 100, per: 1h }
            steps:
              - command:
                  topic: cmd/{device}/shutdown
                  payload: { id: "{request}", operation: shutdown }
                  acknowledge: cmd/{device}/ack
                  within: 60s
              - wait: { for: acknowledged, within: 60s }
              - run: { command: ["\(site.file("program.sh"))", "{request}", "\(site.file("runs"))"] }
              - cut-off: { watch: 1s }
            """)
        var picket = try site.start()
        for point in Point.allCases {
            let name = point.rawValue
            let device = try FleetDevice(name, on: site)
            let isAsked = Atomic(false)
            if point == .commandArrived {
                // Before it answers Picket is dead: nobody can have heard it.
                let pid = picket.pid
                device.interrupt.withLock { interrupt in
                    interrupt = {
                        guard !isAsked.exchange(true, ordering: .relaxed) else { return false }
                        kill(pid, SIGKILL)
                        return true
                    }
                }
            }
            await device.startPatiently()
            try await until { await device.isConnected }
            try await device.publish(21)
            try await until { try isReached(point, name, device, site) || isAsked.load(ordering: .relaxed) }
            picket.signal(SIGKILL)
            #expect(picket.wait() == .signal(SIGKILL))
            // Where it really was when it died: on a busy machine it goes on for a while before the signal arrives.
            let isStarted = try site.isSeen("started", name) == true && site.outcome("run", name) == nil
            picket = try site.broker.startPicket()
            try await until { try site.mitigations("outcome", name).count >= 4 }
            let states = try ["command", "wait", "run", "cut-off"].map { try site.outcome($0, name) ?? "none" }
            #expect(states == ["done", "done", isStarted ? "unknown" : "done", "done"], "\(point)")
            #expect(Set(device.requests).count == 1, "\(point): \(device.requests)")
            #expect(try site.mitigations("intent", name).count == 4, "\(point)")
            #expect(try site.mitigations("outcome", name).count == 4, "\(point)")
            let request = try site.id("run", name)
            let count = try runs(site).filter { $0 == request }.count
            // Never twice; where it was about to start and nobody can know, perhaps not at all.
            #expect(count == 1 || isStarted && count == 0, "\(point): \(count)")
            #expect(try site.isRevoked(name), "\(point)")
            await device.stop()
        }
        stop(picket)
        let verified = try ProductProgram.run(["log", "verify", "data/log"], in: site.folder)
        #expect(verified.end == .code(0), "\(verified.words)")
    }

    private func isReached(
        _ point: Point, _ name: String, _ device: FleetDevice, _ site: MitigationSite
    ) throws -> Bool {
        switch point {
        case .intentIsRecorded: try !site.mitigations("intent", name).isEmpty
        case .commandArrived: false
        case .commandIsAnswered: !device.requests.isEmpty
        case .commandIsDone: try site.outcome("command", name) != nil
        case .programRuns: try runs(site).contains(site.id("run", name))
        case .denied: try site.isSeen("denied", name) != nil
        case .sessionEnded: try site.isSeen("session-ended", name) != nil
        case .revoked: try site.isSeen("revoked", name) != nil
        case .listReloaded: try site.isSeen("list-reloaded", name) != nil
        case .canaryRefused: try site.isSeen("canary-refused", name) != nil
        case .staysAway: try site.isSeen("stays-away", name) != nil
        case .allIsDone: try site.outcome("cut-off", name) != nil
        }
    }

    /// The request ids of the programs that were started.
    private func runs(_ site: MitigationSite) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: site.file("runs")) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
