import Foundation
import Testing

/// What a feed of one kind of events can show, and what it cannot.
@Suite("Blindness")
struct BlindnessTests {
    private static let behaviors = """
        profile: p
        targets: [all]
        customMetrics: { cpu: number }
        behaviors:
          - { name: sent, metric: num-messages-sent, alarm: more than 9 in 1m }
          - { name: lost, metric: num-disconnects, alarm: more than 9 in 1m }
          - { name: load, metric: cpu, alarm: more than 90 }
          - { name: alerts, metric: count, where: { kind: alert }, alarm: more than 9 in 1m }
          - { name: acts, subject: user, metric: count, where: { kind: user }, alarm: more than 9 in 1m }
          - { name: errors, metric: count, where: { kind: service }, alarm: more than 9 in 1m }
          - { name: files, metric: count, where: { kind: transfer }, alarm: more than 9 in 1m }
          - { name: unread, subject: feed, metric: rejected, alarm: more than 9 in 1m }

        """
    private static let all = ["sent", "lost", "load", "alerts", "acts", "errors", "files"]

    @Test(
        "A feed of one kind is blind for the others",
        arguments: [
            (#""kind":"publish","device":"d","topic":"t","bytes":1"#, "sent"),
            (#""kind":"disconnect","device":"d","reason":"client""#, "lost"),
            (#""kind":"report","device":"d","metrics":{"cpu":5}"#, "load"),
            (#""kind":"alert","device":"d","alertType":"HARDFAULT""#, "alerts"),
            (#""kind":"user","user":"u","action":"unlock","outcome":"success""#, "acts"),
            (#""kind":"service","service":"s","device":"d""#, "errors"),
            (#""kind":"transfer","device":"d","operation":"get","object":"o""#, "files"),
        ])
    func oneKind(event: String, seen: String) async throws {
        let folder = try TemporaryFolder()
        let profile = try folder.write("profile.yaml", BlindnessTests.behaviors)
        let feed = try folder.write("feed.ndjson", "{\"time\":\"2026-11-18T11:00:00Z\",\(event)}\n")
        let output = try await Binary.run([
            "replay", feed, "--profile", profile, "--output", "json", "--summary",
        ])
        #expect(output.exitCode == 0, "\(output.stderr)")
        let summary = try JSONDecoder().decode(Summary.self, from: Data((output.lines.last ?? "").utf8))
        #expect(summary.events == 1 && summary.rejected == 0)
        #expect(summary.blind.map(\.behavior) == BlindnessTests.all.filter { $0 != seen })
    }
}
