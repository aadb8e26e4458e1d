import Foundation
import Testing

/// Profiles for a group: the fleet file tells who belongs to it.
@Suite("Replay: the fleet file")
struct ReplayFleetTests {
    @Test("A profile for a group finds its members, and nobody else")
    func group() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("picket-fleet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ text: String, _ name: String) throws -> String {
            let file = folder.appendingPathComponent(name)
            try text.write(to: file, atomically: true, encoding: .utf8)
            return file.path
        }
        let profile = try write(
            """
            profile: doors
            targets: [{ group: doors }]
            behaviors:
              - { name: foreign, metric: source-ip-address, alarm: { outside: [10.20.0.0/16] } }
            """, "profile.yaml")
        let fleet = try write(
            "groups: { doors: }\ndevices: { d-1: { group: doors }, d-2: { group: doors } }\n", "fleet.yaml")
        let feed = try write(
            """
            {"time":"2026-11-18T11:00:00Z","kind":"connect","device":"d-1","address":"10.20.0.1"}
            {"time":"2026-11-18T11:00:01Z","kind":"connect","device":"d-2","address":"192.0.2.7"}
            {"time":"2026-11-18T11:00:02Z","kind":"connect","device":"other","address":"192.0.2.8"}
            {"time":"2026-11-18T11:00:03Z","kind":"connect","device":"d-2","address":"10.20.0.2"}

            """, "feed.ndjson")
        let with = try await Binary.run(["replay", feed, "--profile", profile, "--fleet", fleet, "--output", "json"])
        #expect(with.exitCode == 0, "\(with.stderr)")
        let lines = with.stdout.split(separator: "\n")
        #expect(lines.count == 2, "\(with.stdout)")
        #expect(lines.allSatisfy { $0.contains("\"device\":\"d-2\"") })
        #expect(lines.first?.contains("in-alarm") == true && lines.last?.contains("alarm-cleared") == true)
        let without = try await Binary.run(["replay", feed, "--profile", profile, "--output", "json"])
        #expect(without.stdout.isEmpty)
    }
}
