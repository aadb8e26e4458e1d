import Foundation
import Testing

/// A day of a small fleet under all profiles that are shipped: what is no attack stays quiet, and what is one is found.
@Suite("A day")
struct DayTests {
    /// A violation as it is told: those of one behavior that are open together are one thing that happened.
    private struct Line: Decodable {
        var time: String
        var event: String
        var id: String
        var profile: String
        var behavior: String
        var device: String?
    }

    private static func violations(_ scenario: String, _ folder: TemporaryFolder) async throws -> [Line] {
        let file = try folder.write("scenario.yaml", scenario)
        let feed = folder.file("feed.ndjson")
        let made = try await Binary.run(["simulate", file, "--to-file", feed])
        try #require(made.exitCode == 0, "\(made.stderr)")
        let found = try await Binary.run(
            ["replay", feed, "--profile", "\(Places.package)/profiles", "--output", "json"])
        try #require(found.exitCode == 0, "\(found.stderr)")
        return try found.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    /// The behaviors of which violations are open at once, once for each stretch.
    private static func groups(_ lines: [Line]) -> [String] {
        var open: [String: Set<String>] = [:]
        var groups: [String] = []
        for line in lines {
            let name = "\(line.profile)/\(line.behavior)"
            if line.event == "in-alarm" {
                if open[name, default: []].isEmpty { groups.append("\(name) \(line.time)") }
                open[name, default: []].insert(line.id)
            } else {
                open[name]?.remove(line.id)
            }
        }
        return groups
    }

    @Test(
        "Three devices, 24 hours, a broker restart, a firmware roll-out, a clock step and a backlog: at most one thing is told",
        arguments: [1, 7, 42])
    func ordinary(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let lines = try await Self.violations(
            """
            for: 24h
            seed: \(seed)
            devices: { sensor: 3 }
            incidents:
              - { kind: broker-restart, at: 3h }
              - { kind: firmware, at: 7h, for: 30m }
              - { kind: clock-step, at: 12h, for: 20m }
              - { kind: backlog, at: 17h, for: 30m }
            """, folder)
        let groups = Self.groups(lines)
        #expect(groups.count <= 1, "\(groups)")
        // Devices that are away for half an hour are silent for half an hour: if anything is told, it is that.
        #expect(groups.allSatisfy { $0.hasPrefix("generic-sensor/gone-silent") }, "\(groups)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("feed.ndjson"))).count > 1_000_000)
    }

    @Test("A flood at a tenth of the usual rate is found within its first two windows, and ends when it ends")
    func thinFlood() async throws {
        for seed in [1, 7, 42] {
            let folder = try TemporaryFolder()
            let lines = try await Self.violations(
                """
                for: 2h
                seed: \(seed)
                devices: { sensor: 3 }
                incidents:
                  - { kind: flood, device: sensor-000002, at: 1h, for: 20m, divisor: 10 }
                """, folder)
            let flood = lines.filter { $0.behavior == "message-flood" }
            #expect(
                flood.map(\.event) == ["in-alarm", "alarm-cleared"] && flood.allSatisfy { $0.device == "sensor-000002" }
            )
            // The scenario begins on 2026-11-30 at midnight; the window is five minutes long.
            let time = try #require(flood.first?.time)
            #expect(time >= "2026-11-30T01:00:00.000Z" && time <= "2026-11-30T01:10:00.000Z", "seed \(seed): \(time)")
            #expect(Set(lines.map(\.behavior)) == ["message-flood"], "\(lines)")
        }
    }
}
