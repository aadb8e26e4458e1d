import Foundation
import PicketEvents
import PicketMitigation
import PicketProfiles
import PicketService
import Testing

/// Notifications in the form of AWS: each kind of metric in the words that Device Defender has for it.
@Suite struct AWSNotificationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// The keys of the behavior besides its name.
        var behavior: String
        var value: Int64?
        var text: String?
        /// What is expected, as JSON with sorted keys.
        var metric: String
        var metricValue: String
        var comparison: String
        var expected: String

        var testDescription: String { behavior }
    }

    static let cases = [
        Case(
            behavior: "metric: num-messages-sent, alarm: more than 10 in 5m", value: 54,
            metric: "aws:num-messages-sent", metricValue: #"{"count":54}"#, comparison: "less-than-equals",
            expected: #"{"count":10}"#),
        Case(
            behavior: "metric: listening-tcp-ports, alarm: { outside: [22, 8883] }", text: "4444",
            metric: "aws:listening-tcp-ports", metricValue: #"{"ports":[4444]}"#, comparison: "in-port-set",
            expected: #"{"ports":[22,8883]}"#),
        Case(
            behavior: "metric: source-ip-address, alarm: { outside: [10.0.0.0/8] }", text: "203.0.113.9",
            metric: "aws:source-ip-address", metricValue: #"{"cidrs":["203.0.113.9"]}"#, comparison: "in-cidr-set",
            expected: #"{"cidrs":["10.0.0.0/8"]}"#),
        Case(
            behavior: "metric: distinct-topics, alarm: more than 3 in 5m", value: 4, metric: "distinct-topics",
            metricValue: #"{"count":4}"#, comparison: "less-than-equals", expected: #"{"count":3}"#),
    ]

    private func behavior(_ keys: String) throws -> Behavior {
        let text = "profile: site\ntargets: [all]\nbehaviors:\n  - { name: b, \(keys) }\n"
        let (profile, diagnostics) = ProfileLoader.parse(text: text, file: "p.yaml")
        let read = try #require(profile, "\(DiagnosticRenderer().text(diagnostics))")
        return read.behaviors[0]
    }

    private func message(
        _ kind: PicketService.Notification.Kind, _ behavior: Behavior, value: Int64? = nil, text: String? = nil,
        event: Violation.Event = .inAlarm, subject: String = "t-1"
    ) throws -> [String: Any] {
        var violation = Violation(
            time: 1_573_786_800_000, event: event, id: "v-1", profile: "site", behavior: behavior.name,
            subjectKind: behavior.subject, subject: subject, metric: behavior.metric, value: value, expected: "",
            window: nil, severity: "high", evidence: .broker, count: 1, ended: nil, why: "")
        violation.text = text
        var intent = Intent.blank
        intent.violation = "v-1"
        intent.behavior = "site/b"
        intent.device = subject
        let notification = PicketService.Notification(
            kind: kind, id: "n", intent: intent, violation: violation, behavior: behavior)
        return try #require(try JSONSerialization.jsonObject(with: Data(notification.sns)) as? [String: Any])
    }

    private func json(_ object: Any?) throws -> String {
        let data = try JSONSerialization.data(
            withJSONObject: try #require(object), options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    @Test(arguments: cases)
    func `a metric has its name, its value and its limit in AWS's words`(expected: Case) throws {
        let behavior = try behavior(expected.behavior)
        let object = try message(.opened, behavior, value: expected.value, text: expected.text)
        let described = try #require(object["behavior"] as? [String: Any])
        let criteria = try #require(described["criteria"] as? [String: Any])
        #expect(described["metric"] as? String == expected.metric)
        #expect(try json(object["metricValue"]) == expected.metricValue)
        #expect(criteria["comparisonOperator"] as? String == expected.comparison)
        #expect(try json(criteria["value"]) == expected.expected)
        #expect(criteria["consecutiveDatapointsToAlarm"] as? Int == 1)
    }

    @Test func `custom metrics are numbers, strings and addresses under their own names`() throws {
        let metric = Metric.custom(CustomMetric(name: "battery", type: .number))
        #expect(AWSBehavior.name(of: metric) == "battery")
        #expect(try json(AWSBehavior.metricValue(metric, value: 12_500_000, text: nil)) == #"{"number":12.5}"#)
        for (type, text, expected) in [
            (CustomMetric.MetricType.numberList, "2.5", #"{"numbers":[2.5]}"#),
            (.stringList, "a", #"{"strings":["a"]}"#), (.addressList, "10.0.0.1", #"{"cidrs":["10.0.0.1"]}"#),
        ] {
            let metric = Metric.custom(CustomMetric(name: "own", type: type))
            #expect(try json(AWSBehavior.metricValue(metric, value: nil, text: text)) == expected)
        }
    }

    @Test func `topics are a dimension`() throws {
        let behavior = try behavior(
            "metric: num-messages-sent, where: { topic: \"admin/#\" }, alarm: more than 10 in 5m")
        let described = try message(.opened, behavior, value: 11)["behavior"] as? [String: Any]
        #expect(try json(described?["metricDimension"]) == #"{"dimensionName":"site-b","operator":"IN"}"#)
    }

    @Test func `what lost its meaning is invalidated, and what ended is cleared`() throws {
        let behavior = try behavior("metric: num-messages-sent, alarm: more than 10 in 5m")
        for event in [Violation.Event.alarmCleared, .alarmInvalidated] {
            let object = try message(.resolved, behavior, value: 3, event: event)
            #expect(object["violationEventType"] as? String == event.rawValue)
            #expect(object["metricValue"] == nil)
        }
    }

    @Test func `an address is no thing`() throws {
        let behavior = try behavior(
            "subject: address, metric: num-authorization-failures, alarm: more than 10 in 5m")
        let object = try message(.opened, behavior, value: 11, subject: "203.0.113.9")
        #expect(object["thingName"] == nil)
        #expect(object["address"] as? String == "203.0.113.9")
    }
}
