import Foundation
import Testing

/// What cannot work is said by `picket run --check`, with its place and a remedy, and ends with 2.
@Suite("picket run --check: what is named must be there", .waits)
struct RunCheckTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// Keys of the configuration.
        var keys: String
        /// Of the behavior.
        var behavior = "metric: num-messages-sent"
        var words: [String]

        var testDescription: String { words[0] }
    }

    private static let plugin = "feeds: [{ name: p, plugin: p.sock }, { name: f, file: f.log }]"

    static let cases: [Case] = [
        Case(
            keys: "playbooks: [playbooks.yaml]", behavior: "metric: num-messages-sent, playbook: nowhere",
            words: ["there is no playbook `nowhere`", "profile.yaml: behavior b", "under `playbooks`", "cut"]),
        Case(
            keys: "playbooks: [playbooks.yaml]",
            behavior: "subject: address, metric: num-authorization-failures, playbook: cut",
            words: ["nobody can act on the subject `address`", "cut-off", "another playbook"]),
        Case(
            keys: plugin + "\nbrokers: [{ name: main, plugin: f }]",
            words: ["there is no feed of a plugin called `f`", "picket.yaml:4:", "the socket"]),
        Case(
            keys: "feeds: [{ name: a, http: /ingest/x, token: { file: token } }, "
                + "{ name: b, http: /ingest/x, token: { file: token } }]",
            words: ["there is a feed at /ingest/x already", "a path of its own"]),
        Case(
            keys: "feeds: [{ http: /ingest/x, token: { file: none } }]",
            words: ["the secret `none` is not there", "openssl rand"]),
        Case(
            keys: "feeds: [{ plugin: p.sock, user: nobody-like-this }]",
            words: ["there is no user `nobody-like-this`", "mosquitto"]),
        Case(
            keys: plugin + "\nbrokers: [{ plugin: p, crl: crl.pem, authority: none }]",
            words: ["there is no certificate authority in `none`", "picket ca init --folder none"]),
        Case(
            keys: plugin + "\nbrokers: [{ plugin: p, url: \"mqtts://127.0.0.1\", ca: none }]",
            words: ["the authorities `none` is not there", "PEM"]),
        Case(
            keys: plugin + "\nbrokers: [{ plugin: p, url: \"mqtts://127.0.0.1\", certificate: c.crt, key: c.key }]",
            words: ["the certificate `c.crt` is not there", "the key `c.key` is not there", "picket ca issue"]),
        Case(
            keys: "feeds: [{ name: m, mqtt: \"mqtts://127.0.0.1\", topics: [a], ca: none, "
                + "certificate: c.crt, key: c.key }]",
            words: ["the authorities `none` is not there", "the certificate `c.crt`", "the key `c.key`"]),
        Case(
            keys: "playbooks: [playbooks.yaml]",
            behavior: "subject: user, metric: num-authorization-failures, playbook: order",
            words: ["nobody can act on the subject `user`", "command"]),
        Case(
            keys: "notify: { a: { url: \"https://a.example\", secret: { file: none } } }",
            words: ["the secret `none` is not there"]),
        Case(
            keys: "notify: { a: { url: \"https://a.example\", ca: none } }",
            words: ["the authorities `none` is not there"]),
    ]

    @Test(arguments: cases)
    func `it is an error before anything starts`(wrong: Case) async throws {
        try await onThread {
            let folder = try ProductFolder()
            try folder.write("token", "0123456789abcdef0123\n")
            try folder.write(
                "playbooks.yaml",
                """
                playbooks:
                  cut: { mode: automatic, steps: [{ cut-off: {} }] }
                  order: { mode: automatic, steps: [{ command: { topic: "cmd/{device}", payload: "stop {request}" } }] }

                """)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: folder.file("playbooks.yaml"))
            try folder.write(
                "profile.yaml",
                "profile: site\ntargets: [all]\nbehaviors:\n"
                    + "  - { name: b, \(wrong.behavior), alarm: more than 2 in 5m }\n")
            try folder.write("picket.yaml", "data: data\nprofiles: [profile.yaml]\n\(wrong.keys)\n")
            for arguments in [["--check"], []] {
                let run = try ProductProgram.run(["run", "--config", "picket.yaml"] + arguments, in: folder)
                #expect(run.end == .code(2), "\(run.words)")
                for words in wrong.words { #expect(run.words.contains(words), "\(words) in \(run.words)") }
            }
            #expect(!FileManager.default.fileExists(atPath: folder.file("data")))
        }
    }
}
