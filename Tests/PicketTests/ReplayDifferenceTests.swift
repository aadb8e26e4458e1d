import Foundation
import Testing

/// `replay --against`: each difference has its cause. That a log agrees with its own replay is in ``ReplaySelectionTests``.
@Suite struct ReplayDifferenceTests {
    private static func line(_ time: String, _ keys: String) -> String {
        "{\"time\":\"2026-11-18T\(time).000Z\",\(keys)}\n"
    }

    private static func publish(_ time: String, _ device: String) -> String {
        line(time, "\"kind\":\"publish\",\"device\":\"\(device)\",\"topic\":\"t\"")
    }

    private func differences(_ folder: TemporaryFolder, _ arguments: [String]) async throws -> [[String: Any]] {
        let run = try await Binary.run(
            ["replay"] + arguments + ["--against", "log", "--output", "json"], in: folder.path)
        #expect(run.exitCode == (run.lines.count > 1 ? 1 : 0), "\(run.stderr)")
        return try run.lines.dropLast().map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private func makeLog(_ folder: TemporaryFolder, _ feed: String, _ profile: String) async throws {
        try folder.write("feed.ndjson", feed)
        try folder.write("p.yaml", profile)
        let made = try await Binary.run(
            ["replay", "feed.ndjson", "--profile", "p.yaml", "--write-log", "log", "--output", "json"], in: folder.path)
        try #require(made.exitCode == 0, "\(made.stderr)")
    }

    @Test func `events that came too late to count are named, with their first record`() async throws {
        let folder = try TemporaryFolder()
        let early = (0..<3).map { Self.publish("10:00:0\($0)", "d-1") }
        let late = (0..<3).map { Self.publish("10:00:3\($0)", "d-1") }
        let others = (6..<20).map { Self.publish(String(format: "10:%02d:00", $0), "d-2") }
        let profile = """
            profile: site
            behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 5 in 5m }]

            """
        // As it arrived: three messages came when their window was long past.
        try await makeLog(folder, (early + others.prefix(1) + late + others.dropFirst()).joined(), profile)
        // As it happened.
        try folder.write("sorted.ndjson", (early + late + others).joined())
        let found = try await differences(folder, ["sorted.ndjson", "--profile", "p.yaml"])
        #expect(found.count == 2 && found[0]["difference"] as? String == "extra", "\(found)")
        #expect(found[0]["cause"] as? String == "late-events", "\(found)")
        #expect((found[0]["why"] as? String)?.contains("3 events of d-1 came more than 10 s late") == true, "\(found)")
        #expect(["late-events", "follows"].contains(found[1]["cause"] as? String ?? ""), "\(found)")
    }

    @Test func `an exception is the cause where only that is not the same`() async throws {
        let folder = try TemporaryFolder()
        let refused = (0..<12).map {
            Self.line(
                String(format: "10:00:%02d", $0),
                "\"kind\":\"connect-failed\",\"client\":\"x\",\"reason\":\"not-authorized\",\"address\":\"10.0.0.9\"")
        }
        let profile = """
            profile: site
            behaviors:
              - { name: guesses, subject: address, metric: num-authorization-failures, alarm: more than 10 in 1m }

            """
        try await makeLog(folder, refused.joined(), profile)
        #expect(try await differences(folder, ["log", "--profile", "p.yaml"]).isEmpty)
        try folder.write(
            "excused.yaml",
            profile
                + "exceptions: [{ behavior: guesses, subject: 10.0.0.9, reason: a test, owner: anna, expires: 2027-01-01 }]\n"
        )
        let found = try await differences(folder, ["log", "--profile", "excused.yaml"])
        #expect(!found.isEmpty)
        for difference in found {
            #expect(difference["cause"] as? String == "exception", "\(difference)")
            #expect((difference["why"] as? String)?.contains("a test") == true, "\(difference)")
        }
    }

    @Test func `what lies beyond the feed that is replayed is not covered`() async throws {
        let folder = try TemporaryFolder()
        let flood = (0..<8).map { Self.publish("10:00:0\($0)", "d-1") }
        let second = (0..<8).map { Self.publish("11:00:0\($0)", "d-1") }
        let profile = """
            profile: site
            behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 5 in 5m }]

            """
        try await makeLog(folder, (flood + second).joined(), profile)
        try folder.write("half.ndjson", flood.joined())
        let found = try await differences(folder, ["half.ndjson", "--profile", "p.yaml"])
        #expect(!found.isEmpty)
        for difference in found {
            #expect(["not-covered", "follows"].contains(difference["cause"] as? String ?? ""), "\(difference)")
        }
    }
}
