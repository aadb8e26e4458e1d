import Foundation
import Glibc
import MQTT
import Testing

/// Picket is killed while it moves devices into groups and out of them, on a real Mosquitto with dynamic security.
@Suite(
    "Moves between groups survive kill -9",
    .enabled(
        if: PluginSite.plugin != nil && PluginSite.broker != nil && DynamicSite.library != nil, PluginSite.reason),
    .serialized, .waits)
struct MitigationGroupCrashTests {
    /// Where it is killed: when this is seen.
    enum Point: String, CaseIterable {
        case intentIsRecorded, membershipIsRecorded, enforced, allIsDone
    }

    private func isReached(_ point: Point, _ step: String, _ device: String, _ site: DynamicSite) throws -> Bool {
        let id = try site.id(step, device)
        func has(_ event: String, _ fact: String? = nil) throws -> Bool {
            try site.mitigations(event, device).contains {
                $0["id"] as? String == id && (fact == nil || $0["fact"] as? String == fact)
            }
        }
        return switch point {
        case .intentIsRecorded: !id.isEmpty
        case .membershipIsRecorded: try has("membership")
        case .enforced: try has("fact", "enforced")
        case .allIsDone: try has("outcome")
        }
    }

    @Test func `a move and its undoing are done once, wherever it was killed`() async throws {
        let devices = Point.allCases.map(\.rawValue)
        let site = try DynamicSite(
            devices: devices,
            playbook: """
                mode: automatic
                unattended-moves: true
                limits: { devices: 100, per: 1h }
                steps: [{ move-to-group: { group: quarantine, probe: "telemetry/{device}", watch: 1s } }]
                """)
        var picket = try site.broker.startPicket()
        /// Kills it at the point, starts it again, and waits for the end of the step.
        func die(at point: Point, _ step: String) async throws {
            let name = point.rawValue
            try await until { try isReached(point, step, name, site) }
            picket.signal(SIGKILL)
            #expect(picket.wait() == .signal(SIGKILL))
            picket = try site.broker.startPicket()
            try await until { try site.outcome(step, name) != nil }
            #expect(try site.outcome(step, name) == "done", "\(point), \(step): \(picket.wordsText)")
            let id = try site.id(step, name)
            #expect(try site.mitigations("outcome", name).count { $0["id"] as? String == id } == 1, "\(point), \(step)")
            #expect(try site.mitigations("intent", name).count { $0["step"] as? String == step } == 1)
        }
        for point in Point.allCases {
            let name = point.rawValue
            let device = try site.device(name)
            await device.start()
            try await until { await device.isConnected }
            _ = try await MitigationGroupTests.publish(device, name, 21)
            try await die(at: point, "move-to-group")
            try await until { await device.isConnected }
            #expect(try await MitigationGroupTests.publish(device, name, 1) == [.notAuthorized], "\(point)")
            let undo = try ProductProgram.run(
                ["mitigation", "undo", try site.id("move-to-group", name), "--note", "mended", "--data", "data"],
                in: site.broker.folder)
            #expect(undo.end == .code(0), "\(undo.words)")
            try await die(at: point, "undo-move-to-group")
            let states = try site.mitigations("membership", name).compactMap { $0["state"] as? String }
            #expect(states.first == "joined" && states.last == "left", "\(point): \(states)")
            #expect(!(try site.control(["getClient", name])).contains("quarantine"), "\(point)")
            await device.close()
        }
        stop(picket)
        let verified = try ProductProgram.run(["log", "verify", "data/log"], in: site.broker.folder)
        #expect(verified.end == .code(0), "\(verified.words)")
    }
}
