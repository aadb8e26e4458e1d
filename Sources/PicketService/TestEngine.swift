import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog
import PicketProfiles

/// What a test of a profile runs on: the lines go the way of any feed, and are kept as a log keeps them, so that Picket can
/// be started anew in the middle.
struct TestEngine {
    /// Everything that happened.
    private(set) var found: [Violation] = []
    /// Why lines are no events, one reason for each such line.
    private(set) var rejections: [String] = []
    /// Whether every restart found what had been found before.
    private(set) var isSound = true
    private var detector: Detector
    private var decoder: any FeedDecoder
    private var sequencer = ReplaySequencer()
    private let make: () -> Detector
    /// The records so far.
    private var log = LogBlock(firstIndex: 0, count: 0, bytes: [])
    private var lines = CanonicalLine()

    private static let name = "test"
    private static let feed = FeedID(0)

    /// - Parameter make: makes a detector that has seen nothing.
    init(_ make: @escaping () -> Detector) {
        self.make = make
        detector = make()
        decoder = FeedFormat.ndjson.decoder(feed: TestEngine.feed, identity: .certificate)
        lines.setName(TestEngine.name, of: TestEngine.feed)
        note(
            FeedRecord(
                received: ProfileTest.start, name: TestEngine.name, state: .opened, mode: .replay,
                format: FeedFormat.ndjson.rawValue, lateness: Replay.lateness))
    }

    /// Takes lines of the feed.
    mutating func take(_ bytes: [UInt8]) {
        var rest = bytes
        while !rest.isEmpty {
            var block = decoder.decode(rest, isLast: true, limit: Limits.batchEvents)
            rest.removeFirst(block.consumed)
            // The next line of a test is never far: a jump of more than a day is meant.
            let last = block.batch.time.last
            sequencer.stamp(&block, peek: { last })
            for row in 0..<block.batch.count {
                if block.batch.head[row].kind == .rejected {
                    let reason = block.batch.attributes(of: row).first { $0.key == .reason }
                    rejections.append(reason.flatMap { block.batch.string($0.text) } ?? "unknown")
                }
                lines.append(row, of: block.batch, to: &log.bytes)
                log.bytes.append(0x0A)
                log.count += 1
            }
            detector.step(block.batch, rows: 0..<block.batch.count, into: &found)
        }
    }

    /// Starts anew, as the daemon does: detection is what the records make of it, and goes on from there.
    mutating func restart() {
        var again: [Violation] = []
        var replay = LogReplay()
        _ = replay.feedID(named: TestEngine.name)
        detector = make()
        replay.take(log, into: &detector, report: { again += $0 })
        if again != found { isSound = false }
    }

    /// The feed has ended.
    mutating func end() {
        note(
            FeedRecord(
                received: sequencer.newest == .min ? ProfileTest.start : sequencer.newest, name: TestEngine.name,
                state: .ended, mode: .replay))
    }

    private mutating func note(_ record: FeedRecord) {
        log.bytes += record.line() + [0x0A]
        log.count += 1
        detector.step(.feed(record), feed: TestEngine.feed, into: &found)
    }
}
