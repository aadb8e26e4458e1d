import PicketEvents
import Testing

@testable import PicketFeeds

/// Random bytes and mutated samples: never a crash, and exactly one event or rejection for each report.
@Suite struct RecordFuzzTests {
    @Test(arguments: RandomSeeds.all)
    func everyReportIsOneEvent(seed: UInt64) throws {
        print("seed \(seed)")
        var random = Dice(state: seed)
        let cbor = try #require(Encoded.hex(DefenderReportTests.cbor))
        let samples = [Array(DefenderReportTests.long.utf8), Array(DefenderReportTests.short.utf8), cbor]
        for format in ["json", "cbor"] {
            var reader = DefenderReportReader(feed: FeedID(0))
            for round in 0..<2_000 {
                var payload = samples[Int.random(in: 0..<samples.count, using: &random)]
                if round % 5 == 0 {
                    payload = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                } else {
                    for _ in 0..<Int.random(in: 0...4, using: &random) where !payload.isEmpty {
                        let at = Int.random(in: 0..<payload.count, using: &random)
                        payload[at] = UInt8.random(in: 0...255, using: &random)
                    }
                    if round % 7 == 0 { payload.removeLast(Int.random(in: 0..<payload.count, using: &random)) }
                }
                var batch = EventBatch()
                let message = FeedMessage(topic: "$aws/things/a/defender/metrics/\(format)", payload: payload)
                let answer = reader.decode(message, feed: FeedID(0), into: &batch)
                batch.sealTimes()
                #expect(batch.count == 1, "seed \(seed), round \(round)")
                #expect(answer?.isAccepted == (batch.head[0].kind == .report), "seed \(seed), round \(round)")
                // What goes into the log is JSON that Picket reads again.
                let line = Array(NDJSON.lines(batch)[0].utf8)
                #expect(throws: Never.self, "seed \(seed), round \(round)") { try JSONReading.object(line) }
            }
        }
    }

    @Test func treesSurviveCBORAndJSON() throws {
        let text =
            #"{"a":[1,-1,23,24,255,256,65535,65536,4294967296,-9223372036854775808,9223372036854775807],"b":{"c":1.5,"d":null,"e":true,"f":"é"}}"#
        let value = try JSONReading.value(Array(text.utf8))
        #expect(try CBORReading.value(CBORWriting.bytes(value)) == value)
        #expect(String(decoding: JSONWriting.bytes(value), as: UTF8.self) == text)
    }

    @Test(arguments: [
        ("a16161", "cut-off"), ("9b7fffffffffffffff", "not-cbor"), ("ff", "not-cbor"), ("c001", "not-cbor"),
        ("4100", "not-cbor"),
        ("a2616101616102", "duplicate-key"), ("f97e00", "number-out-of-range"), ("61ff", "not-utf8"),
        ("0101", "not-cbor"),
        ("1bffffffffffffffff", "number-out-of-range"), ("8181818181818181818181818181818181818100", "too-deep"),
        ("1c", "not-cbor"), ("7f6161ff", "not-cbor"), ("a10101", "not-cbor"),
    ])
    func badCBORHasItsReason(hex: String, reason: String) throws {
        let bytes = try #require(Encoded.hex(hex))
        do {
            let value = try CBORReading.value(bytes)
            Issue.record("\(hex) was read as \(value)")
        } catch {
            #expect(error.reason.rawValue == reason, "\(hex)")
        }
    }

    @Test(arguments: [
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&x=1", "https://b.s3.amazonaws.com/k?redacted"),
        ("a/b?token=hunter2&x=1", "a/b?token=***&x=1"), ("password: hunter2 and more", "password: *** and more"),
        (#"{"apiKey":"hunter2"}"#, #"{"apiKey":"***"}"#),
        ("mqtts://user:hunter2@host:8883/", "mqtts://user:***@host:8883/"),
        ("Bearer hunter2hunter2", "Bearer ***"), ("eyJhbGciOiJIUzI1NiJ9.e30.abc", "***"),
        ("-----BEGIN PRIVATE KEY-----\nhunter2", "***"), ("keyword=a topic=b", "keyword=a topic=b"),
        ("2001:db8::1", "2001:db8::1"), ("dev/t-7/telemetry", "dev/t-7/telemetry"),
    ])
    func secretsAreTakenOutAndOtherTextStays(text: String, expected: String) {
        #expect(Redaction.text(text) == expected)
    }
}
