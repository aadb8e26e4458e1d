import Foundation
import PicketEvents
import Testing

@testable import PicketProfiles

/// AWS's files → ours → AWS's: equal in meaning, and what cannot be held is named.
@Suite struct AWSWriterTests {
    /// Writes files into a new folder, and loads it.
    private func load(_ files: [(name: String, text: String)]) throws -> [SecurityProfile] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("aws-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        let (profiles, diagnostics) = ProfileLoader.load(paths: [folder.path])
        let errors = diagnostics.filter { $0.severity == .error }
        #expect(errors.isEmpty, "\(DiagnosticRenderer().text(errors))")
        return profiles
    }

    private func isSame(_ a: SecurityProfile, _ b: SecurityProfile) -> Bool {
        a.name == b.name && a.description == b.description && a.behaviors == b.behaviors && a.targets == b.targets
    }

    private static func behavior(_ name: String, _ metric: String, _ criteria: String, _ more: String = "") -> String {
        "{\"name\": \"\(name)\", \"metric\": \"\(metric)\", \"criteria\": {\(criteria)}\(more)}"
    }

    private static let duration = "\"durationSeconds\": 900"

    private static let behaviors: [String] = {
        var all: [String] = []
        for comparison in ["less-than", "less-than-equals", "greater-than", "greater-than-equals"] {
            all.append(
                behavior(
                    "sent-\(comparison)", "aws:num-messages-sent",
                    "\"comparisonOperator\": \"\(comparison)\", \"value\": {\"count\": 20}, \(duration)"))
            all.append(
                behavior(
                    "share-\(comparison)", "aws:all-bytes-out",
                    "\"comparisonOperator\": \"\(comparison)\", \"statisticalThreshold\": {\"statistic\": \"p99.9\"}, \(duration)"
                ))
        }
        for (suffix, value) in [("cidr-set", "\"cidrs\": [\"10.0.0.0/8\", \"2001:db8::/32\"]")] {
            for not in ["", "not-"] {
                all.append(
                    behavior(
                        "\(not)\(suffix)", "aws:source-ip-address",
                        "\"comparisonOperator\": \"\(not)in-\(suffix)\", \"value\": {\(value)}"))
            }
        }
        all.append(
            behavior(
                "ports", "aws:listening-tcp-ports",
                "\"comparisonOperator\": \"not-in-port-set\", \"value\": {\"ports\": [23, 2323]}"))
        all.append(
            behavior(
                "hot", "cpu", "\"comparisonOperator\": \"less-than\", \"value\": {\"number\": 80.5}"))
        all.append(
            behavior(
                "modes", "modes",
                "\"comparisonOperator\": \"in-set\", \"value\": {\"strings\": [\"eco\", \"off\"]}"))
        all.append(
            behavior(
                "learned", "aws:num-messages-received", "\"mlDetectionConfig\": {\"confidenceLevel\": \"MEDIUM\"}",
                ", \"suppressAlerts\": true"))
        all.append(
            behavior(
                "outside", "aws:num-messages-sent",
                "\"comparisonOperator\": \"less-than-equals\", \"value\": {\"count\": 0}, \"durationSeconds\": 300, "
                    + "\"consecutiveDatapointsToAlarm\": 2, \"consecutiveDatapointsToClear\": 3",
                ", \"metricDimension\": {\"dimensionName\": \"own\", \"operator\": \"NOT_IN\"}"))
        return all
    }()

    private static let export = [
        (
            name: "sensors.profile.json",
            text:
                "{\"securityProfileName\": \"sensors\", \"securityProfileDescription\": \"All of them\", \"behaviors\": ["
                + behaviors.joined(separator: ",\n") + "]}"
        ),
        (
            name: "sensors.targets.json",
            text:
                "{\"securityProfileTargets\": [{\"arn\": \"arn:aws:iot:eu-west-1:1:all/registered-things\"}, "
                + "{\"arn\": \"arn:aws:iot:eu-west-1:1:thinggroup/lab\"}]}"
        ),
        (
            name: "own.dimension.json",
            text:
                "{\"name\": \"own\", \"type\": \"TOPIC_FILTER\", \"stringValues\": [\"t/${iot:ClientId}/#\", \"x/+\"]}"
        ), (name: "cpu.metric.json", text: "{\"metricName\": \"cpu\", \"metricType\": \"number\"}"),
        (name: "modes.metric.json", text: "{\"metricName\": \"modes\", \"metricType\": \"string-list\"}"),
    ]

    @Test func `AWS to ours to AWS is equal in meaning`() throws {
        let first = try #require(try load(Self.export).first)
        #expect(first.behaviors.count == Self.behaviors.count)
        let ours = try Fixtures.profile(ProfileWriter.yaml(first))
        #expect(isSame(ours, first))
        let writer = try AWSWriter([ours], arn: "arn:aws:iot:eu-west-1:1")
        #expect(writer.losses.isEmpty, "\(writer.losses.map(\.text))")
        let files = writer.files.map { (name: $0.name, text: String(decoding: $0.data, as: UTF8.self)) }
        let again = try #require(try load(files).first)
        #expect(isSame(again, first))
        let last = try AWSWriter([again], arn: "arn:aws:iot:eu-west-1:1")
        #expect(last.files.map(\.data) == writer.files.map(\.data), "a second time writes the same bytes")
    }

    @Test(arguments: [
        ("{ name: b, metric: count, alarm: any in 5m }", "no metric"),
        ("{ name: b, metric: num-messages-sent, alarm: at least 1 }", "this has none"),
        (
            "{ name: b, metric: num-messages-sent, alarm: any in 5m, where: { topic: [\((0...100).map { "t\($0)" }.joined(separator: ", "))] } }",
            "at most 100 topic filters"
        ),
        ("{ name: b, metric: bytes-sent, alarm: more than 1 MB in 5m }", "no metric"),
        ("{ name: b, subject: address, metric: num-connection-attempts, alarm: any in 5m }", "no subject"),
        ("{ name: b, metric: num-messages-sent, alarm: more than 5 in 2m }", "not 2m"),
        ("{ name: b, metric: num-messages-sent, every: 30s, alarm: more than 5 in 5m }", "`every`"),
        ("{ name: b, metric: num-messages-sent, where: { bytes|gt: 5 }, alarm: any in 5m }", "`where`"),
        ("{ name: b, metric: num-disconnects, where: { reason: kicked }, alarm: any in 5m }", "`where`"),
        ("{ name: b, metric: source-ip-address, firstSeen: { learnFor: 1d } }", "`firstSeen`"),
        ("{ name: b, metric: num-messages-sent, peers: { factor: 3, floor: 5, in: 5m } }", "`peers`"),
        ("{ name: b, metric: num-messages-sent, history: { factor: 4, floor: 5, in: 5m } }", "LOW, MEDIUM"),
        ("{ name: b, metric: num-messages-sent, alarm: more than p99 in 5m }", "one device on"),
        ("{ name: b, metric: count, without: { user-action: unlock, within: 30s } }", "no metric"),
    ])
    func `what AWS cannot hold is left out and named`(behavior: String, reason: String) throws {
        let text = "profile: p\ntargets: [all]\nbehaviors:\n  - \(behavior)\n"
        let writer = try AWSWriter([try Fixtures.profile(text)])
        let loss = try #require(writer.losses.first)
        #expect(loss.isLeftOut && loss.behavior == "b" && loss.reason.contains(reason), "\(loss.text)")
        let json = try #require(writer.files.first { $0.name == "p.profile.json" })
        #expect(!String(decoding: json.data, as: UTF8.self).contains("\"b\""))
    }

    @Test func `two lists of topics never share a name, be it as long as AWS allows`() throws {
        let long = String(repeating: "x", count: 117)
        func profile(_ name: String, _ behaviors: [(name: String, topic: String)]) throws -> SecurityProfile {
            let lines = behaviors.map {
                "  - { name: \($0.name), metric: num-messages-sent, where: { topic: \($0.topic) }, alarm: any in 5m }\n"
            }
            return try Fixtures.profile("profile: \(name)\ntargets: [all]\nbehaviors:\n\(lines.joined())")
        }
        let ours = [
            try profile("a", [("b-c", "one"), ("\(long)-verylong1", "two"), ("\(long)-verylong2", "three")]),
            try profile("a-b", [("c", "four")]),
        ]
        let writer = try AWSWriter(ours)
        #expect(writer.losses.isEmpty)
        #expect(Set(writer.files.map(\.name)).count == writer.files.count, "\(writer.files.map(\.name))")
        let again = try load(writer.files.map { (name: $0.name, text: String(decoding: $0.data, as: UTF8.self)) })
        #expect(again.sorted { $0.name < $1.name }.map(\.behaviors) == ours.map(\.behaviors))
    }

    @Test func `more behaviors and words than AWS's profiles hold are named`() throws {
        let behaviors = (0..<101).map { "  - { name: b\($0), metric: num-disconnects, alarm: more than 5 in 5m }\n" }
        let text =
            "profile: p\ndescription: \(String(repeating: "word ", count: 300))\ntargets: [all]\nbehaviors:\n"
            + behaviors.joined()
        let losses = try AWSWriter([try Fixtures.profile(text)]).losses
        #expect(losses.map(\.behavior) == ["b100", nil] && losses[1].reason.contains("description"), "\(losses)")
    }

    @Test func `what a behavior is written without is named too`() throws {
        let text = """
            profile: p
            targets: [{ type: lock }, { group: locks }]
            controls: [a:1]
            behaviors:
              - { name: b, metric: num-messages-sent, alarm: more than 5 in 5m, severity: critical, playbook: contain }
            exceptions: [{ device: t-1, reason: test rig, owner: anna, expires: 2099-01-01 }]
            """
        let losses = try AWSWriter([try Fixtures.profile(text)]).losses
        #expect(losses.allSatisfy { !$0.isLeftOut })
        for word in ["severity", "playbook contain", "target", "test rig", "controls"] {
            #expect(losses.contains { $0.reason.contains(word) }, "\(word): \(losses.map(\.text))")
        }
    }
}
