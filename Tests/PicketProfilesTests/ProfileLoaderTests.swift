import Foundation
import PicketEvents
import Testing

@testable import PicketProfiles

@Suite struct ProfileLoaderTests {
    @Test("reads our form with AWS's spelling of the name")
    func mixed() throws {
        let profile = try Fixtures.profile(
            """
            # The reference job of the benchmarks.
            securityProfileName: j1
            description: Messages, authorization failures and message size per device.
            targets: [all]
            behaviors:
              - { name: messages, metric: num-messages-sent, alarm: more than 120 in 5m }
              - { name: auth-failures, metric: num-authorization-failures, alarm: more than 20 in 5m }
              - { name: message-size, metric: message-byte-size, alarm: more than 1024 }
            """)
        #expect(profile.name == "j1")
        #expect(profile.targets == [.all])
        #expect(
            profile.behaviors == [
                Behavior(name: "messages", metric: .messagesSent, limit: Limit(.above, 120), duration: 300, slide: 10),
                Behavior(
                    name: "auth-failures", metric: .authorizationFailures, limit: Limit(.above, 20), duration: 300),
                Behavior(name: "message-size", metric: .messageByteSize, limit: Limit(.above, 1_024)),
            ])
        #expect(profile.behaviors.map(\.slide) == [10, 10, nil])
    }

    @Test(
        "AWS's criteria state what is expected",
        arguments: [
            ("less-than", 10, 54, true), ("less-than", 10, 10, true), ("less-than", 10, 9, false),
            ("greater-than", 5_000, 26, true), ("greater-than", 10, 0, true), ("greater-than", 128, 110, true),
            ("greater-than", 10, 10, true), ("greater-than", 10, 11, false),
            ("less-than-equals", 10, 10, false), ("less-than-equals", 10, 11, true),
            ("greater-than-equals", 10, 10, false), ("greater-than-equals", 10, 9, true),
        ] as [(String, Int64, Int64, Bool)])
    func criteria(comparison: String, bound: Int64, value: Int64, isViolated: Bool) throws {
        let profile = try Fixtures.profile(
            """
            {
                "securityProfileName": "MySecProfile",
                "securityProfileDescription": "from AWS",
                "behaviors": [
                    {
                        "name": "MessagesPub",
                        "metric": "aws:num-messages-sent",
                        "criteria": {
                            "comparisonOperator": "\(comparison)",
                            "value": { "count": \(bound) },
                            "durationSeconds": 300,
                            "consecutiveDatapointsToAlarm": 2,
                            "consecutiveDatapointsToClear": 3
                        },
                        "suppressAlerts": true
                    }
                ],
                "alertTargets": {},
                "version": 1,
                "securityProfileArn": "arn:aws:iot:eu-west-1:123456789012:securityprofile/MySecProfile",
                "creationDate": 1573786800.123,
                "lastModifiedDate": "2026-01-01T00:00:00Z"
            }
            """, file: "aws.json")
        let behavior = try #require(profile.behaviors.first)
        #expect(behavior.limit?.isViolated(by: value) == isViolated)
        #expect(behavior.duration == 300 && behavior.slide == 10)
        #expect(behavior.datapointsToAlarm == 2 && behavior.datapointsToClear == 3)
        #expect(behavior.suppressed)
        #expect(profile.description == "from AWS")
    }

    @Test("says everything about all files in one run, and keeps what is right")
    func folders() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("profiles-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ data: Data) throws { try data.write(to: folder.appendingPathComponent(name)) }
        let good = "profile: good\ntargets: [all]\nbehaviors: [{ name: a, metric: count, alarm: any }]\n"
        try write("a-good.yaml", Data(good.utf8))
        try write("b-again.yml", Data(good.utf8))
        try write("c-bad.yaml", Data("profile: bad\nbehaviors: [{ name: a, metric: cuont, alarm: any }, {}]\n".utf8))
        try write("d-bytes.json", Data([0x7B, 0x0A, 0xFF, 0xFE]))
        try write("e-large.yaml", Data(repeating: 0x20, count: ProfileLimits.fileBytes + 1))
        try write("notes.txt", Data("nothing to do with it".utf8))
        try write(".hidden.yaml", Data("nothing to do with it".utf8))
        let paths = [folder.path, folder.appendingPathComponent("a-good.yaml").path, folder.path + "/a-godo.yaml"]
        let (profiles, diagnostics) = ProfileLoader.load(paths: paths)
        #expect(profiles.map(\.name) == ["good"])
        #expect(profiles.first?.source == folder.path + "/a-good.yaml")
        let found = diagnostics.map { "\(($0.file as NSString).lastPathComponent) \($0.code.rawValue):\($0.line)" }
        #expect(
            found == [
                "b-again.yml P014:0", "c-bad.yaml P020:2", "c-bad.yaml P011:2", "c-bad.yaml P011:2",
                "c-bad.yaml P011:2",
                "d-bytes.json P003:2", "e-large.yaml P002:0", "a-godo.yaml P001:0",
            ])
        #expect(diagnostics.last?.suggestion == folder.path + "/a-good.yaml")
        let empty = folder.appendingPathComponent("empty")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
        #expect(ProfileLoader.load(paths: [empty.path]).diagnostics.map(\.code) == [.empty])
        #expect(ProfileLoader.load(paths: ["/dev/null"]).diagnostics.map(\.code) == [.unreadable])
    }

    @Test("too many behaviors and values are refused")
    func tooMany() {
        func codes(_ text: String) -> [DiagnosticCode] {
            ProfileLoader.parse(text: text, file: "t.yaml").diagnostics.map(\.code)
        }
        let head = "profile: p\nbehaviors:\n"
        let behaviors = (0...ProfileLimits.behaviors).map { "  - { name: b\($0), metric: count, alarm: any }\n" }
        #expect(codes(head + behaviors.joined()) == [.tooMany])
        let values = (0...ProfileLimits.filterValues).map { "u\($0)" }.joined(separator: ", ")
        #expect(codes(head + "  - { name: b, metric: count, where: { user: [\(values)] }, alarm: any }") == [.tooMany])
        let long = String(repeating: "u", count: ProfileLimits.filterValueBytes + 1)
        #expect(codes(head + "  - { name: b, metric: count, where: { user: \(long) }, alarm: any }") == [.tooMany])
        let mistakes = (0..<2_000).map { "x\($0): 1\n" }.joined()
        #expect(codes("profile: p\nbehaviors: []\n" + mistakes).count == ProfileLimits.diagnosticsPerFile)
    }

    @Test(
        "hostile YAML costs little",
        arguments: [
            String(repeating: "[", count: 500_000), String(repeating: "- ", count: 250_000),
            String(repeating: "{a: ", count: 250_000), String(repeating: "? ", count: 250_000),
            (0..<20).map { "a\($0): &a\($0) [\(String(repeating: $0 == 0 ? "x," : "*a\($0 - 1),", count: 9))]\n" }
                .joined(),
            "a: \"\\uD800\"\n", "\u{0}", "\u{FEFF}profile: p\nbehaviors: []\n", "a: b\r\nc: [\r\n", "&a [*a]: 1\n",
            "<<: *x\n",
            "%YAML 9.9\n---\na: b\n", "!<tag:yaml.org,2002:map> {a: b}\n", "- &x\n- *x\n", "\u{E000}: 1\n\u{E000}: 1\n",
        ])
    func hostile(text: String) {
        let clock = ContinuousClock()
        var count = 0
        let took = clock.measure { count = ProfileLoader.parse(text: text, file: "h.yaml").diagnostics.count }
        #expect(count > 0)
        #expect(took < .seconds(30))
    }

    @Test("more sizes of networks than there is room for are refused, not left out")
    func networks() throws {
        func profile(_ sizes: Range<Int>) throws -> SecurityProfile {
            let behaviors = sizes.map {
                "  - { name: b\($0), subject: { address: \($0) }, metric: num-connection-attempts, alarm: more than 3 in 1m }"
            }
            return try Fixtures.profile("profile: p\ntargets: [all]\nbehaviors:\n" + behaviors.joined(separator: "\n"))
        }
        let most = ProfileLimits.networkSizes
        #expect(ProfileLoader.tooManyNetworks([try profile(8..<8 + most)]).isEmpty)
        let problems = ProfileLoader.tooManyNetworks([try profile(8..<9 + most)])
        #expect(problems.map(\.code) == [.tooMany] && problems[0].message.contains("b\(8 + most)"))
    }
}
