import PicketEvents
import PicketFeeds
import Testing

@testable import PicketService

/// A feed that says nothing after a start is noticed, whether it ever spoke or not.
@Suite("Feeds that are dead after a start", .waits)
struct DeadFeedTests {
    @Test("A feed that spoke before a restart and not after it is silent, and so is one that never spoke")
    func afterRestart() async throws {
        let site = HealthSite()
        let spoke = site.now
        try await Self.speakOnce(site)
        // Longer than anybody waits for a feed: Picket was away, and does not hold that against it.
        site.pass(600_000)
        let second = try await site.start(feeds: ["a", "trail"])
        try await second.open(FeedID(0), name: "a", format: .ndjson, lateness: 10_000)
        try await second.open(FeedID(1), name: "trail", format: .ndjson, lateness: 60_000)
        await second.expect("unseen", lateness: 10_000)
        try await site.tick(second)
        #expect(second.counts.feeds.map { $0.state(now: site.now) } == [.waiting, .waiting, .waiting])
        #expect(second.counts.feeds.map(\.lastEvent) == [spoke, nil, nil])
        #expect(await site.metrics(second).contains(#"picket_source_up{source="a"} 1"#))
        site.pass(30_000)
        try await site.tick(second)
        #expect(try site.states() == [])
        site.pass(1)
        for _ in 0..<3 { try await site.tick(second) }
        #expect(second.counts.feeds.map { $0.state(now: site.now) } == [.silent, .waiting, .silent])
        #expect(try site.states() == ["a silent", "unseen silent"])
        let silent = try site.lines("feed").filter { $0.contains("\"silent\"") }
        #expect(silent.first?.contains("\"last\":\"\(Timestamp.format(spoke))\"") == true, "\(silent)")
        #expect(silent.last?.contains("\"last\"") == false, "\(silent)")
        #expect(await site.metrics(second).contains(#"picket_source_up{source="a"} 0"#))
        #expect(await site.metrics(second).contains(#"picket_source_up{source="trail"} 1"#))
        #expect(
            await site.metrics(second).contains(
                #"picket_source_last_event_timestamp_seconds{source="a"} \#(spoke / 1_000)"#))
        // Its own lateness, where that is longer.
        site.pass(30_000)
        try await site.tick(second)
        #expect(try site.states() == ["a silent", "unseen silent", "trail silent"])
        try await site.speak(second)
        try await site.tick(second)
        #expect(try site.states().last == "a live")
        try await second.close(version: "1")
    }

    /// A run with one event. The log is free when the pipeline is gone.
    private static func speakOnce(_ site: HealthSite) async throws {
        let pipeline = try await site.start(feeds: ["a", "trail"])
        try await pipeline.open(FeedID(0), name: "a", format: .ndjson, lateness: 10_000)
        try await site.speak(pipeline)
        while await pipeline.isPumping { try await Task.sleep(for: .milliseconds(1)) }
        try await pipeline.close(version: "1")
    }
}
