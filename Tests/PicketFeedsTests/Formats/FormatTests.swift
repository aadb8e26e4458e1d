import PicketEvents
import Testing

@testable import PicketFeeds

/// Every format by its sample lines; and what no format may do, whatever it is given.
@Suite struct FormatTests {
    /// The canonical lines that `text` becomes, without the name of the feed.
    static func lines(_ text: String, _ format: FeedFormat) throws -> [String] {
        var bytes = Array(text.utf8)
        if var cutter = format.cutter(options: FeedOptions()) { cutter.cut(&bytes, from: 0) }
        var decoder = format.decoder(feed: FeedID(0), options: FeedOptions())
        let decoded = decoder.decode(bytes, isLast: true, limit: .max)
        #expect(decoded.consumed == bytes.count)
        return NDJSON.lines(decoded.batch).map { $0.replacing(#""feed":"f","#, with: "") }
    }

    @Test(arguments: FormatSample.all)
    func `every sample becomes its events`(sample: FormatSample) throws {
        #expect(try FormatTests.lines(sample.input, sample.format) == sample.events)
    }

    @Test(arguments: FormatSample.all.filter { $0.format != .brokerStatus && $0.format != .alert })
    func `every sample is recognised`(sample: FormatSample) {
        #expect(FeedFormat.recognise(Array((sample.input + "\n").utf8)) == sample.format)
    }

    @Test func `every format is in the table, and plain lines are still NDJSON`() {
        for format in FeedFormat.allCases where format != .picketLog && format != .brokerPlugin {
            #expect(format.decoder(feed: FeedID(0), options: FeedOptions()).format == format)
        }
        let line = #"{"ts":"2026-11-18T11:06:40.238Z","type":"publish","client":"a","topic":"b","bytes":1}"#
        #expect(FeedFormat.recognise(Array(line.utf8)) == .ndjson)
        #expect(FeedFormat.recognise(Array("1795255200: mosquitto version 2.0.11 starting\n".utf8)) == .mosquitto)
    }

    @Test(arguments: RandomSeeds.all)
    func `any bytes are events or rejections, and as many whatever came before`(seed: UInt64) throws {
        print("seed \(seed)")
        var dice = Dice(state: seed)
        for sample in FormatSample.all {
            var used = sample.format.decoder(feed: FeedID(0), options: FeedOptions())
            for round in 0..<60 {
                let bytes = FormatTests.damaged(sample.input, round, &dice)
                let batch = used.decode(bytes, isLast: true, limit: .max).batch
                for line in NDJSON.lines(batch) {
                    #expect(throws: Never.self, "seed \(seed), \(sample.format)") {
                        try JSONReading.object(Array(line.utf8))
                    }
                }
                var fresh = sample.format.decoder(feed: FeedID(0), options: FeedOptions())
                #expect(
                    fresh.decode(bytes, isLast: true, limit: .max).batch.count == batch.count,
                    "seed \(seed), \(sample.format)")
            }
        }
    }

    /// A sample with bytes changed, left out or repeated; or with a value of another type.
    private static func damaged(_ input: String, _ round: Int, _ dice: inout Dice) -> [UInt8] {
        var bytes = Array(input.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &dice) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &dice)
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &dice)
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1..<40, using: &dice)))
            case 2: bytes.insert(contentsOf: bytes[at...].prefix(50), at: at)
            default:
                let values = ["null", "[]", "{}", "-1", "1e400", "\"\"", "99999999999999999999", "true", "[[[[]]]]"]
                guard let colon = bytes[at...].firstIndex(of: 0x3A) else { continue }
                let end = bytes[colon...].firstIndex { $0 == 0x2C || $0 == 0x7D } ?? bytes.endIndex
                let value = values[Int.random(in: 0..<values.count, using: &dice)]
                bytes.replaceSubrange(colon + 1..<max(end, colon + 1), with: Array(value.utf8))
            }
        }
        if round % 9 == 0 { bytes += [UInt8](repeating: 0x41, count: Limits.lineBytes) }
        return bytes
    }

    @Test(arguments: PlantedSecret.texts)
    func `no value of a sample gives a secret away`(text: String) throws {
        var quoted: [UInt8] = []
        CanonicalJSON.appendString(text, to: &quoted)
        for sample in FormatSample.all {
            let bytes = Array(sample.input.utf8)
            // Every text that stands behind a colon, one after the other.
            for colon in bytes.indices.dropLast() where bytes[colon] == 0x3A && bytes[colon + 1] == 0x22 {
                guard let close = bytes[(colon + 2)...].firstIndex(of: 0x22) else { continue }
                let input = Array(bytes[...colon]) + quoted + Array(bytes[(close + 1)...])
                for line in try FormatTests.lines(String(decoding: input, as: UTF8.self), sample.format) {
                    #expect(!line.contains(PlantedSecret.word), "\(sample.format): \(line)")
                }
            }
        }
    }
}
