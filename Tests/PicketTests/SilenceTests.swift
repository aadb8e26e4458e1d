import Foundation
import Testing

/// What a person says of violations goes through the daemon, is told by every command, and is replayed with the log.
@Suite(.waits)
struct SilenceTests {
    /// A site whose first violation is open, and its id.
    private func siteWithViolation() throws -> (RunSite, ProductProgram, String) {
        let site = try RunSite()
        let program = try site.start()
        try site.publish("t-1", 0..<6)
        try #require(try program.waits { try site.violations().count == 1 })
        let record = try #require(try site.records().first { $0["kind"] as? String == "violation" })
        return (site, program, try #require(record["id"] as? String))
    }

    private func picket(_ site: RunSite, _ arguments: String...) throws -> (output: String, words: String, code: Int32)
    {
        let run = try ProductProgram.run(arguments, in: site.folder)
        guard case .code(let code) = run.end else { return ("", "\(run.end)", -1) }
        return (String(decoding: run.output, as: UTF8.self), run.words, code)
    }

    @Test func `a silence is recorded by the daemon, shown by every command, and replayed`() throws {
        let (site, program, id) = try siteWithViolation()
        let said = try picket(
            site, "violations", "silence", String(id.prefix(8)), "--for", "2h", "--reason", "load test", "--data",
            "data")
        #expect(said.code == 0, "\(said.words)")
        let record = try #require(try site.records().first { $0["kind"] as? String == "operator" })
        #expect(record["action"] as? String == "silence" && record["device"] as? String == "t-1")
        #expect(record["reason"] as? String == "load test" && record["owner"] as? String == record["by"] as? String)
        let list = try picket(site, "violations", "list", "--data", "data", "--output", "text")
        #expect(list.output.contains("silenced until"), "\(list.output)")
        let silences = try picket(site, "violations", "silences", "--data", "data", "--output", "text")
        #expect(silences.output.contains("load test"))
        let explained = try picket(
            site, "profile", "explain", "profile.yaml", "--data", "data", "--output", "text")
        #expect(explained.output.contains("Silenced:") && explained.output.contains("load test"))
        stop(program)
        // In the silence nothing changes for the open violation; its end at a reload carries the mark.
        try site.folder.write("profile.yaml", RunSite.profile("flood", "alarm: more than 3 in 5m, severity: high"))
        let next = try site.start()
        try #require(try next.waits { try site.violations().count >= 2 })
        stop(next)
        let ends = try site.records().filter { $0["event"] as? String == "alarm-invalidated" }
        #expect(ends.first?["silenced"] as? String == "load test", "\(ends)")
        try site.expectReplayAgrees()
    }

    @Test func `a silence that is over hides nothing, and says so`() throws {
        let (site, program, id) = try siteWithViolation()
        #expect(
            try picket(site, "violations", "silence", id, "--for", "0s", "--reason", "done", "--data", "data").code == 0
        )
        let list = try picket(site, "violations", "list", "--data", "data", "--output", "text")
        #expect(!list.output.contains("silenced until"))
        #expect(list.words.contains("ended at"), "\(list.words)")
        stop(program)
        try site.expectReplayAgrees()
    }

    @Test(arguments: ["true-positive", "benign-positive", "false-positive", "unknown"])
    func `each verdict is recorded, listed, and says what it does`(verdict: String) throws {
        let (site, program, id) = try siteWithViolation()
        stop(program)
        let said = try picket(site, "violations", "verify", id, verdict, "--note", "seen", "--data", "data")
        #expect(said.code == 0 && said.words.contains("\(verdict): "), "\(said.words)")
        #expect(try picket(site, "violations", "--data", "data", "--output", "text").output.contains(verdict))
        let json = try picket(site, "violations", "--data", "data", "--output", "json").output
        #expect(json.contains("\"verification\":\"\(verdict)\""))
        try site.expectReplayAgrees()
    }

    @Test func `a silence without a reason or a time is refused`() throws {
        let site = try RunSite()
        for arguments in [["--for", "2h"], ["--for", "soon", "--reason", "x"], ["--for", "2h", "--reason", " "]] {
            let run = try ProductProgram.run(["violations", "silence", "5f3a"] + arguments, in: site.folder)
            #expect(run.end == .code(64), "\(arguments) \(run.words)")
        }
    }
}
