import Foundation
import Testing

/// What AWS documents of Device Defender, through the program: AWS's files and AWS's reports as they are. A behavior states
/// what is *expected*; a violation is criteria that are false.
@Suite("AWS vectors")
struct AWSVectorTests {
    // MARK: Feeds and profiles

    /// The start of every feed.
    private static let start: Int64 = 1_795_000_800_000

    private static func time(_ milliseconds: Int64) -> String { "\(start + milliseconds)" }

    private static func event(_ milliseconds: Int64, _ rest: String) -> String {
        "{\"time\":\(time(milliseconds)),\(rest)}\n"
    }

    /// A profile as `aws iot describe-security-profile` prints it, for all devices.
    private static func profile(_ behaviors: [String]) -> String {
        """
        {"securityProfileName": "vectors", "securityProfileArn": "arn:aws:iot:eu-west-1:1:securityprofile/vectors",
         "behaviors": [\(behaviors.joined(separator: ",\n"))], "alertTargets": {}, "targets": ["all"],
         "customMetrics": {"temperature": "number", "slots": "number-list", "peers": "ip-address-list", "modes": "string-list"},
         "version": 1, "creationDate": 1.5, "lastModifiedDate": 1.5}
        """
    }

    private static func behavior(
        _ name: String, _ metric: String, _ comparison: String, _ value: String, _ rest: String = ""
    ) -> String {
        """
        {"name": "\(name)", "metric": "\(metric)",
         "criteria": {"comparisonOperator": "\(comparison)", "value": {\(value)}\(rest)}}
        """
    }

    private static func replay(
        _ feed: String, _ behaviors: [String], _ options: [String] = []
    ) async throws -> [ViolationLine] {
        let folder = try TemporaryFolder()
        let path = try folder.write("feed.ndjson", feed)
        let profile = try folder.write("vectors.json", profile(behaviors))
        return try await ReplayOutput([path], profile: profile, options).violations
    }

    // MARK: Polarity

    private static let fiveMinutes = ", \"durationSeconds\": 300"

    @Test(
        "The documented violations of a count",
        arguments: [
            // AWS's examples: criterion, limit, what was measured. Each is printed in-alarm.
            ("less-than", 10, 54), ("greater-than", 5_000, 26), ("greater-than", 10, 0), ("greater-than", 128, 110),
        ])
    func documented(comparison: String, limit: Int, measured: Int) async throws {
        var feed = Self.event(0, "\"kind\":\"connect\",\"device\":\"t-1\"")
        // A quarter of an hour at this rate; the clock device lets time go on when it is 0.
        for second in stride(from: 0, to: 900, by: 5) {
            feed += Self.event(Int64(second) * 1_000, "\"kind\":\"subscribe\",\"device\":\"clock\",\"topic\":\"clock\"")
            let due = (second + 5) * measured / 300 - second * measured / 300
            for index in 0..<due {
                let time = Int64(second) * 1_000 + Int64(index)
                feed += Self.event(time, "\"kind\":\"publish\",\"device\":\"t-1\",\"topic\":\"a\",\"bytes\":1")
            }
        }
        let found = try await Self.replay(
            feed,
            [Self.behavior("v", "aws:num-messages-sent", comparison, "\"count\": \(limit)", Self.fiveMinutes)])
        let lines = found.filter { $0.device == "t-1" }
        #expect(lines.map(\.event) == ["in-alarm"], "\(found)")
        let isUpper = comparison == "less-than"
        #expect(isUpper ? lines.first?.value == 10 : lines.first?.value == .whole(Int64(measured)), "\(lines)")
    }

    @Test(
        "The four operators on a count of five minutes, below, at and above the limit",
        arguments: [
            ("less-than", ["at", "more"]), ("less-than-equals", ["more"]), ("greater-than", ["at", "less"]),
            ("greater-than-equals", ["less"]),
        ])
    func windows(comparison: String, violating: [String]) async throws {
        // Steady senders: every window of five minutes holds exactly 5, 6 and 10 messages.
        var events: [(Int64, String)] = []
        for (device, period) in [("less", 60), ("at", 50), ("more", 30)] {
            for second in stride(from: 0, to: 1_200, by: period) {
                events.append((Int64(second) * 1_000, "\"kind\":\"publish\",\"device\":\"\(device)\",\"bytes\":1"))
            }
        }
        let feed = events.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { Self.event($0.0, $0.1) }.joined()
        let found = try await Self.replay(
            feed, [Self.behavior("v", "aws:num-messages-sent", comparison, "\"count\": 6", Self.fiveMinutes)])
        #expect(found.allSatisfy { $0.event == "in-alarm" })
        #expect(found.compactMap(\.device).sorted() == violating.sorted(), "\(found)")
    }

    @Test(
        "The four operators on each message, and on a number of the device's own",
        arguments: [
            ("less-than", [10, 11]), ("less-than-equals", [11]), ("greater-than", [9, 10]),
            ("greater-than-equals", [9]),
        ])
    func values(comparison: String, violating: [Int64]) async throws {
        let sizes = [Int64(9), 10, 11].map {
            Self.event($0, "\"kind\":\"publish\",\"device\":\"d\($0)\",\"topic\":\"a\",\"bytes\":\($0)")
        }
        let messages = try await Self.replay(
            sizes.joined(), [Self.behavior("v", "aws:message-byte-size", comparison, "\"count\": 10")])
        #expect(messages.map(\.value) == violating.map { .whole($0) })

        let reports = [("d9", "9.5"), ("d10", "10"), ("d11", "10.25")].enumerated().map { index, report in
            Self.report(report.0, index, "\"cmet\":{\"temperature\":[{\"number\":\(report.1)}]}")
        }
        let numbers = try await Self.replay(
            reports.joined(), [Self.behavior("v", "temperature", comparison, "\"number\": 10")],
            ["--format", "defender-report"])
        #expect(numbers.compactMap(\.device) == violating.map { "d\($0)" })
        #expect(numbers.allSatisfy { $0.event == "in-alarm" })
    }

    // MARK: Sets

    /// A metrics report as `mosquitto_sub` records it.
    private static func report(_ thing: String, _ number: Int, _ body: String) -> String {
        let seconds = number < 10 ? "0\(number)" : "\(number)"
        return
            "{\"tst\":\"2026-11-18T11:20:\(seconds).000000+0000\",\"topic\":\"$aws/things/\(thing)/defender/metrics/json\","
            + "\"qos\":0,\"retain\":0,\"payload\":{\"hed\":{\"rid\":\(1_700 + number),\"v\":\"1.0\"},\(body)}}\n"
    }

    private static func ports(_ list: [Int]) -> String {
        "\"met\":{\"tp\":{\"pts\":[\(list.map { "{\"pt\":\($0)}" }.joined(separator: ","))],\"t\":\(list.count)}}"
    }

    private static func peers(_ list: [String]) -> String {
        let connections = list.map { "{\"rad\":\"\($0):443\"}" }.joined(separator: ",")
        return "\"met\":{\"tc\":{\"ec\":{\"cs\":[\(connections)],\"t\":\(list.count)}}}"
    }

    private static func custom(_ name: String, _ type: String, _ list: String) -> String {
        "\"cmet\":{\"\(name)\":[{\"\(type)\":[\(list)]}]}"
    }

    /// One operator on one metric: three reports of one device, of which the first violates, and the third is empty.
    struct SetVector: Sendable, CustomTestStringConvertible {
        let comparison: String
        let metric: String
        let members: String
        /// As expected, and not.
        let conforming: String
        let violating: String
        let empty: String
        let shown: String
        var testDescription: String { "\(comparison) of \(metric)" }
    }

    static let sets = [
        // "in-port-set [8888], port 443 used: violation" is AWS's own example.
        SetVector(
            comparison: "in-port-set", metric: "aws:listening-tcp-ports", members: "\"ports\": [8888]",
            conforming: ports([8888]), violating: ports([443, 8888]), empty: ports([]), shown: "443"),
        SetVector(
            comparison: "not-in-port-set", metric: "aws:listening-tcp-ports", members: "\"ports\": [23]",
            conforming: ports([443]), violating: ports([23, 80]), empty: ports([]), shown: "23"),
        SetVector(
            comparison: "in-cidr-set", metric: "aws:destination-ip-addresses", members: "\"cidrs\": [\"10.0.0.0/8\"]",
            conforming: peers(["10.1.2.3"]), violating: peers(["10.1.2.3", "8.8.8.8"]), empty: peers([]),
            shown: "8.8.8.8"),
        SetVector(
            comparison: "not-in-cidr-set", metric: "aws:destination-ip-addresses",
            members: "\"cidrs\": [\"203.0.113.0/24\"]", conforming: peers(["8.8.8.8"]),
            violating: peers(["203.0.113.9"]), empty: peers([]), shown: "203.0.113.9"),
        SetVector(
            comparison: "in-set", metric: "modes", members: "\"strings\": [\"eco\", \"boost\"]",
            conforming: custom("modes", "string_list", "\"eco\""),
            violating: custom("modes", "string_list", "\"eco\",\"turbo\""),
            empty: custom("modes", "string_list", ""), shown: "turbo"),
        SetVector(
            comparison: "not-in-set", metric: "modes", members: "\"strings\": [\"debug\"]",
            conforming: custom("modes", "string_list", "\"eco\""),
            violating: custom("modes", "string_list", "\"debug\""), empty: custom("modes", "string_list", ""),
            shown: "debug"),
        SetVector(
            comparison: "in-set", metric: "slots", members: "\"numbers\": [1, 2.5]",
            conforming: custom("slots", "number_list", "1,2.5"), violating: custom("slots", "number_list", "3"),
            empty: custom("slots", "number_list", ""), shown: "3"),
        SetVector(
            comparison: "not-in-set", metric: "slots", members: "\"numbers\": [0]",
            conforming: custom("slots", "number_list", "1"), violating: custom("slots", "number_list", "0,1"),
            empty: custom("slots", "number_list", ""), shown: "0"),
        SetVector(
            comparison: "in-cidr-set", metric: "peers", members: "\"cidrs\": [\"192.0.2.0/24\"]",
            conforming: custom("peers", "ip_list", "\"192.0.2.1\""),
            violating: custom("peers", "ip_list", "\"2001:db8::1\""), empty: custom("peers", "ip_list", ""),
            shown: "2001:db8::1"),
        SetVector(
            comparison: "not-in-cidr-set", metric: "peers", members: "\"cidrs\": [\"2001:db8::/32\"]",
            conforming: custom("peers", "ip_list", "\"192.0.2.1\""),
            violating: custom("peers", "ip_list", "\"2001:db8::1\""), empty: custom("peers", "ip_list", ""),
            shown: "2001:db8::1"),
    ]

    @Test("Sets state what is expected, and an empty list conforms and clears", arguments: sets)
    func set(_ vector: SetVector) async throws {
        let feed = [vector.conforming, vector.violating, vector.empty, vector.violating, vector.conforming].enumerated()
            .map { Self.report("t-1", $0.offset, $0.element) }
        let found = try await Self.replay(
            feed.joined(), [Self.behavior("v", vector.metric, vector.comparison, vector.members)],
            ["--format", "defender-report"])
        #expect(found.map(\.event) == ["in-alarm", "alarm-cleared", "in-alarm", "alarm-cleared"], "\(found)")
        #expect(found.first?.value == .text(vector.shown) && found.dropFirst().first?.value == nil)
    }

    // MARK: Time

    @Test("A device that is silent for two days loses its violations: alarm-invalidated")
    func silentForTwoDays() async throws {
        let feed =
            Self.event(0, "\"kind\":\"publish\",\"device\":\"t-1\",\"topic\":\"a\",\"bytes\":500")
            + (0...50).map { Self.event(Int64($0) * 3_600_000, "\"kind\":\"connect\",\"device\":\"t-2\"") }.joined()
        let found = try await Self.replay(
            feed, [Self.behavior("v", "aws:message-byte-size", "less-than", "\"count\": 100")])
        #expect(found.map(\.event) == ["in-alarm", "alarm-invalidated"])
        #expect(found.last?.time == "2026-11-20T11:20:00.000Z" && found.last?.value == 500)
    }

    @Test("All eleven statistics: who of a hundred devices is above each of them")
    func statistics() async throws {
        // Device n sends one message of n bytes; the percentile is the value of nearest rank.
        var feed = ""
        for size in 1...100 {
            feed += Self.event(
                Int64(size), "\"kind\":\"publish\",\"device\":\"d\(size)\",\"topic\":\"a\",\"bytes\":\(size)")
        }
        feed += Self.event(400_000, "\"kind\":\"connect\",\"device\":\"clock\"")
        let names = ["p0", "p0.01", "p0.1", "p1", "p10", "p50", "p90", "p99", "p99.9", "p99.99", "p100"]
        let found = try await Self.replay(
            feed,
            names.map { name in
                """
                {"name": "\(name.replacing(".", with: "_"))", "metric": "aws:message-byte-size",
                 "criteria": {"comparisonOperator": "less-than-equals", "durationSeconds": 300,
                              "statisticalThreshold": {"statistic": "\(name)"}}}
                """
            })
        let opened = Dictionary(grouping: found.filter { $0.event == "in-alarm" }, by: \.behavior).mapValues(\.count)
        let expected = [
            "p0": 99, "p0_01": 99, "p0_1": 99, "p1": 99, "p10": 90, "p50": 50, "p90": 10, "p99": 1,
        ]
        #expect(opened == expected)
        #expect(found.count { $0.event == "alarm-cleared" } == expected.values.reduce(0, +))
    }

    @Test("Consecutive datapoints, suppressed alerts and dimensions of AWS's files do what they say")
    func rest() async throws {
        let folder = try TemporaryFolder()
        var feed = ""
        for index in 0..<12 {
            let time = Int64(index) * 1_000
            feed += Self.event(time, "\"kind\":\"publish\",\"device\":\"t-1\",\"topic\":\"own/t-1\",\"bytes\":500")
            feed += Self.event(time + 1, "\"kind\":\"publish\",\"device\":\"t-2\",\"topic\":\"own/t-1\",\"bytes\":1")
        }
        let path = try folder.write("feed.ndjson", feed)
        let profile = try folder.write(
            "vectors.json",
            """
            {"securityProfileName": "vectors", "targets": ["all"],
             "dimensions": {"own": ["own/${iot:ClientId}"]},
             "behaviors": [
               {"name": "third", "metric": "aws:message-byte-size", "suppressAlerts": true,
                "criteria": {"comparisonOperator": "less-than", "value": {"count": 100},
                             "consecutiveDatapointsToAlarm": 3}},
               {"name": "outside", "metric": "aws:num-messages-sent",
                "metricDimension": {"dimensionName": "own", "operator": "NOT_IN"},
                "criteria": {"comparisonOperator": "less-than", "value": {"count": 10}, "durationSeconds": 300}}]}
            """)
        let output = try await Binary.run(["replay", path, "--profile", profile, "--output", "json"])
        try #require(output.exitCode == 0, "\(output.stderr)")
        let found = try ViolationLine.read(output.lines)
        #expect(found.map(\.behavior) == ["third", "outside"] && found.map(\.device) == ["t-1", "t-2"])
        #expect(found.first?.time == "2026-11-18T11:20:02.000Z" && found.last?.value == 10)
        #expect(output.lines.first?.contains("\"suppressed\":true") == true, "\(output.lines)")
    }
}
