import Testing

@testable import PicketProfiles

@Suite struct BehaviorTextTests {
    struct Case: CustomTestStringConvertible {
        var behavior: String
        var value: Int64
        /// Where a case is about them.
        var expected: String?
        var why: String?
        var sentence: String
        var testDescription: String { behavior }
    }

    static let cases: [Case] = [
        Case(
            behavior: "{ name: b, metric: num-messages-sent, alarm: more than 120 in 5m, severity: high }", value: 121,
            expected: "at most 120", why: "121 messages sent in 5 min; at most 120 expected",
            sentence:
                "Alarm (high) when a device sends more than 120 messages in 5 minutes, looked at every 10 seconds."),
        Case(
            behavior: "{ name: b, metric: num-messages-sent, alarm: none in 30m }", value: 0,
            expected: "at least 1", why: "no messages sent in 30 min; at least 1 expected",
            sentence: "Alarm (medium) when a device sends no message in 30 minutes, looked at every minute."),
        Case(
            behavior:
                "{ name: b, metric: num-messages-sent, where: { topic|not: \"telemetry/{device}/#\" }, alarm: any }",
            value: 1, expected: "none", why: "1 message sent in 10 min; none expected",
            sentence:
                "Alarm (medium) when a device sends any message in 10 minutes, looked at every 20 seconds, counting only "
                + "events whose topic is not telemetry/{device}/#."),
        Case(
            behavior:
                "{ name: b, metric: bytes-sent, alarm: more than 200 MB in 1h, severity: { high: 200 MB, critical: "
                + "2 GB }, playbook: contain }",
            value: 210_000_000, expected: "at most 200 MB", why: "210000000 bytes sent in 1 h; at most 200 MB expected",
            sentence: "Alarm (medium, high from 200 MB, critical from 2 GB) when a device sends more than 200 MB in 1 "
                + "hour, looked at every 2 minutes. Then follow the playbook contain."),
        Case(
            behavior: "{ name: b, metric: silence, alarm: more than 5m }", value: 301, expected: nil, why: nil,
            sentence: "Alarm (medium) when nothing is heard of a device for more than 5 minutes."),
        Case(
            behavior: "{ name: b, metric: disconnect-duration, alarm: at least 1m }", value: 60, expected: nil,
            why: nil,
            sentence: "Alarm (medium) when a device stays disconnected for at least 1 minute."),
        Case(
            behavior: "{ name: b, metric: clock-skew, alarm: more than 10s in 1h }", value: 11, expected: nil, why: nil,
            sentence:
                "Alarm (medium) when the clock of a device is more than 10 seconds off in 1 hour, looked at every 2 minutes."
        ),
        Case(
            behavior:
                "{ name: b, metric: count, where: { kind: deliver }, without: { user-action: unlock, within: 30s } }",
            value: 1, expected: nil, why: nil,
            sentence:
                "Alarm (medium) when a device has an event whose kind is deliver, and none whose kind is user and action is "
                + "unlock is within 30 seconds of it."),
        Case(
            behavior: "{ name: b, metric: message-byte-size, alarm: more than 1024 }", value: 5_491,
            expected: "at most 1 KiB", why: "a message of 5491 bytes; at most 1 KiB expected",
            sentence: "Alarm (medium) when a device sends or receives a message of more than 1 KiB."),
        Case(
            behavior: "{ name: b, subject: address, metric: num-authorization-failures, alarm: at least 1 in 1s, "
                + "consecutiveDatapointsToAlarm: 3, suppressAlerts: true }",
            value: 1, expected: "fewer than 1", why: "1 authorization failure in 1 s; fewer than 1 expected",
            sentence:
                "Alarm (medium) when an address has at least 1 authorization failure in 1 second, looked at every "
                + "second, 3 times in a row. Only recorded: its alerts are suppressed."),
        Case(
            behavior:
                "{ name: b, metric: count, where: { kind: [deliver, publish], bytes|gte: 1 KB, user: [a, \"b*\"], "
                + "address|cidr: 10.0.0.0/8, qos|not: 0 }, alarm: fewer than 3 in 2d }",
            value: 2, expected: "at least 3", why: "2 events in 2 d; at least 3 expected",
            sentence:
                "Alarm (medium) when a device has fewer than 3 events in 2 days, looked at every 96 minutes, counting "
                + "only events whose kind is publish or deliver and address is in 10.0.0.0/8 and bytes is at least 1000 "
                + "and qos is not 0 and user is a or b*."),
    ]

    @Test("says what it expects", arguments: cases)
    func texts(_ example: Case) throws {
        let behavior = try Fixtures.behavior(example.behavior)
        if let expected = example.expected { #expect(behavior.expectedText == expected) }
        if let why = example.why { #expect(behavior.why(value: example.value) == why) }
        #expect(Explain.sentence(behavior) == example.sentence)
    }

    @Test("severity follows the value")
    func severity() throws {
        let rising = try Fixtures.behavior(
            "{ name: b, metric: bytes-sent, alarm: more than 1 MB in 1h, severity: { high: 200 MB, critical: 2 GB } }")
        let levels = [2_000_000, 200_000_000, 1_999_999_999, 2_000_000_000].map { rising.severity.level(for: $0) }
        #expect(levels == ["medium", "high", "high", "critical"])
        let falling = try Fixtures.behavior(
            "{ name: b, metric: count, alarm: fewer than 100 in 1h, severity: { low: 90, high: 10 } }")
        #expect([95, 90, 11, 10, 0].map { falling.severity.level(for: $0) } == ["low", "low", "low", "high", "high"])
    }
}
