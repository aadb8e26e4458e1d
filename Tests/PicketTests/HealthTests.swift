import Foundation
import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog
import Synchronization
import Testing

@testable import PicketService

/// What the log says of feeds that fall silent and of a clock that is set.
@Suite("Health of the feeds", .waits)
struct HealthTests {
    /// A wall clock that a test sets.
    private final class Wall: Sendable {
        private let time: Mutex<Int64>
        init(_ time: Int64) { self.time = Mutex(time) }
        var now: Int64 { time.withLock { $0 } }
        func pass(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
    }

    @Test("A feed that falls silent is one record, and one when it speaks again; so is a clock that is set")
    func silence() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/picket-health-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let wall = Wall(1_795_000_000_000)
        let said = Mutex([String]())
        let started = ContinuousClock.now
        let pipeline = Pipeline(
            writer: try LogWriter(folder: folder, options: LogOptions()), detector: Detector(profiles: []),
            after: wall.now, wallClock: { wall.now },
            // Stands still, however long the machine takes.
            steadyClock: { started }, report: { _ in },
            say: { words in said.withLock { $0.append(words) } })
        try await pipeline.begin(version: "1", note: nil)
        try await pipeline.open(FeedID(0), name: "a", format: .ndjson, lateness: 10_000)
        /// While offers are written there is no tick.
        func tick() async throws {
            while await pipeline.isPumping { try await Task.sleep(for: .milliseconds(1)) }
            try await pipeline.tick()
        }
        func speak() async throws {
            var decoder = NDJSONDecoder(feed: FeedID(0))
            let decoded = decoder.decode(
                Array("{\"kind\":\"publish\",\"device\":\"d\",\"topic\":\"t\"}\n".utf8), isLast: true, limit: 10)
            try await pipeline.take(
                Pipeline.Offer(feed: FeedID(0), batch: decoded.batch, rows: 0..<1, position: nil))
            try await tick()
        }
        try await tick()
        try await speak()
        wall.pass(30_000)
        try await tick()
        wall.pass(1)
        for _ in 0..<3 { try await tick() }
        try await speak()
        wall.pass(-7_200_000)
        for _ in 0..<3 { try await tick() }
        try await pipeline.close(version: "1")

        var reader = try LogReader(folder: folder)
        var text = ""
        while let block = try reader.next() { text += String(decoding: block.bytes, as: UTF8.self) }
        let states = text.split(separator: "\n").filter { $0.contains("\"kind\":\"feed\"") }
        #expect(
            states.map { $0.split(separator: "\"state\":\"")[1].prefix { $0 != "\"" } } == ["opened", "silent", "live"])
        #expect(text.contains("\"state\":\"silent\",\"last\":\"2026-11-18T11:06:40.000Z\""), "\(text)")
        // Forward by thirty seconds, which did not pass, and back by two hours.
        let clocks = text.split(separator: "\n").filter { $0.contains("\"kind\":\"clock\"") }
        #expect(clocks.count == 2, "\(clocks)")
        #expect(said.withLock { $0 }.contains { $0.hasPrefix("picket: the clock was set by -7200 s") })
        // Detection is not concerned: the log replays as it is.
        var replay = LogReplay()
        var detector = Detector(profiles: [])
        var again = try LogReader(folder: folder)
        while let block = try again.next() { replay.take(block, into: &detector, report: { _ in }) }
        #expect(detector.statistics.events == 2)
    }
}
