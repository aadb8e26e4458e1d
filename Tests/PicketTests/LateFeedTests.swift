import PicketEvents
import PicketFeeds
import Testing

@testable import PicketService

/// What comes too late is counted for the feed that brings it.
@Suite("Late events by feed", .waits)
struct LateFeedTests {
    @Test("Only the feed whose events come too late has late ones")
    func byFeed() async throws {
        let site = HealthSite()
        let pipeline = try await site.start()
        try await pipeline.open(FeedID(0), name: "a", format: .ndjson, lateness: 10_000)
        try await pipeline.open(FeedID(1), name: "b", format: .ndjson, lateness: 10_000)
        for step in 0..<3 {
            try await site.speak(pipeline, feed: 0)
            // The second and third come long after time has passed them.
            try await site.speak(pipeline, feed: 1, claiming: step == 0 ? 0 : -3_600_000)
            site.pass(20_000)
        }
        #expect(pipeline.counts.feeds.map(\.late) == [0, 2])
        #expect(await site.metrics(pipeline).contains(#"picket_events_late_total{source="a"} 0"#))
        #expect(await site.metrics(pipeline).contains(#"picket_events_late_total{source="b"} 2"#))
        try await pipeline.close(version: "1")
    }
}
