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

    private func withFolder(
        without missing: String? = nil, with others: [String: String] = [:], _ body: (String) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("aws-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in Self.outputs.merging(others, uniquingKeysWith: { $1 }) where name != missing {
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

    private static func profile(_ name: String) -> String {
        """
        {"securityProfileName": "\(name)", "behaviors": [{"name": "b", "metric": "aws:num-disconnects",
          "criteria": {"comparisonOperator": "less-than", "value": {"count": 9}, "durationSeconds": 300}}]}
        """
    }

    private static func targets(_ resource: String) -> String {
        #"{"securityProfileTargets": [{"arn": "arn:aws:iot:eu-west-1:1:\#(resource)"}]}"#
    }

    @Test("profiles and groups with similar names keep their own files, however those are named")
    func similarNames() throws {
        let others = [
            "indoor-sensors.profile.json": Self.profile("indoor-sensors"),
            "indoor-sensors.targets.json": Self.targets("thinggroup/thermostats-lab"),
            "sensors2.profile.json": Self.profile("sensors2"),
            "targets-of-sensors2.json": Self.targets("all/things"),
            "groups.json": """
            {"thingGroups": [{"groupName": "thermostats"}, {"groupName": "thermostats-lab"}, {"groupName": "lab"}]}
            """,
            "thermostats-lab.members.json": #"{"things": ["x-1"]}"#, "lab.members.json": #"{"things": ["x-2"]}"#,
        ]
        for missing in [nil, "sensors.targets.json"] {
            try withFolder(without: missing, with: others) { folder in
                let (profiles, fleet, diagnostics) = ProfileLoader.loadWithFleet(paths: [folder])
                let targets = Dictionary(uniqueKeysWithValues: profiles.map { ($0.name, $0.targets) })
                #expect(targets["indoor-sensors"] == [Target([.group("thermostats-lab")])])
                #expect(targets["sensors2"] == [.all])
                // Not those of another whose name holds its own.
                #expect(targets["sensors"] == (missing == nil ? [Target([.group("thermostats")])] : [.all]))
                let text = DiagnosticRenderer().text(diagnostics)
                #expect(text.contains("--security-profile-name sensors") == (missing != nil), "\(text)")
                #expect(
                    fleet?.devices["x-1"]?.groups == ["thermostats-lab"] && fleet?.devices["x-2"]?.groups == ["lab"])
            }
        }
    }

    @Test("a profile that is attached to nothing is for nobody, and the others are as they were")
    func attachedToNothing() throws {
        let others = [
            "paused.profile.json": Self.profile("paused"), "paused.targets.json": #"{"securityProfileTargets": []}"#,
        ]
        try withFolder(with: others) { folder in
            let (profiles, diagnostics) = ProfileLoader.load(paths: [folder])
            #expect(profiles.map(\.name) == ["sensors"])
            let text = DiagnosticRenderer().text(diagnostics)
            #expect(text.contains("AWS has `paused` attached to nothing"), "\(text)")
            #expect(!diagnostics.contains { $0.severity == .error } && !text.contains("list-targets"), "\(text)")
        }
    }

    @Test(
        "things and groups that the targets ask for and that are not here are said; two files for one profile are, too")
    func missingPieces() throws {
        func words(_ missing: String?, _ others: [String: String]) throws -> String {
            var text = ""
            try withFolder(without: missing, with: others) { folder in
                text = DiagnosticRenderer().text(ProfileLoader.load(paths: [folder]).diagnostics)
            }
            return text
        }
        let registered = ["sensors.targets.json": Self.targets("all/registered-things")]
        #expect(try words("things.json", registered).contains("aws iot list-things --output json"))
        #expect(try !words(nil, registered).contains("list-things"))
        let unknown = try words(nil, ["sensors.targets.json": Self.targets("thinggroup/thermostat")])
        #expect(unknown.contains("names no group `thermostat`") && unknown.contains("`thermostats`"), "\(unknown)")
        let two = [
            "a-sensors.json": Self.targets("all/things"), "b-sensors.json": Self.targets("thinggroup/thermostats"),
        ]
        #expect(try words("sensors.targets.json", two).contains("a-sensors.json and b-sensors.json can both hold"))
    }

    @Test(
        "a list of things above a profile's size is read, and a behavior without criteria collects and does not alarm")
    func largeAndSilent() throws {
        let things = (0..<20_000).map { #"{"thingName": "t-\#($0)", "attributes": {"site": "berlin"}, "version": 1}"# }
        let text = "{\"things\": [\(things.joined(separator: ",\n"))]}"
        #expect(text.utf8.count > ProfileLimits.fileBytes)
        let collecting = Self.profile("sensors").replacing(
            #""behaviors": ["#, with: #""behaviors": [{"name": "watched", "metric": "aws:num-messages-sent"}, "#)
        try withFolder(with: ["things.json": text, "sensors.profile.json": collecting]) { folder in
            let (profiles, fleet, diagnostics) = ProfileLoader.loadWithFleet(paths: [folder])
            #expect(fleet?.devices.count == 20_000)
            #expect(profiles.first?.behaviors.map(\.name) == ["b"], "\(DiagnosticRenderer().text(diagnostics))")
            let note = diagnostics.filter { $0.message.contains("only collects") }
            #expect(note.map(\.severity) == [.note] && diagnostics.allSatisfy { $0.severity == .note })
        }
    }
}
