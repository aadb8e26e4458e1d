import PicketEvents
import Testing

@testable import PicketProfiles

@Suite struct AlarmWordsTests {
    /// Metrics whose values are whole numbers or sizes, which `alarm` states as such.
    private static let plain = Metric.allCases.filter { $0.values == .number && !$0.isDuration && $0.decimals == 0 }

    struct Case: CustomTestStringConvertible {
        var text: String
        var metric: Metric
        var limit: Limit
        var duration: Int?
        var testDescription: String { text }

        init(_ text: String, _ metric: Metric, _ comparison: Limit.Comparison, _ bound: Int64, _ duration: Int?) {
            self.text = text
            self.metric = metric
            limit = Limit(comparison, bound)
            self.duration = duration
        }
    }

    private static let temperature = Metric.custom(CustomMetric(name: "temperature", type: .number))

    static let cases: [Case] = [
        Case("more than 120 in 5m", .messagesSent, .above, 120, 300),
        Case("More  Than 120 IN 5 minutes", .messagesSent, .above, 120, 300),
        Case("at least 3 in 1h30m", .disconnects, .atLeast, 3, 5_400),
        Case("fewer than 5 in 90 s", .messagesSent, .below, 5, 90),
        Case("less than 5 in 2h", .messagesSent, .below, 5, 7_200),
        Case("at most 5 in 7d", .messagesSent, .atMost, 5, 604_800),
        Case("none in 30m", .messagesSent, .below, 1, 1_800),
        Case("more than 1h 30m", .silence, .above, 5_400, nil),
        Case("more than 1m30s in 1h", .clockSkew, .above, 90, 3_600),
        // What is counted never conforms by itself; a size does.
        Case("any", .messagesSent, .above, 0, 600),
        Case("any", .messageByteSize, .above, 0, nil),
        Case("fewer than -5.5", temperature, .below, -5_500_000, nil),
        Case("more than -5 in 1m", temperature, .above, -5_000_000, 60),
        Case("any in 10s", .messagesSent, .above, 0, 10),
        Case("> 120 in 5m", .messagesSent, .above, 120, 300),
        Case(">=120 in 5m", .messagesSent, .atLeast, 120, 300),
        Case("< 5 in 5m", .messagesSent, .below, 5, 300),
        Case("<= 5 in 5m", .messagesSent, .atMost, 5, 300),
        Case("more than 200 MB in 1h", .bytesSent, .above, 200_000_000, 3_600),
        Case("more than 200mb in 1h", .bytesSent, .above, 200_000_000, 3_600),
        Case("more than 1.5 KB", .messageByteSize, .above, 1_500, nil),
        Case("more than 64 KiB", .messageByteSize, .above, 65_536, nil),
        Case("more than 1024", .messageByteSize, .above, 1_024, nil),
        Case("more than 10 bytes", .messageByteSize, .above, 10, nil),
        Case("more than 3 in 0.5h", .disconnects, .above, 3, 1_800),
    ]

    @Test("reads what people write", arguments: cases)
    func reads(_ example: Case) throws {
        let meaning = try AlarmWords.parse(example.text, metric: example.metric)
        #expect(meaning == AlarmWords.Meaning(limit: example.limit, duration: example.duration))
    }

    @Test("alarmText reads back as what it was made from")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            let metric = AlarmWordsTests.plain.randomElement(using: &random) ?? .count
            let bounds: [Int64] = [0, 1, 1_000, 1_024, 1_500, 1_234_567, 5_000_000, 1 << 31, 99_999, .max]
            let bound =
                Bool.random(using: &random)
                ? bounds.randomElement(using: &random) ?? 0 : Int64.random(in: 0...5_000_000_000, using: &random)
            let comparison = Limit.Comparison.allCases.randomElement(using: &random) ?? .above
            let duration = Bool.random(using: &random) ? nil : Int.random(in: 1...604_800, using: &random)
            let limit = Limit(comparison, bound)
            let behavior = Behavior(name: "b", metric: metric, limit: limit, duration: duration, slide: 1)
            let meaning = try AlarmWords.parse(behavior.alarmText, metric: metric)
            #expect(meaning == AlarmWords.Meaning(limit: limit, duration: duration), "\(behavior.alarmText)")
        }
    }

    @Test(
        "sizes are written in the unit that makes them short",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1 KB"), (1_024, "1 KiB"), (1_100, "1.1 KB"), (1_234, "1234 B"),
            (1_500_000, "1.5 MB"), (131_072, "128 KiB"), (200_000_000, "200 MB"), (1 << 30, "1 GiB"),
            (Int64.max, "9223372036854775807 B"),
        ] as [(Int64, String)])
    func sizes(bytes: Int64, text: String) {
        #expect(Quantity.size(bytes) == text)
    }
}
