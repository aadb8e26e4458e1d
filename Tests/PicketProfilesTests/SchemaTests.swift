import Foundation
import PicketEvents
import Testing

@testable import PicketProfiles

/// The schema for editors takes every profile that Picket takes, and none with a key that Picket does not know.
@Suite struct SchemaTests {
    private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()

    private static func schema() throws -> SchemaCheck {
        let object = try JSONSerialization.jsonObject(with: try ProfileSchema.file)
        return SchemaCheck(root: try #require(object as? [String: Any]))
    }

    /// A profile as an editor sees it.
    private static func value(of text: String, file: String) throws -> Any {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        return try #require(YAMLDocument.read(collector)).plain
    }

    /// Every profile in the repository that can be loaded: the library, the cases of tests, the examples of this folder.
    private static let profiles: [String] = {
        var found: [String] = []
        for folder in ["profiles", "Tests", "Documentation", "sample-logs", "Benchmarks"] {
            let files = FileManager.default.enumerator(
                at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
            while let url = files?.nextObject() as? URL {
                guard ["yaml", "yml", "json"].contains(url.pathExtension), !url.path.contains("/Broken/"),
                    let text = try? String(contentsOf: url, encoding: .utf8), text.utf8.count < 1 << 20,
                    ProfileLoader.parse(text: text, file: url.path).profile != nil
                else { continue }
                found.append(String(url.path.dropFirst(root.path.count + 1)))
            }
        }
        return found.sorted()
    }()

    @Test func `every profile of the repository is right by the schema`() throws {
        let schema = try Self.schema()
        #expect(Self.profiles.count >= 10)
        for path in Self.profiles {
            let text = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
            let problems = schema.problems(of: try Self.value(of: text, file: path))
            #expect(problems.isEmpty, "\(path): \(problems.prefix(3))")
        }
    }

    @Test(arguments: DocumentationTests.examples.filter { $0.hasPrefix("profile:") })
    func `every whole example of the documentation is right by the schema`(text: String) throws {
        let problems = try Self.schema().problems(of: try Self.value(of: text, file: "example.yaml"))
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test(arguments: [
        "colour: red", "behaviors: [{ name: b, metric: count, alarm: any, colour: red }]",
        "behaviors: [{ name: b, metric: count, alarm: any, where: { colour: red } }]",
        "behaviors: [{ name: b, metric: count, alarm: any, where: { \"qos|startswith\": 1 } }]",
        "behaviors: [{ name: b, metric: count, alarm: any, severity: dreadful }]",
        "behaviors: [{ name: b, metric: \"aws:count\", alarm: any }]",
        "behaviors: [{ name: b, metric: count, alarm: any, subject: planet }]",
        "behaviors: [{ name: b, metric: topic, firstSeen: { learnFor: 3d, prefixes: 3 } }]",
        "behaviors: [{ name: b, metric: count, alarm: any, consecutiveDatapointsToAlarm: 11 }]",
        "behaviors: [{ metric: count, alarm: any }]", "exceptions: [{ behavior: b, reason: r, owner: o }]",
        "targets: [{ galaxy: x }]", "tests: [{ name: t, events: [{ at: +0s, publish: t, colour: red }], expect: [] }]",
    ])
    func `what is not known is marked`(part: String) throws {
        let behaviors = part.hasPrefix("behaviors") ? "" : "behaviors: [{ name: b, metric: count, alarm: any }]\n"
        let text = "profile: p\n\(behaviors)\(part)\n"
        let problems = try Self.schema().problems(of: try Self.value(of: text, file: "broken.yaml"))
        #expect(!problems.isEmpty)
        #expect(ProfileLoader.parse(text: text, file: "broken.yaml").profile == nil, "Picket agrees")
    }

    @Test func `unknown keys of the broken profiles are marked as Picket marks them`() throws {
        let schema = try Self.schema()
        let folder = Fixtures.folder.appendingPathComponent("Broken")
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            guard !name.hasSuffix(".expected"),
                let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            else { continue }
            let diagnostics = ProfileLoader.parse(text: text, file: name).diagnostics
            guard diagnostics.contains(where: { $0.code == .unknownKey }),
                let value = try? Self.value(of: text, file: name)
            else { continue }
            count += 1
            #expect(!schema.problems(of: value).isEmpty, "\(name)")
        }
        #expect(count >= 3)
    }
}

extension YAMLNode {
    /// The value as JSON has it.
    fileprivate var plain: Any {
        switch content {
        case .list(let items): items.map(\.plain)
        case .mapping(let entries):
            Dictionary(entries.map { ($0.key, $0.value.plain) }, uniquingKeysWith: { first, _ in first })
        case .scalar(let text, _):
            if isNull {
                NSNull()
            } else if let flag {
                flag
            } else if let integer {
                integer
            } else if case .scalar(_, isPlain: true) = content, let number = Double(text) {
                number
            } else {
                text
            }
        }
    }
}
