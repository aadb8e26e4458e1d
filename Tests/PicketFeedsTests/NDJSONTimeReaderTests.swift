import PicketEvents
import Testing

@testable import PicketFeeds

/// The fast way to read a time gives what the general one gives, or leaves it to it.
@Suite("NDJSON: the time of a line")
struct NDJSONTimeReaderTests {
    /// What `reader` makes of `text`; nil when it is no time.
    private static func read(_ text: [UInt8], _ reader: inout TimeReader) -> Int64? {
        let lead = Array("xx\"".utf8)
        let padded = lead + text + Array("\"".utf8) + [UInt8](repeating: 0, count: NDJSONDecoder.padding)
        let value = LineParser.Value(start: Int32(lead.count), end: Int32(lead.count + text.count))
        return try? reader.read(padded.span.bytes, value).get()
    }

    private static func expected(_ text: [UInt8]) -> Int64? {
        guard let time = Timestamp.parse(text.span.bytes, 0..<text.count) else { return nil }
        return (Limits.earliestTime..<Limits.latestTime).contains(time) ? time : nil
    }

    @Test("Times of one day and of many, in any order", arguments: RandomSeeds.all)
    func good(seed: UInt64) {
        var dice = Dice(state: seed)
        var reader = TimeReader()
        var day = Limits.earliestTime
        for _ in 0..<20_000 {
            if Int.random(in: 0..<10, using: &dice) == 0 {
                day = Int64.random(in: 0..<36_525, using: &dice) * 86_400_000 + Limits.earliestTime
            }
            let time = day + Int64.random(in: 0..<86_400_000, using: &dice)
            let text = Timestamp.format(time)
            #expect(NDJSONTimeReaderTests.read(Array(text.utf8), &reader) == time, "PICKET_SEED=\(seed): \(text)")
        }
    }

    @Test("Broken times of 24 bytes are what the general reader says", arguments: RandomSeeds.all)
    func broken(seed: UInt64) {
        var dice = Dice(state: seed)
        var reader = TimeReader()
        let likely = Array("0123456789:.,-+TtZz /;\u{0}".utf8)
        var readable = 0
        for _ in 0..<60_000 {
            let days = Int64.random(in: 0..<3, using: &dice)
            let time = 1_795_001_223_120 + days * 86_400_000 + Int64.random(in: 0..<86_400_000, using: &dice)
            var text = Array(Timestamp.format(time).utf8)
            for _ in 0..<Int.random(in: 0...3, using: &dice) {
                let index = Int.random(in: 0..<24, using: &dice)
                text[index] =
                    Bool.random(using: &dice)
                    ? likely.randomElement(using: &dice) ?? 0 : UInt8.random(in: 0...255, using: &dice)
            }
            let expected = NDJSONTimeReaderTests.expected(text)
            if expected != nil { readable += 1 }
            let read = NDJSONTimeReaderTests.read(text, &reader)
            #expect(read == expected, "PICKET_SEED=\(seed): \(String(decoding: text, as: UTF8.self))")
        }
        #expect(readable > 10_000)
    }

    @Test("Every byte in every place of a time whose date is known")
    func everyByte() {
        let good = Array("2026-11-18T11:27:03.120Z".utf8)
        for index in good.indices {
            for byte in UInt8.min...UInt8.max {
                var text = good
                text[index] = byte
                var reader = TimeReader()
                #expect(NDJSONTimeReaderTests.read(good, &reader) == 1_795_001_223_120)
                let read = NDJSONTimeReaderTests.read(text, &reader)
                #expect(read == NDJSONTimeReaderTests.expected(text), "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test(
        "Another form of the same date does not confuse the one that is remembered",
        arguments: [
            "2026-11-18 11:27:03.120Z", "2026-11-18T11:27:03,120Z", "2026-11-18T23:59:60.000Z",
            "2026-11-18T11:27:03+01:00",
            "2026-11-18T24:00:00.000Z", "2026-11-18T11:60:00.000Z", "2026-11-18T11:27:61.000Z",
            "1999-12-31T23:59:59.999Z",
            "2100-01-01T00:00:00.000Z", "2099-12-31T23:59:59.999Z", "2000-01-01T00:00:00.000Z",
            "2026-11-18T1:27:03.1200Z",
        ])
    func forms(text: String) {
        for _ in 0..<2 {
            var reader = TimeReader()
            for other in ["2026-11-18T11:27:03.120Z", text, text, "2026-11-18T00:00:00.000Z", text] {
                #expect(
                    NDJSONTimeReaderTests.read(Array(other.utf8), &reader)
                        == NDJSONTimeReaderTests.expected(Array(other.utf8)),
                    "\(other)")
            }
        }
    }
}
