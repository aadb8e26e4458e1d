import PicketEvents
import Testing

@testable import PicketFeeds

/// The place in time of events as they come (DESIGN §5, engine time).
@Suite("Live sequencer")
struct LiveSequencerTests {
    @Test("Received is the wall clock, and never falls")
    func clock() {
        var sequencer = LiveSequencer()
        let clocks: [Int64] = [100, 101, 90, 101, 150, 0, 151]
        #expect(clocks.map { sequencer.now(wallClock: $0) } == [100, 101, 101, 101, 150, 150, 151])
        var continued = LiveSequencer(after: 120)
        #expect(clocks.map { continued.now(wallClock: $0) } == [120, 120, 120, 120, 150, 150, 151])
        #expect(continued.received == 151)
    }

    struct Claim: Sendable, CustomTestStringConvertible {
        var time: Int64
        var isDeviceClaimed: Bool
        var engineTime: Int64
        var testDescription: String { "\(time)\(isDeviceClaimed ? ", of a device" : "") → \(engineTime)" }

        init(_ time: Int64, device: Bool = false, _ engineTime: Int64) {
            self.time = time
            isDeviceClaimed = device
            self.engineTime = engineTime
        }
    }

    /// Received at 100,000; the feed's lateness is 10,000.
    static let claims: [Claim] = [
        Claim(100_000, 100_000), Claim(99_999, 99_999), Claim(0, 0), Claim(100_001, 100_000), Claim(.max, 100_000),
        Claim(100_000, device: true, 100_000), Claim(95_000, device: true, 95_000), Claim(90_000, device: true, 90_000),
        Claim(89_999, device: true, 90_000), Claim(0, device: true, 90_000), Claim(100_001, device: true, 100_000),
        Claim(.max, device: true, 100_000),
    ]

    @Test("A time ahead counts as now; a device's own word is not believed beyond the lateness", arguments: claims)
    func engineTime(_ claim: Claim) {
        #expect(
            LiveSequencer.engineTime(
                claim.time, received: 100_000, lateness: 10_000, isDeviceClaimed: claim.isDeviceClaimed)
                == claim.engineTime)
    }

    @Test("A batch is stamped; the claim itself stays as it was made")
    func stamp() {
        let time: Int64 = 1_795_001_223_120
        let lines = [
            #"{"kind":"connect","ts":"\#(Timestamp.format(time - 60_000))"}"#,
            #"{"kind":"report","ts":"\#(Timestamp.format(time - 60_000))"}"#,
            #"{"kind":"alert","ts":"\#(Timestamp.format(time + 60_000))"}"#,
            #"{"kind":"connect","ts":"\#(Timestamp.format(time + 60_000))"}"#,
            #"{"kind":"connect"}"#,
            "garbage",
        ]
        var decoder = NDJSONDecoder(feed: FeedID(0))
        var batch = decoder.decode(Array(lines.joined(separator: "\n").utf8), isLast: true, limit: .max).batch
        LiveSequencer.stamp(&batch, received: time, lateness: 10_000)
        #expect(batch.received == [Int64](repeating: time, count: 6))
        #expect(batch.time.map { $0 - time } == [-60_000, -60_000, 60_000, 60_000, 0, 0])
        #expect(batch.engineTime.map { $0 - time } == [-60_000, -10_000, 0, 0, 0, 0])
    }
}
