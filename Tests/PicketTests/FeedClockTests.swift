import Foundation
import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog
import Testing

@testable import PicketService

/// What the log says of a feed whose times jump.
@Suite("Clocks of feeds", .waits)
struct FeedClockTests {
    private static let hour: Int64 = 3_600_000

    @Test("Two hours forward and four back are two records, and the way back to the right time is a third")
    func steps() async throws {
        let site = HealthSite()
        let pipeline = try await site.start()
        try await pipeline.open(FeedID(0), name: "a", format: .ndjson, lateness: 10_000)
        try await pipeline.open(FeedID(1), name: "b", format: .ndjson, lateness: 10_000)
        let start = site.now
        for offset in [0, 2 * Self.hour, 2 * Self.hour, -2 * Self.hour, -2 * Self.hour, 0, 0] {
            for _ in 0..<3 {
                site.pass(5_000)
                try await site.speak(pipeline, feed: 0, claiming: offset)
                try await site.speak(pipeline, feed: 1, claiming: -4_000)
                try await site.tick(pipeline)
            }
        }
        try await pipeline.close(version: "1")
        let metrics = await site.metrics(pipeline)
        #expect(metrics.contains(#"picket_source_clock_steps_total{source="a"} 3"#), "\(metrics)")
        #expect(metrics.contains(#"picket_source_clock_steps_total{source="b"} 0"#))
        #expect(metrics.contains(#"picket_events_ahead_total{source="a"} 6"#))
        // Of feeds: the machine's own clock seems to be set, too, as the steady one stands still here.
        let clocks = try site.lines("clock").filter { $0.contains("\"name\"") }
        func record(_ seconds: Int64, _ expected: Int64, _ found: Int64) -> String {
            let time = start + seconds * 1_000
            return #"{"received":"\#(Timestamp.format(time))","feed":"picket","kind":"clock","name":"a","#
                + #""expected":"\#(Timestamp.format(time + expected))","found":"\#(Timestamp.format(time + found))"}"#
        }
        #expect(
            clocks == [
                record(20, 0, 2 * Self.hour), record(50, 2 * Self.hour, -2 * Self.hour), record(80, -2 * Self.hour, 0),
            ])
        #expect(site.said.filter { $0.hasPrefix("feed a: its times went") }.count == 3)
        // The mark is in the log for what was ahead, and for nothing else.
        let marked = try site.lines("publish").filter { $0.contains("\"clock\":\"ahead\"") }
        #expect(marked.count == 6 && marked.allSatisfy { $0.contains("\"feed\":\"a\"") }, "\(marked)")
    }

    @Test("What is late, out of order within a second, or old and in order after an outage is no step")
    func noSteps() {
        var clock = FeedClock(lateness: 10_000)
        var now: Int64 = 1_795_000_000_000
        func look(_ times: [Int64]) -> FeedClock.Step? {
            for time in times { clock.see(now + time, received: now) }
            now += 1_000
            return clock.look(now)
        }
        // A file of yesterday, read at once, and then what is new.
        for hour in stride(from: -24 * Self.hour, through: 0, by: Int(Self.hour)) { #expect(look([hour]) == nil) }
        #expect(look([-Self.hour, 0, -2 * Self.hour]) == nil)
        #expect(look([-290_000]) == nil)
        #expect(look([290_000]) == nil)
        #expect(look([]) == nil)
        #expect(look([0]) == nil)
        #expect(look([-Self.hour]) != nil)
    }

    @Test("Sources that disagree about the time do not fill the log, and what the last one said is not forgotten")
    func disagreement() {
        var clock = FeedClock(lateness: 10_000)
        var now: Int64 = 1_795_000_000_000
        var steps = 0
        for number in 0..<600 {
            clock.see(now + (number % 2 == 0 ? 0 : Self.hour), received: now)
            now += 1_000
            if clock.look(now) != nil { steps += 1 }
        }
        #expect((1...60).contains(steps), "\(steps)")
        var last = FeedClock(lateness: 10_000)
        last.see(now + Self.hour, received: now)
        #expect(last.look(now) != nil)
        last.see(now - Self.hour, received: now)
        #expect(last.look(now) == nil)
        #expect(last.look(now, isLast: true) == FeedClock.Step(expected: now + Self.hour, found: now - Self.hour))
    }

    @Test("Who says of himself that he is ahead is not believed, and the log replays as it was judged")
    func replay() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            let ahead = Timestamp.format(Int64(Date().timeIntervalSince1970 * 1_000) + 2 * Self.hour)
            for number in 0..<8 {
                try site.folder.append(
                    "live.log",
                    "{\"kind\":\"publish\",\"device\":\"d\",\"topic\":\"t/\(number)\","
                        + (number == 0 ? "\"clock\":\"ahead\"}\n" : "\"time\":\"\(ahead)\"}\n"))
            }
            try #require(
                program.waits(until: { (try? site.violations().count) == 1 && (try? site.topics().count) == 8 }))
            stop(program)
            let records = try site.records()
            let marks = records.filter { $0["topic"] != nil }.map { $0["clock"] as? String }
            #expect(marks == [nil] + Array(repeating: "ahead", count: 7))
            let clocks = records.filter { $0["kind"] as? String == "clock" }
            #expect(clocks.count == 1 && clocks.first?["name"] as? String == "feed", "\(clocks)")
            try site.expectReplayAgrees()
            // And so does the record of it read again: the mark is part of the line.
            let again = try ProductProgram.run(
                ["replay", "data/log", "--against", "data/log", "--output", "json"], in: site.folder)
            #expect(again.end == .code(0), "\(again.words)")
        }
    }
}
