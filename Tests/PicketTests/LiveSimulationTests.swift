import Foundation
import Testing

/// A simulated fleet on real connections, against a real broker.
@Suite(
    "A simulated fleet on a real broker",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .serialized,
    .waits)
struct LiveSimulationTests {
    /// What `simulate` says of itself at its end.
    private struct Tally: Decodable {
        var published: Int
        var failed: Int
        var silenced: Int
        var commands: Int
        var answered: Int
        var mostConnected: Int
    }

    private struct Truth: Decodable {
        var kind: String
        var device: String
        var address: String?
        var certificate: String?
    }

    @Test func `twenty devices with certificates of their own: the one that floods is found, told to stop, and stops`()
        async throws
    {
        let site = try MitigationSite(
            devices: [],
            playbook: """
                mode: automatic
                steps:
                  - command:
                      topic: cmd/{device}/shutdown
                      payload: { id: "{request}", operation: shutdown }
                      acknowledge: cmd/{device}/ack
                      within: 60s
                """)
        let picket = try site.start()
        let simulation = try ProductProgram(
            [
                "simulate", "--broker", site.url, "--authority", "ca", "--devices", "20", "--type", "sensor",
                "--incident", "flood", "--for", "14s", "--seed", "7", "--truth", "truth.ndjson",
            ], in: site.folder)
        // Its last words are the tally.
        try await until { !simulation.outputLines.isEmpty || simulation.hasEnded }
        let end = simulation.wait()
        #expect(end == .code(0), "\(simulation.wordsText)")
        let truth = try JSONDecoder().decode(
            Truth.self, from: try #require(FileManager.default.contents(atPath: site.file("truth.ndjson"))))
        #expect(truth.kind == "flood")
        try await until { try site.outcome("command", truth.device) != nil }
        #expect(try site.outcome("command", truth.device) == "done", "\(picket.wordsText)")
        let violations = try site.broker.records().filter {
            $0["kind"] as? String == "violation" && $0["event"] as? String == "in-alarm"
        }
        #expect(violations.map { $0["device"] as? String } == [truth.device])
        let tally = try JSONDecoder().decode(Tally.self, from: Data(try #require(simulation.outputLines.first).utf8))
        #expect(tally.mostConnected == 20)
        #expect(tally.published > 20 && tally.silenced > 0, "\(tally)")
        #expect(tally.answered >= 1 && tally.answered == tally.commands, "\(tally)")
        let devices = try site.broker.records().filter { $0["kind"] as? String == "connect" }.compactMap {
            $0["device"] as? String
        }
        #expect(Set(devices.filter { $0.hasPrefix("sensor-") }).count == 20)
        #expect(try site.broker.count("publish") >= tally.published, "everything that was sent came")
        stop(picket)
    }

    @Test func `the truth names the certificate that the broker saw and no address, and devices keep their keepalive`()
        async throws
    {
        let site = try MitigationSite(devices: [], playbook: "steps: [{ command: { topic: \"cmd/{device}/stop\" } }]")
        let picket = try site.start()
        let end = try ProductProgram.run(
            [
                "simulate", "--broker", site.url, "--authority", "ca", "--devices", "3", "--type", "gateway",
                "--incident", "cloned-certificate", "--incident", "brute-force", "--for", "9s", "--seed", "3",
                "--truth",
                "truth.ndjson",
            ], in: site.folder)
        #expect(end.end == .code(0), "\(end.words)")
        let truth = try String(contentsOfFile: site.file("truth.ndjson"), encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Truth.self, from: Data($0.utf8))
        }
        #expect(truth.map(\.kind) == ["cloned-certificate", "brute-force"] && truth.allSatisfy { $0.address == nil })
        let copy = try #require(truth.first)
        func connects() throws -> [[String: Any]] {
            try site.broker.records().filter { $0["kind"] as? String == "connect" }
        }
        try await until { try connects().contains { $0["client"] as? String == "\(copy.device)-copy" } }
        let seen = try connects().filter { ($0["device"] as? String)?.hasPrefix("gateway-") == true }
        let serials = seen.filter { $0["device"] as? String == copy.device }.map {
            ($0["certificate"] as? [String: Any])?["serial"] as? String
        }
        #expect(serials.count >= 2 && serials.allSatisfy { $0 == copy.certificate }, "\(seen)")
        // Three devices with what their type says, and the copy with what its holder chose.
        #expect(Set(seen.compactMap { $0["keepalive"] as? Int }) == [30, 60], "\(seen)")
        stop(picket)
    }

    @Test func `a clock that steps cannot be played, and is refused at once`() throws {
        let end = try ProductProgram.run(
            [
                "simulate", "--broker", "mqtts://127.0.0.1:1", "--authority", "ca", "--devices", "1", "--incident",
                "clock-step", "--for", "1s",
            ], in: try ProductFolder())
        #expect(end.end == .code(2) && end.words.contains("clock-step cannot be played"), "\(end.words)")
    }

    @Test func `what makes no sense together is refused`() throws {
        let folder = try ProductFolder()
        for arguments in [["--broker", "mqtts://127.0.0.1:1"], ["--authority", "ca"]] {
            #expect(try ProductProgram.run(["simulate"] + arguments, in: folder).end == .code(64))
        }
    }
}
