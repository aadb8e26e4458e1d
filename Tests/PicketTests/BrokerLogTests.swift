import Foundation
import Testing

/// Logs of real brokers, as people have them: with Mosquitto's default settings they hold no message at all.
@Suite(
    "Broker logs",
    .enabled(if: Places.exists("\(Places.shared)/data/broker-logs"), "the logs of real brokers are not here"))
struct BrokerLogTests {
    static let logs =
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(Places.shared)/data/broker-logs")) ?? [])
        .filter { $0.hasSuffix(".log") }.sorted()

    private static let profile = """
        profile: flood
        targets: [all]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than 120 in 5m }

        """

    @Test("Picket says that it is blind for messages, and which setting of the broker changes that", arguments: logs)
    func blind(log: String) async throws {
        let folder = try TemporaryFolder()
        let profile = try folder.write("profile.yaml", BrokerLogTests.profile)
        let output = try await Binary.run([
            "replay", "\(Places.shared)/data/broker-logs/\(log)", "--profile", profile, "--output", "json", "--summary",
        ])
        #expect(output.exitCode == 0, "\(output.stderr)")
        let summary = try JSONDecoder().decode(Summary.self, from: Data((output.lines.last ?? "").utf8))
        #expect(summary.blind.map(\.behavior) == ["flood"])
        #expect(summary.blind.first?.metric == "num-messages-sent")
        #expect(summary.blind.first?.remedy.contains("log_type") == true)
        #expect(output.stderr.contains("Blind") && output.stderr.contains("log_type"), "\(output.stderr)")
        #expect(summary.events > 0)
        #expect(output.lines.count == 1)
    }

    @Test("There are four")
    func four() { #expect(BrokerLogTests.logs.count == 4) }
}
