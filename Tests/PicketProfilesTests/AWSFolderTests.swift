import Foundation
import PicketEvents
import Testing

@testable import PicketProfiles

/// A folder with the outputs of `aws iot`, as the script saves them. The shapes are those of the AWS IoT API.
@Suite struct AWSFolderTests {
    private static let outputs = [
        "sensors.profile.json": """
        {"securityProfileName": "sensors", "securityProfileArn": "arn:aws:iot:eu-west-1:1:securityprofile/sensors",
         "behaviors": [
           {"name": "inside", "metric": "aws:num-messages-sent",
            "metricDimension": {"dimensionName": "own", "operator": "NOT_IN"},
            "criteria": {"comparisonOperator": "less-than-equals", "value": {"count": 0}, "durationSeconds": 300}},
           {"name": "hot", "metric": "cpu",
            "criteria": {"comparisonOperator": "less-than", "value": {"number": 80.5}}}],
         "alertTargets": {}, "version": 1, "creationDate": 1.5, "lastModifiedDate": 1.5}
        """,
        "sensors.targets.json": """
        {"securityProfileTargets": [{"arn": "arn:aws:iot:eu-west-1:1:thinggroup/thermostats"}]}
        """,
        "own.dimension.json": """
        {"name": "own", "arn": "arn:aws:iot:eu-west-1:1:dimension/own", "type": "TOPIC_FILTER",
         "stringValues": ["telemetry/${iot:ClientId}/#"]}
        """,
        "cpu.metric.json": """
        {"metricName": "cpu", "metricArn": "arn:aws:iot:eu-west-1:1:custommetric/cpu", "metricType": "number",
         "displayName": "load"}
        """,
        "things.json": """
        {"things": [{"thingName": "t-7", "thingTypeName": "thermostat", "attributes": {"site": "berlin"}, "version": 1}]}
        """,
        "groups.json": """
        {"thingGroups": [{"groupName": "thermostats", "groupArn": "arn:aws:iot:eu-west-1:1:thinggroup/thermostats"}]}
        """,
        "thermostats.members.json": #"{"things": ["t-7", "t-8"]}"#,
    ]

    private func withFolder(without missing: String? = nil, _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("aws-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in Self.outputs where name != missing {
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        try body(folder.path)
    }

    @Test("loads unchanged, with targets, dimensions, custom metrics, things and groups")
    func whole() throws {
        try withFolder { folder in
            let (profiles, fleet, diagnostics) = ProfileLoader.loadWithFleet(paths: [folder])
            #expect(!diagnostics.contains { $0.severity != .note }, "\(DiagnosticRenderer().text(diagnostics))")
            let profile = try #require(profiles.first)
            #expect(profiles.count == 1 && profile.behaviors.count == 2)
            #expect(profile.targets == [Target([.group("thermostats")])])
            #expect(profile.behaviors[0].filter?.terms.count == 1)
            #expect(profile.behaviors[1].limit == Limit(.atLeast, 80_500_000))
            let view = try #require(fleet).view
            #expect(
                view.devices["t-7"]
                    == FleetView.Device(
                        groups: ["thermostats"], type: "thermostat", attributes: ["site": "berlin"]))
            #expect(view.devices["t-8"]?.groups == ["thermostats"])
            // Written in our form it says the same without the folder.
            let again = ProfileLoader.parse(text: ProfileWriter.yaml(profile), file: profile.source)
            #expect(again.profile == profile)
            let written = try #require(fleet)
            #expect(FleetReader.parse(text: FleetWriter.yaml(written), file: "f.yaml").fleet == written)
        }
    }

    @Test(
        "a missing piece is said with the command that saves it",
        arguments: [
            ("sensors.targets.json", "aws iot list-targets-for-security-profile --security-profile-name sensors"),
            ("own.dimension.json", "aws iot describe-dimension --name own"),
            ("cpu.metric.json", "aws iot describe-custom-metric --metric-name cpu"),
            ("thermostats.members.json", "aws iot list-things-in-thing-group --thing-group-name thermostats"),
        ])
    func missing(file: String, command: String) throws {
        try withFolder(without: file) { folder in
            let text = DiagnosticRenderer().text(ProfileLoader.load(paths: [folder]).diagnostics)
            #expect(text.contains(command), "\(text)")
        }
    }
}
