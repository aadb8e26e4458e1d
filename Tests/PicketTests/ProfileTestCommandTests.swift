import Foundation
import Testing

/// `picket profile test`, as a person runs it.
@Suite("Tests that stand in profiles")
struct ProfileTestCommandTests {
    /// A line of `--output json`.
    struct Line: Decodable {
        var profile: String
        var test: String
        var passed: Bool?
        var timeline: [String]?
    }

    /// Behaviors whose alarm no short test can show: hundreds of names, lines that are no events, the daemon's clock, and what
    /// was not seen.
    static let withoutAlarm: Set<String> = [
        "client-id-rotation", "topic-scan", "unreadable-lines", "clock-is-wrong", "not-seen",
    ]

    private static let flood = """
        profile: flood
        behaviors:
          - { name: message-flood, metric: num-messages-sent, alarm: more than 3 in 1m, severity: high }
        tests:

        """

    /// Runs the tests of a profile that has one behavior.
    private func run(_ test: String) async throws -> Binary.Output {
        let folder = try TemporaryFolder()
        return try await Binary.run(
            ["profile", "test", folder.write("flood.yaml", Self.flood + test), "--output", "text"])
    }

    @Test func `every test of the library passes, and every profile has some`() async throws {
        let folder = "\(Places.package)/profiles"
        let output = try await Binary.run(["profile", "test", folder, "--output", "json"])
        #expect(output.exitCode == 0, "\(output.stdout)\(output.stderr)")
        let lines = try output.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        for line in lines where line.passed != true {
            Issue.record("\(line.profile): \(line.test)\n\((line.timeline ?? []).joined(separator: "\n"))")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(!files.isEmpty)
        #expect(Set(lines.map(\.profile)) == Set(files.map { String($0.dropLast(".yaml".count)) }))
    }

    @Test func `every behavior of the library alarms in a test, and every profile has a quiet one`() throws {
        let folder = "\(Places.package)/profiles"
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".yaml") {
            let parts = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).components(
                separatedBy: "\ntests:\n")
            try #require(parts.count == 2, "\(file) has no tests")
            let behaviors: [String] = parts[0].split(separator: "\n").compactMap { line in
                line.hasPrefix("  - name: ") ? String(line.dropFirst("  - name: ".count)) : nil
            }
            #expect(!behaviors.isEmpty, "\(file)")
            for behavior in behaviors where !Self.withoutAlarm.contains(behavior) {
                let spellings = ["behavior: \(behavior),", "behavior: \(behavior) }"]
                let isExpected = spellings.contains { parts[1].contains($0) }
                #expect(isExpected, "\(file): no test expects \(behavior)")
            }
            #expect(parts[1].contains("expect: []"), "\(file): no test is quiet")
        }
    }

    @Test func `a test that fails shows what was expected and what came`() async throws {
        let output = try await run(
            """
              - name: at another time
                events: [{ at: +0s, publish: t-7, topic: a, bytes: 80, repeat: 4, every: 2s }]
                expect: [{ at: +4s, behavior: message-flood, device: t-7, value: 4 }]
            """)
        #expect(output.exitCode == 1, "\(output.stderr)")
        #expect(output.lines.first == "FAILED flood: at another time")
        #expect(
            output.lines.dropFirst(2) == [
                "  expected:", "  - +4s in-alarm message-flood t-7 value 4", "  found:",
                "  + +6s in-alarm message-flood t-7 value 4: 4 messages sent in 1 min; at most 3 expected",
                "0 passed, 1 failed",
            ])
    }

    @Test func `an event that cannot be read fails the test, and the reason is said`() async throws {
        let output = try await run(
            """
              - name: quiet for the wrong reason
                events: [{ at: +0s, report: t-7, metrics: 3 }]
                expect: []
            """)
        #expect(output.exitCode == 1, "\(output.stderr)")
        #expect(output.lines.contains("  1 event could not be read: wrong-type"), "\(output.stdout)")
    }

    @Test func `a kind of event that there is not is one mistake`() async throws {
        let output = try await run(
            """
              - name: no such kind
                events: [{ at: +0s, kind: publsh, device: t-7 }]
                expect: []
            """)
        #expect(output.exitCode == 2)
        #expect(output.stderr.contains("there is no kind of event `publsh`"), "\(output.stderr)")
        #expect(output.stderr.contains("1 error"), "\(output.stderr)")
    }

    @Test func `profiles without tests are said to have none`() async throws {
        let folder = try TemporaryFolder()
        let text = Self.flood.replacingOccurrences(of: "tests:\n", with: "")
        let output = try await Binary.run(["profile", "test", folder.write("p.yaml", text), "--output", "text"])
        #expect(output.exitCode == 0, "\(output.stderr)")
        #expect(output.lines == ["0 passed, 0 failed; no profile has `tests:`"])
    }
}
