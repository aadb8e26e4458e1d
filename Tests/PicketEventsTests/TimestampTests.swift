import Foundation
import Testing

@testable import PicketEvents

/// Times of log lines; an error here moves every event behind it.
@Suite("Timestamp")
struct TimestampTests {
    struct Reading: Sendable, CustomTestStringConvertible {
        var text: String
        var milliseconds: Int64?
        var testDescription: String { text }

        init(_ text: String, _ milliseconds: Int64?) {
            self.text = text
            self.milliseconds = milliseconds
        }
    }

    /// The values were computed with another implementation (GNU date).
    static let good: [Reading] = [
        Reading("1970-01-01T00:00:00Z", 0),
        Reading("1970-01-01T00:00:00.001Z", 1),
        Reading("1969-12-31T23:59:59.999Z", -1),
        Reading("2026-11-18T11:27:03.120Z", 1_795_001_223_120),
        Reading("2026-11-18T11:27:03Z", 1_795_001_223_000),
        Reading("2026-11-18 11:27:03.120Z", 1_795_001_223_120),
        Reading("2026-11-18t11:27:03.120z", 1_795_001_223_120),
        Reading("2026-11-18T11:27:03,120Z", 1_795_001_223_120),
        Reading("2026-11-18T11:27:03.1Z", 1_795_001_223_100),
        Reading("2026-11-18T11:27:03.12Z", 1_795_001_223_120),
        Reading("2026-11-18T11:27:03.120999999Z", 1_795_001_223_120),
        Reading("2026-11-18T12:27:03.120+01:00", 1_795_001_223_120),
        Reading("2026-11-18T12:27:03.120+0100", 1_795_001_223_120),
        Reading("2026-11-18T05:57:03.120-05:30", 1_795_001_223_120),
        Reading("2026-11-19T11:26:03.120+23:59", 1_795_001_223_120),
        Reading("2026-11-18T11:27:03.120-00:00", 1_795_001_223_120),
        // A leap second is the first second of the next minute.
        Reading("2016-12-31T23:59:60Z", 1_483_228_800_000),
        // Leap years: by 4, not by 100, but by 400.
        Reading("2024-02-29T00:00:00Z", 1_709_164_800_000),
        Reading("2000-02-29T00:00:00Z", 951_782_400_000),
        Reading("2000-03-01T00:00:00Z", 951_868_800_000),
        Reading("2100-02-28T23:59:59Z", 4_107_542_399_000),
        Reading("2100-03-01T00:00:00Z", 4_107_542_400_000),
        Reading("0000-01-01T00:00:00Z", -62_167_219_200_000),
        Reading("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ]

    static let bad: [String] = [
        "", "2026", "2026-11-18", "2026-11-18T11:27Z", "2026-11-18T11:27:03", "2026-11-18T11:27:03.120",
        "2026-11-18T11:27:03.Z", "2026-11-18T11:27:03.120ZZ", " 2026-11-18T11:27:03.120Z",
        "2026-11-18T11:27:03.120Z ", "2026-11-18T11:27:03.12xZ", "2026-11-18_11:27:03.120Z",
        "2026-11-18T11:27:03.120+1", "2026-11-18T11:27:03.120+01:", "2026-11-18T11:27:03.120+01:0",
        "2026-11-18T11:27:03.120+24:00", "2026-11-18T11:27:03.120+01:60", "2026-11-18T11:27:03.120+01:00Z",
        "2026-00-18T11:27:03Z", "2026-13-18T11:27:03Z", "2026-11-00T11:27:03Z", "2026-11-31T11:27:03Z",
        "2026-02-29T11:27:03Z", "1900-02-29T11:27:03Z", "2100-02-29T11:27:03Z", "2024-02-30T11:27:03Z",
        "2026-11-18T24:00:00Z", "2026-11-18T11:60:03Z", "2026-11-18T11:27:61Z",
        "-026-11-18T11:27:03Z", "+026-11-18T11:27:03Z", "12026-11-18T11:27:03Z", "-1-11-18T11:27:03.120Z",
        "2026/11/18T11:27:03Z", "2026-11-18T11.27.03Z", "２０２６-11-18T11:27:03Z", "2026-11-18T11:27:03.120\u{0}",
        "2026-11-18T1 :27:03Z", "2026-11-18T11:-7:03Z", "yesterday, at half past nine",
    ]

    @Test("Reads RFC 3339, with a space for T and an offset without colon", arguments: good)
    func reads(_ reading: Reading) { #expect(Timestamp.parse(reading.text) == reading.milliseconds) }

    @Test("Reads nothing else", arguments: bad)
    func refuses(_ text: String) { #expect(Timestamp.parse(text) == nil) }

    @Test("Reads only the range it is given")
    func range() {
        let text = Array("x2026-11-18T11:27:03.120Z9".utf8)
        #expect(Timestamp.parse(text.span.bytes, 1..<25) == 1_795_001_223_120)
        #expect(Timestamp.parse(text.span.bytes, 1..<26) == nil)
        #expect(Timestamp.parse(text.span.bytes, 0..<25) == nil)
        #expect(Timestamp.parse(text.span.bytes, 1..<24) == nil)
        #expect(Timestamp.parse(text.span.bytes, 2..<60) == nil)
    }

    @Test("Every day from year 0 to 9999 is written and read back, and follows the day before")
    func everyDay() {
        var wrong: [Int] = []
        var before = (year: -1, month: 12, day: 31)
        let first = Timestamp.days(year: 0, month: 1, day: 1)
        let last = Timestamp.days(year: 9_999, month: 12, day: 31)
        #expect(last - first == 3_652_424)
        for day in first...last {
            let (year, month, dayOfMonth) = Timestamp.civil(days: day)
            let follows =
                if dayOfMonth > 1 {
                    (year, month, dayOfMonth) == (before.year, before.month, before.day + 1)
                } else {
                    before.day == Timestamp.daysInMonth(year: before.year, month: before.month)
                        && (year, month)
                            == (before.month == 12 ? (before.year + 1, 1) : (before.year, before.month + 1))
                }
            if !follows || Timestamp.days(year: year, month: month, day: dayOfMonth) != day { wrong.append(day) }
            before = (year, month, dayOfMonth)
        }
        #expect(wrong == [])
    }

    @Test("What is written is read back, is 24 bytes long, and is what Foundation writes", arguments: Dice.seeds)
    func roundTrip(seed: UInt64) {
        var dice = Dice(state: seed)
        let foundation = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for round in 0..<4_000 {
            let inRange = round % 2 == 0
            let milliseconds =
                inRange
                ? Int64.random(in: Limits.earliestTime..<Limits.latestTime, using: &dice)
                : Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &dice)
            let text = Timestamp.format(milliseconds)
            #expect(text.utf8.count == 24, "PICKET_SEED=\(seed): \(milliseconds)")
            #expect(Timestamp.parse(text) == milliseconds, "PICKET_SEED=\(seed): \(text)")
            // Foundation's dates are floating point: asked for the middle of the millisecond, it cannot be wrong.
            if inRange {
                let date = Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1_000)
                #expect(date.formatted(foundation) == text, "PICKET_SEED=\(seed): \(milliseconds)")
            }
        }
    }

    @Test("The edges of a day are written as themselves", arguments: [0, 1, 86_399_999, 86_400_000, 951_782_399_999])
    func edges(milliseconds: Int64) {
        for value in [
            milliseconds, -milliseconds, Limits.latestTime - milliseconds, Limits.earliestTime + milliseconds,
        ] {
            #expect(Timestamp.parse(Timestamp.format(value)) == value)
        }
    }

    @Test("An offset moves the time by itself, with and without colon", arguments: Dice.seeds)
    func offsets(seed: UInt64) throws {
        var dice = Dice(state: seed)
        for _ in 0..<1_000 {
            let milliseconds = Int64.random(in: Limits.earliestTime..<Limits.latestTime, using: &dice)
            let minutes = Int64.random(in: -1_439...1_439, using: &dice)
            let local = Timestamp.format(milliseconds + minutes * 60_000).dropLast()
            func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
            let colon = dice.oneIn(2) ? ":" : ""
            let offset = two(minutes.magnitude / 60) + colon + two(minutes.magnitude % 60)
            let text = "\(local)\(minutes < 0 ? "-" : "+")\(offset)"
            #expect(Timestamp.parse(text) == milliseconds, "PICKET_SEED=\(seed): \(text)")
        }
    }

    @Test(
        "A number is seconds, milliseconds, microseconds or nanoseconds by its size",
        arguments: [Limits.earliestTime, 1_795_001_223_120, Limits.latestTime - 1_000])
    func epoch(milliseconds: Int64) {
        #expect(Timestamp.fromEpoch(milliseconds / 1_000) == milliseconds / 1_000 * 1_000)
        #expect(Timestamp.fromEpoch(milliseconds) == milliseconds)
        #expect(Timestamp.fromEpoch(milliseconds * 1_000 + 999) == milliseconds)
        #expect(Timestamp.fromEpoch(milliseconds * 1_000_000 + 999_999) == milliseconds)
    }

    @Test("A negative number is no time; the largest one does no harm")
    func epochEdges() {
        #expect(Timestamp.fromEpoch(-1) == nil)
        #expect(Timestamp.fromEpoch(.min) == nil)
        #expect(Timestamp.fromEpoch(.max) == Int64.max / 1_000_000)
        #expect(Timestamp.fromEpoch(0) == 0)
    }
}
