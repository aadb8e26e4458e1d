import Foundation
import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog
import Synchronization
import Testing

@testable import PicketService

/// A pipeline with its log, whose clocks a test sets, and which can be started again on the same log.
final class HealthSite: Sendable {
    let folder = FileManager.default.temporaryDirectory.path + "/picket-health-\(UUID().uuidString)"
    private let wall = Mutex<Int64>(1_795_000_000_000)
    private let words = Mutex([String]())

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The wall clock.
    var now: Int64 { wall.withLock { $0 } }
    func pass(_ milliseconds: Int64) { wall.withLock { $0 += milliseconds } }
    var said: [String] { words.withLock { $0 } }

    /// Starts it on the log as a daemon does.
    ///
    /// - Parameter feeds: the names of the configured feeds, which get the first numbers.
    func start(feeds: [String] = [], fileSystem: (any LogFileSystem)? = nil) async throws -> Pipeline {
        let steady = ContinuousClock.now
        var options = LogOptions()
        options.reserveBytes = 1 << 16
        let writer =
            if let fileSystem {
                try LogWriter(folder: folder, options: options, fileSystem: fileSystem)
            } else {
                try LogWriter(folder: folder, options: options)
            }
        var startup = Startup(
            feeds: feeds.map { Configuration.Feed(name: $0, source: .http(name: $0, token: .file("none"))) })
        if !writer.recovery.created { try startup.read(folder: folder) }
        let pipeline = Pipeline(
            writer: writer, detector: startup.takeDetector(), after: startup.replay.newestReceived,
            wallClock: { self.now },
            // Stands still, however long the machine takes.
            steadyClock: { steady }, report: { _ in },
            say: { words in self.words.withLock { $0.append(words) } }, retryEvery: .milliseconds(5))
        await pipeline.continueWith(verified: startup.lastVerified)
        try await pipeline.begin(version: "1", note: nil)
        return pipeline
    }

    /// While offers are written there is no tick.
    func tick(_ pipeline: Pipeline) async throws {
        while await pipeline.isPumping { try await Task.sleep(for: .milliseconds(1)) }
        try await pipeline.tick()
    }

    /// A message of a feed.
    ///
    /// - Parameter claiming: how far its time is from the wall clock, in milliseconds; nil for a message without a time.
    func speak(_ pipeline: Pipeline, feed: Int = 0, claiming offset: Int64? = nil) async throws {
        let time = offset.map { ",\"time\":\"\(Timestamp.format(now + $0))\"" } ?? ""
        var decoder = NDJSONDecoder(feed: FeedID(feed))
        let decoded = decoder.decode(
            Array("{\"kind\":\"publish\",\"device\":\"d\",\"topic\":\"t\"\(time)}\n".utf8), isLast: true, limit: 10)
        try await pipeline.take(
            Pipeline.Offer(feed: FeedID(feed), batch: decoded.batch, rows: 0..<1, position: nil))
    }

    /// The lines of the log of one kind.
    func lines(_ kind: String) throws -> [String] {
        var reader = try LogReader(folder: folder)
        var text = ""
        while let block = try reader.next() { text += String(decoding: block.bytes, as: UTF8.self) }
        return text.split(separator: "\n").map(String.init).filter { $0.contains("\"kind\":\"\(kind)\"") }
    }

    /// The lines of `feed` records that say how a feed is.
    func states() throws -> [String] {
        try lines("feed").compactMap { line in
            guard let state = ["silent", "live"].first(where: { line.contains("\"state\":\"\($0)\"") }) else {
                return nil
            }
            return "\(line.split(separator: "\"name\":\"")[1].prefix { $0 != "\"" }) \(state)"
        }
    }

    /// What `/metrics` says.
    func metrics(_ pipeline: Pipeline) async -> [String] {
        MetricsText.page(
            feeds: pipeline.counts.feeds, open: [], opened: [:], measures: await pipeline.measures, now: now,
            mitigations: pipeline.counts.mitigationCounts
        )
        .split(separator: "\n").map(String.init)
    }
}
