import Foundation
import Glibc
import Testing

/// Picket is killed while what a person decided is done: what was approved, revoked alone, and taken back.
@Suite(
    "Decisions survive kill -9", .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .serialized, .waits)
struct MitigationDecisionCrashTests {
    /// Where it is killed: when this is seen.
    enum Point: String, CaseIterable {
        case approved, revoked, revokeIsDone, denied, undoIsAsked, allowed, undone

        /// Whether the cut-off is taken back, and the kill comes while that is done.
        var isOfUndo: Bool { [.undoIsAsked, .allowed, .undone].contains(self) }
    }

    @Test func `what a person decided is done once, wherever it was killed`() async throws {
        let site = try MitigationSite(
            devices: Point.allCases.map(\.rawValue),
            playbook: """
                mode: approve
                limits: { devices: 100, per: 1h }
                steps: [{ revoke: keyCompromise }, { cut-off: { watch: 1s } }]
                """)
        var picket = try site.start()
        for point in Point.allCases {
            let name = point.rawValue
            let device = try FleetDevice(name, on: site)
            await device.startPatiently()
            try await until { await device.isConnected }
            try await device.publish(21)
            try await until { try !site.id("cut-off", name).isEmpty }
            try decide("approve", "revoke", name, site)
            if point != .revoked, point != .revokeIsDone { try decide("approve", "cut-off", name, site) }
            if point.isOfUndo {
                try await until { try site.outcome("cut-off", name) != nil }
                try decide("undo", "cut-off", name, site)
            }
            try await until { try isReached(point, name, site) }
            picket.signal(SIGKILL)
            #expect(picket.wait() == .signal(SIGKILL))
            picket = try site.broker.startPicket()
            if try site.outcome("cut-off", name) == nil, point == .revoked || point == .revokeIsDone {
                try await until { try site.outcome("revoke", name) != nil }
                try decide("approve", "cut-off", name, site)
            }
            var steps = ["revoke", "cut-off"]
            if point.isOfUndo { steps.append("undo-cut-off") }
            try await until { try site.mitigations("outcome", name).count >= steps.count }
            #expect(try steps.map { try site.outcome($0, name) } == steps.map { _ in "done" }, "\(point)")
            #expect(try site.mitigations("intent", name).count == steps.count, "\(point)")
            #expect(try site.mitigations("outcome", name).count == steps.count, "\(point)")
            #expect(try site.isRevoked(name), "\(point)")
            #expect(try site.isDenied(name) == !point.isOfUndo, "\(point)")
            await device.stop()
        }
        stop(picket)
        let verified = try ProductProgram.run(["log", "verify", "data/log"], in: site.folder)
        #expect(verified.end == .code(0), "\(verified.words)")
    }

    private func decide(_ action: String, _ step: String, _ name: String, _ site: MitigationSite) throws {
        let run = try ProductProgram.run(
            ["mitigation", action, try site.id(step, name), "--note", "confirmed", "--data", "data"], in: site.folder)
        #expect(run.end == .code(0), "\(run.words)")
    }

    private func isReached(_ point: Point, _ name: String, _ site: MitigationSite) throws -> Bool {
        switch point {
        // The command line has said that it is in the log.
        case .approved, .undoIsAsked: true
        case .revoked: try site.isSeen("revoked", name) != nil
        case .revokeIsDone: try site.outcome("revoke", name) != nil
        case .denied: try site.isSeen("denied", name) != nil
        case .allowed: try site.isSeen("allowed", name) != nil
        case .undone: try site.outcome("undo-cut-off", name) != nil
        }
    }
}
