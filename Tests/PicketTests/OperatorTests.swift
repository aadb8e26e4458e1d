import Foundation
import Glibc
import Testing

/// Two people, as the system knows them.
@Suite(
    "Operators", .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .enabled(if: Stranger.isPossible, "needs root, setpriv, and a place that everybody can enter"), .serialized,
    .waits)
struct OperatorTests {
    @Test func `members of the group decide, so that two people can; others cannot`() async throws {
        let site = try MitigationSite(
            devices: ["t-1"], playbook: "mode: approve\napproval: { by: 2 }\nsteps: [{ cut-off: { watch: 1s } }]")
        try site.writeConfiguration("operators: \(Stranger.group)")
        let picket = try site.start()
        let device = try FleetDevice("t-1", on: site)
        try await device.start()
        try await device.publish(21)
        try await until { try !site.id("cut-off", "t-1").isEmpty }
        let id = try site.id("cut-off", "t-1")
        let approve = ["mitigation", "approve", id, "--note", "yes", "--data", "data"]
        let first = try ProductProgram.run(approve, in: site.folder)
        #expect(first.end == .code(0), "\(first.words)")
        let stranger = try Stranger.run(approve, in: site.folder, groups: "--clear-groups")
        #expect(stranger.end != .code(0), "nobody of no group may decide")
        let member = "--groups=\(Stranger.group)"
        let waiting = try Stranger.run(
            ["mitigation", "list", "--waiting", "--data", "data"], in: site.folder, groups: member)
        #expect(
            waiting.end == .code(0) && String(decoding: waiting.output, as: UTF8.self).contains("t-1"),
            "\(waiting.words)")
        #expect(try site.mitigations("outcome", "t-1").isEmpty)
        let second = try Stranger.run(approve, in: site.folder, groups: member)
        #expect(second.end == .code(0), "\(second.words)")
        try await until { try site.outcome("cut-off", "t-1") == "done" }
        let people = try site.broker.records().filter { $0["action"] as? String == "approve" }.compactMap {
            $0["by"] as? String
        }
        #expect(people == ["root", "nobody"])
        let keys = try FileManager.default.contentsOfDirectory(atPath: site.file("data")).filter {
            $0.hasSuffix(".key")
        }
        for key in keys {
            let mode = try FileManager.default.attributesOfItem(atPath: site.file("data/\(key)"))[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
        await device.stop()
        stop(picket)
    }

    @Test func `a group that the system does not know is said before anything runs`() throws {
        let site = try RunSite()
        try site.folder.write("operators.yaml", "data: data\nlisten: off\noperators: picket-no-such-group\n")
        let run = try ProductProgram.run(["run", "--check", "--config", "operators.yaml"], in: site.folder)
        #expect(run.end != .code(0))
        #expect(run.words.contains("groupadd picket-no-such-group"), "\(run.words)")
    }
}

/// Somebody else of this system: the user `nobody`.
private enum Stranger {
    private static let setpriv = "/usr/bin/setpriv"
    /// A group that Debian always has.
    static let group = "users"

    /// A command of his, with a group or without.
    static func run(_ words: [String], in folder: ProductFolder, groups: String) throws
        -> (end: ProductProgram.End, output: [UInt8], words: String)
    {
        try ProductProgram.run(
            ["--reuid=65534", "--regid=65534", groups, ProductProgram.path] + words, executable: setpriv, in: folder)
    }

    static var isPossible: Bool {
        guard geteuid() == 0, access(setpriv, X_OK) == 0, let folder = try? ProductFolder() else { return false }
        return (try? run(["--version"], in: folder, groups: "--clear-groups"))?.end == .code(0)
    }
}
