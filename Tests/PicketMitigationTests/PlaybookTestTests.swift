import Foundation
import PicketMitigation
import PicketProfiles
import Testing

/// Tests in playbook files: what they show, and what they find.
struct PlaybookTestTests {
    private static let playbooks = """
        playbooks:
          contain:
            mode: automatic
            severity: medium
            limits: { devices: 2, per: 1h }
            cool-down: 10m
            steps:
              - command: { topic: "cmd/{device}/stop", payload: "{request}", within: 5s }
              - wait: { for: acknowledged, within: 5s }
            escalate: [{ cut-off: { watch: 1s } }, { notify: { to: security } }]
            undo: { after: 1h }
        protected: [gateway-*]
        tests:
          - { name: n, playbook: contain,

        """

    private func failures(_ keys: String) throws -> [String] {
        var set = PlaybookSet()
        let diagnostics = PlaybookReader.parse(text: Self.playbooks + "      \(keys) }\n", file: "p.yaml", into: &set)
        try #require(diagnostics.isEmpty, "\(diagnostics)")
        return PlaybookTestRun(try #require(set.tests.first), in: set).failures
    }

    @Test(arguments: [
        "expect: [command: done, wait: done, cut-off: not-needed, notify: not-needed]",
        "answers: { wait: failed }, expect: [command: done, wait: failed, cut-off: done, notify: done]",
        "answers: { command: failed }, expect: [command: failed, wait: failed, cut-off: done, notify: done]",
        "answers: { wait: failed }, after: 2h, "
            + "expect: [command: done, wait: failed, cut-off: done, notify: done, undo-cut-off: done]",
        "answers: { wait: failed }, over: true, "
            + "expect: [command: done, wait: failed, cut-off: done, notify: done, resolve-notify: done]",
        "violation: { severity: low }, expect: []",
        "violation: { identity: claimed }, after: 25h, expect: [command: expired, wait: not-needed, "
            + "cut-off: not-needed, notify: not-needed]",
        "violation: { identity: password }, expect: [command: waiting, wait: running, cut-off: dormant, notify: dormant]",
        "violation: { identity: password, user: u }, "
            + "expect: [command: done, wait: done, cut-off: not-needed, notify: not-needed]",
        "violation: { evidence: device }, expect: [command: waiting, wait: running, cut-off: dormant, notify: dormant]",
        "violation: { device: gateway-1 }, expect: [command: refused, wait: not-needed, cut-off: refused, notify: not-needed]",
        "violation: { device: a/b }, expect: [command: failed, wait: failed, cut-off: done, notify: done]",
        "violation: { subject: address, device: 192.0.2.1 }, "
            + "expect: [command: refused, wait: not-needed, cut-off: refused, notify: not-needed]",
        "earlier: [{ device: device-1, ago: 5m }], "
            + "expect: [command: refused, wait: not-needed, cut-off: refused, notify: not-needed]",
        "earlier: [{ device: device-1, ago: 11m }], "
            + "expect: [command: done, wait: done, cut-off: not-needed, notify: not-needed]",
        "earlier: [{ device: a }, { device: b }], expect: [command: waiting, wait: running, cut-off: dormant, notify: dormant]",
        "earlier: [{ device: a, ago: 2h }, { device: b }], "
            + "expect: [command: done, wait: done, cut-off: not-needed, notify: not-needed]",
        "stopped: true, expect: [command: waiting, wait: waiting, cut-off: dormant, notify: dormant]",
    ])
    func `a playbook does as its test says`(keys: String) throws {
        #expect(try failures(keys) == [])
    }

    @Test func `the playbooks to begin with pass their own tests`() throws {
        var set = PlaybookSet()
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = package.appendingPathComponent("profiles/playbooks/containment.yaml")
        let diagnostics = PlaybookReader.parse(
            text: try String(contentsOf: file, encoding: .utf8), file: "containment.yaml", into: &set)
        #expect(diagnostics.isEmpty, "\(diagnostics)")
        #expect(set.tests.count == 8)
        for test in set.tests { #expect(PlaybookTestRun(test, in: set).failures == [], "\(test.name)") }
    }

    @Test func `what is otherwise is said, with the reason`() throws {
        #expect(
            try failures("violation: { identity: claimed }, expect: [command: done]").first?.contains(
                "expected command: done, found command: waiting (not every event") ?? false)
        #expect(
            try failures("violation: { severity: low }, expect: [command: done]") == [
                "1. expected command: done, found nothing"
            ])
    }

    @Test(arguments: [
        ("expect: [command: finished]", "does not end"), ("answers: { wait: waiting }, expect: []", "does not end"),
        ("violation: { identity: nobody }, expect: []", "proved by"), ("expects: []", "`expects`"),
        ("violation: { severity: huge }, expect: []", "severity"), ("after: soon, expect: []", "`after`"),
    ])
    func `mistakes have their place`(keys: String, words: String) {
        var set = PlaybookSet()
        let found = PlaybookReader.parse(text: Self.playbooks + "      \(keys) }\n", file: "p.yaml", into: &set)
        #expect(found.contains { $0.message.contains(words) && $0.line > 10 }, "\(found)")
    }
}
