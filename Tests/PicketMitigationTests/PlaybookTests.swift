import Foundation
import PicketMitigation
import PicketProfiles
import Testing

struct PlaybookTests {
    private func diagnostics(_ steps: String, _ rest: String = "") -> [Diagnostic] {
        var set = PlaybookSet()
        return PlaybookReader.parse(
            text: "playbooks:\n  contain:\n    steps: [\(steps)]\n\(rest)", file: "p.yaml", into: &set)
    }

    @Test func `a playbook is read, and observes unless it says more`() throws {
        var set = PlaybookSet()
        let text = """
            playbooks:
              contain:
                steps:
                  - cut-off: { revoke: superseded, watch: 2s }
                  - run: { command: [/bin/echo, "{device}", "{request}"], harmless: true }
                limits: { devices: 3, share: 1%, per: 1h }
            protected: ["gateway-*"]
            """
        #expect(PlaybookReader.parse(text: text, file: "p.yaml", into: &set).isEmpty)
        let playbook = try #require(set.playbooks["contain"])
        #expect(playbook.mode == .observe)
        #expect(playbook.steps.first == .cutOff(reason: .superseded, watchSeconds: 2))
        #expect(playbook.limits == Playbook.Limits(devices: 3, sharePercent: 1, perSeconds: 3_600))
        #expect(set.protects("gateway-1") && !set.protects("t-gateway-1"))
    }

    @Test(arguments: [
        ("{ kick: true }", "denies it first"), ("{ revoke: keyCompromize }", "no reason"),
        ("{ cut-off: { revoke: keyCompromize } }", "no reason"), ("{ run: { command: [echo] } }", "whole path"),
        ("{ run: { command: [/bin/echo, \"{devise}\"] } }", "placeholder"), ("{ cut-of: {} }", "no key `cut-of`"),
        ("", "no steps"), ("{ command: { topic: cmd/x } }", "{device}"), ("{ command: {} }", "`topic`"),
        ("{ command: { topic: \"cmd/{device}/#\" } }", "no wildcard"),
        ("{ command: { topic: \"cmd/{device}\", payload: stop } }", "{request}"),
        ("{ command: { topic: \"cmd/{device}\", acknowledge: ack } }", "{device}"),
        ("{ wait: { for: ever } }", "wait for `ever`"),
        ("{ move-to-group: {} }", "`group`"), ("{ move-to-group: { group: \"a/b\" } }", "name of a group"),
        ("{ move-to-group: { group: q, probe: \"t/#\" } }", "no wildcard"), ("{ release: {} }", "`group`"),
        ("{ addThingsToThingGroupParams: { overrideDynamicGroups: true } }", "`thingGroupNames`"),
    ])
    func `what cannot work is an error with its place`(steps: String, words: String) {
        let found = diagnostics(steps)
        #expect(found.contains { $0.message.contains(words) && $0.severity == .error && $0.line > 0 }, "\(found)")
    }

    @Test func `who may replace a file that runs programs is nobody but its owner`() throws {
        let folder = try MitigationFolder()
        let path = try folder.write(
            "p.yaml", "playbooks: { page: { steps: [{ run: { command: [/bin/true] } }] } }\n")
        func mode(_ mode: Int, _ path: String) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        try mode(0o644, path)
        try mode(0o755, folder.path)
        #expect(PlaybookReader.load(paths: [path]).set != nil, "\(PlaybookReader.load(paths: [path]).diagnostics)")
        try mode(0o777, folder.path)
        let (set, diagnostics) = PlaybookReader.load(paths: [path])
        #expect(set == nil && diagnostics.contains { $0.message.contains("in its place") }, "\(diagnostics)")
        try mode(0o1777, folder.path)
        #expect(PlaybookReader.load(paths: [path]).set != nil, "the sticky bit keeps others away")
        guard geteuid() == 0 else { return }
        try FileManager.default.setAttributes([.ownerAccountID: 12_345], ofItemAtPath: path)
        let stranger = PlaybookReader.load(paths: [path])
        #expect(stranger.set == nil && stranger.diagnostics.contains { $0.message.contains("another user") })
    }

    @Test func `groups are named as we do, and as AWS does`() throws {
        var set = PlaybookSet()
        let text = """
            playbooks:
              contain:
                steps:
                  - move-to-group: { group: quarantine, probe: "telemetry/{device}", watch: 9s }
                  - addThingsToThingGroupParams: { thingGroupNames: [a, b], overrideDynamicGroups: true }
                  - release: { group: [quarantine] }
            """
        #expect(PlaybookReader.parse(text: text, file: "p.yaml", into: &set).isEmpty)
        let playbook = try #require(set.playbooks["contain"])
        #expect(
            playbook.steps == [
                .moveToGroup(["quarantine"], probe: "telemetry/{device}", watchSeconds: 9),
                .moveToGroup(["a", "b"], probe: nil, watchSeconds: 5), .release(["quarantine"]),
            ])
        let words = PlaybookExplain.lines(playbook, set).joined(separator: "\n")
        #expect(words.contains("Put the device into quarantine") && words.contains("Take the device out of"))
    }

    @Test func `a name in a payload stays inside its quotes`() throws {
        var outbox = Outbox()
        var intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox))
        (intent.id, intent.device) = ("r-1", #"a","id":"r-2"#)
        intent.at = 1_700_000_000_123
        let job = Playbook.Command.job(document: #"{"operation":"stop","name":"{device}"}"#, withinSeconds: 1)
        let payload = Data(ActText.fill(job.payload, intent, in: .json).utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: payload) as? [String: Any])
        let execution = try #require(object["execution"] as? [String: Any])
        #expect(execution["jobId"] as? String == "r-1")
        #expect(execution["queuedAt"] as? Int == 1_700_000_000)
        #expect((execution["jobDocument"] as? [String: String])?["name"] == intent.device)
        #expect(ActText.fill(job.acknowledge ?? "", intent) == #"$aws/things/a","id":"r-2/jobs/r-1/update"#)
    }

    @Test func `a file that others may write is refused`() throws {
        let folder = try MitigationFolder()
        let path = try folder.write("p.yaml", "playbooks: { a: { steps: [{ cut-off: {} }] } }\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(PlaybookReader.load(paths: [path]).set != nil)
        try FileManager.default.setAttributes([.posixPermissions: 0o664], ofItemAtPath: path)
        #expect(PlaybookReader.load(paths: [path]).set == nil)
    }

    @Test func `a program is run without a shell, and ended when it takes too long`() async throws {
        let folder = try MitigationFolder()
        let target = folder.file("; touch x")
        #expect(await ProgramRun.run(["/usr/bin/touch", target], withinSeconds: 60) == .code(0))
        #expect(FileManager.default.fileExists(atPath: target))
        #expect(await ProgramRun.run(["/bin/sleep", "600"], withinSeconds: 1) == .tookTooLong)
        // What it started is ended with it.
        let child = ["-c", "sleep 600 & echo $! > \(folder.file("child")); wait"]
        #expect(await ProgramRun.run(["/bin/sh"] + child, withinSeconds: 1) == .tookTooLong)
        let number = try String(contentsOfFile: folder.file("child"), encoding: .utf8)
        let id = try #require(pid_t(number.trimmingCharacters(in: .whitespacesAndNewlines)))
        // A signal to a process that waits for a processor takes its time; whoever nobody waits for stays as a zombie.
        var state: String?
        for _ in 0..<200 {
            state = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
            guard let known = state, !known.contains(") Z ") else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(state?.contains(") Z ") ?? true, "\(state ?? "")")
        #expect(await ProgramRun.run(["/bin/false"], withinSeconds: 60) == .code(1))
        guard case .notStarted = await ProgramRun.run(["/nowhere/at-all"], withinSeconds: 60) else {
            Issue.record("a program that is not there was started")
            return
        }
    }
}
