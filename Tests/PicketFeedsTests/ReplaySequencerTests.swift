import Crypto
import PicketEvents
import Testing

@testable import PicketFeeds

/// The place in time of events from the past (DESIGN §5, engine time).
@Suite("Replay sequencer")
struct ReplaySequencerTests {
    private static let base: Int64 = 1_795_001_223_120
    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 24 * hour

    /// A line of a feed: an event at so many milliseconds after the base, or something else.
    enum Line: Sendable {
        case at(Int64)
        case untimed
        /// A line that is rejected for what it says, though its time is readable.
        case badAt(Int64)
        case garbage

        var text: String {
            switch self {
            case .at(let time): #"{"time":"\#(Timestamp.format(base + time))","kind":"connect","device":"d"}"#
            case .untimed: #"{"kind":"connect","device":"d"}"#
            case .badAt(let time): #"{"time":"\#(Timestamp.format(base + time))","kind":"nonsense"}"#
            case .garbage: "garbage"
            }
        }
    }

    /// What became of a line: `received`, relative to the base, and the reason of a rejected one.
    struct Stamped: Equatable, Sendable, CustomStringConvertible {
        var received: Int64
        var engineTime: Int64
        var rejected: String?
        var description: String { "\(received)/\(engineTime)\(rejected.map { " \($0)" } ?? "")" }

        static func at(_ received: Int64) -> Stamped { Stamped(received: received, engineTime: received) }
        static func late(_ time: Int64, received: Int64) -> Stamped { Stamped(received: received, engineTime: time) }
        static func rejected(_ reason: RejectionReason, at received: Int64) -> Stamped {
            Stamped(received: received, engineTime: received, rejected: reason.rawValue)
        }
    }

    /// Decodes `lines`, cut into blocks behind `cuts`, and stamps one block after the other; what is beyond a block is
    /// only seen by asking.
    private static func stamp(_ lines: [Line], cuts: Set<Int> = []) -> [Stamped] {
        var blocks: [DecodedBlock] = []
        var decoder = NDJSONDecoder(feed: FeedID(0))
        var text: [UInt8] = []
        for (index, line) in lines.enumerated() {
            text += Array((line.text + "\n").utf8)
            guard cuts.contains(index) || index == lines.count - 1 else { continue }
            blocks.append(decoder.decode(text, isLast: false, limit: .max))
            text = []
        }
        var sequencer = ReplaySequencer()
        var stamped: [Stamped] = []
        for index in blocks.indices {
            var block = blocks[index]
            sequencer.stamp(&block) {
                blocks[(index + 1)...].lazy.compactMap { ReplaySequencer.firstTime($0.batch, from: 0) }.first
            }
            for row in 0..<block.batch.count {
                let isRejected = block.batch.head[row].kind == .rejected
                let reason =
                    isRejected ? block.batch.attributes(of: row).first.flatMap { block.batch.string($0.text) } : nil
                stamped.append(
                    Stamped(
                        received: block.batch.received[row] - base, engineTime: block.batch.engineTime[row] - base,
                        rejected: reason))
            }
        }
        return stamped
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var lines: [Line]
        var expected: [Stamped]

        init(_ name: String, _ lines: [Line], _ expected: [Stamped]) {
            testDescription = name
            self.lines = lines
            self.expected = expected
        }
    }

    static let cases: [Case] = [
        Case("ascending", [.at(0), .at(5), .at(5), .at(9)], [.at(0), .at(5), .at(5), .at(9)]),
        Case(
            "received never falls; the event keeps its time", [.at(10), .at(3), .at(12)],
            [.at(10), .late(3, received: 10), .at(12)]),
        Case("exactly a day ahead is no jump", [.at(0), .at(day), .at(day)], [.at(0), .at(day), .at(day)]),
        Case(
            "a jump that the next line confirms", [.at(0), .at(day + 1), .at(day + 2)],
            [.at(0), .at(day + 1), .at(day + 2)]),
        Case(
            "a jump that nothing confirms", [.at(0), .at(day + 1), .at(0)],
            [.at(0), .rejected(.timeJump, at: 0), .at(0)]),
        Case(
            "confirmed from a day before, which is late then", [.at(0), .at(3 * day), .at(2 * day)],
            [.at(0), .at(3 * day), .late(2 * day, received: 3 * day)]),
        Case(
            "a millisecond beyond a day before", [.at(0), .at(3 * day), .at(2 * day - 1), .at(2 * day)],
            [.at(0), .rejected(.timeJump, at: 0), .at(2 * day - 1), .at(2 * day)]),
        Case(
            "confirmed from a day after", [.at(0), .at(3 * day), .at(4 * day)],
            [.at(0), .at(3 * day), .at(4 * day)]),
        Case(
            "a millisecond beyond a day after: only the second is confirmed",
            [.at(0), .at(3 * day), .at(4 * day + 1), .at(4 * day + 2)],
            [.at(0), .rejected(.timeJump, at: 0), .at(4 * day + 1), .at(4 * day + 2)]),
        Case(
            "the last line has nobody to confirm it", [.at(0), .at(2 * day)],
            [.at(0), .rejected(.timeJump, at: 0)]),
        Case(
            "lines without a readable time are passed over", [.at(0), .at(2 * day), .garbage, .untimed, .at(2 * day)],
            [.at(0), .at(2 * day), .rejected(.notJSON, at: 2 * day), .at(2 * day), .at(2 * day)]),
        Case(
            "a rejected line confirms with its time, and has none itself", [.at(0), .at(2 * day), .badAt(2 * day + 5)],
            [.at(0), .at(2 * day), .rejected(.unknownKind, at: 2 * day)]),
        Case(
            "a rejected line can fail to confirm", [.at(0), .at(2 * day), .badAt(5), .at(2 * day)],
            [.at(0), .rejected(.timeJump, at: 0), .rejected(.unknownKind, at: 0), .rejected(.timeJump, at: 0)]),
        Case(
            "a rejected line moves no time", [.at(0), .badAt(hour), .untimed],
            [.at(0), .rejected(.unknownKind, at: 0), .at(0)]),
        Case(
            "an event without a time before all others has no place", [.untimed, .at(7), .untimed],
            [.rejected(.noTime, at: 7), .at(7), .at(7)]),
        Case(
            "what comes before the first time gets it", [.garbage, .at(7)],
            [.rejected(.notJSON, at: 7), .at(7)]),
        Case("the first time may be any", [.at(900 * day), .at(0)], [.at(900 * day), .late(0, received: 900 * day)]),
        Case(
            "after a jump that was refused the time goes on", [.at(0), .at(2 * day), .at(hour), .at(day + hour)],
            [.at(0), .rejected(.timeJump, at: 0), .at(hour), .at(day + hour)]),
    ]

    @Test("Events get their place", arguments: cases)
    func whole(_ one: Case) { #expect(ReplaySequencerTests.stamp(one.lines) == one.expected) }

    @Test("It does not matter where the blocks are cut", arguments: cases)
    func cut(_ one: Case) {
        for mask in 0..<(1 << (one.lines.count - 1)) {
            let cuts = Set((0..<one.lines.count).filter { mask & 1 << $0 != 0 })
            #expect(ReplaySequencerTests.stamp(one.lines, cuts: cuts) == one.expected, "cuts behind \(cuts.sorted())")
        }
    }

    @Test("A feed without any time")
    func noTimes() {
        let expected = Stamped(
            received: -ReplaySequencerTests.base, engineTime: -ReplaySequencerTests.base, rejected: "no-time")
        #expect(ReplaySequencerTests.stamp([.untimed]) == [expected])
    }

    @Test(
        "A jump leaves the length and hash of its line, and nothing of what it said",
        arguments: ["\n", "\r\n", " \r\n\t\n", "", "garbage\n"])
    func jumpRecord(before: String) throws {
        let first = Line.at(0).text + "\n"
        let jump =
            #"  {"time":"2027-11-18T11:27:03.120Z","kind":"publish","device":"secret","bytes":7,"qos":1,"zone":1} "#
        var decoder = NDJSONDecoder(feed: FeedID(0))
        let text = first + before + jump + "\n" + Line.at(5).text
        var decoded = decoder.decode(Array(text.utf8), isLast: true, limit: .max)
        var sequencer = ReplaySequencer()
        sequencer.stamp(&decoded) { nil }
        let row = decoded.batch.count - 2
        #expect(NDJSON.lines(decoded.batch)[row] == NDJSON.rejected(.timeJump, jump.utf8))
        #expect(decoded.batch.received[row] == ReplaySequencerTests.base)
        // The events around it still have what is theirs.
        #expect(NDJSON.lines(decoded.batch).first?.hasSuffix(#""kind":"connect","device":"d"}"#) == true)
        #expect(NDJSON.lines(decoded.batch).last?.hasSuffix(#""kind":"connect","device":"d"}"#) == true)
    }
}
