import Foundation
import Testing

/// Words that make no sense end a command of the log: both verifiers with the same code.
@Suite("Wrong words for the log", .waits) struct LogWordsTests {
    private static let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("tools/verify_log.py").path

    @Test("the verifiers agree about keys and checkpoints that are none, and about wrong usage")
    func verifiers() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            stop(program)
            let shown = try ProductProgram.run(["log", "keys", "show", "data/log"], in: site.folder)
            let key = try #require(
                String(decoding: shown.output, as: UTF8.self).split(separator: " ").first.map(String.init))
            let cut = String(key.dropLast(4))
            let cases: [([String], Int32)] = [
                (["data/log", "--key", key], 0), (["data/log", "--key", "nonsense"], 3),
                (["data/log", "--key", cut], 3),
                (["data/log", "--key", "x" + key], 3), (["data/log", "--key", ""], 3),
                (["data/log", "--since-checkpoint", "nowhere"], 3),
                (["data/log", "--since-checkpoint", "profile.yaml"], 3),
                (["nowhere"], 3), (["data/log", "--no-such-option"], 64), ([], 64),
            ]
            for (words, code) in cases {
                let ours = try ProductProgram.run(["log", "verify"] + words, in: site.folder)
                let theirs = try ProductProgram.run(["-B", Self.tool] + words, executable: "python3", in: site.folder)
                #expect(ours.end == .code(code), "\(words)\n\(ours.words)")
                #expect(theirs.end == .code(code), "\(words)\n\(theirs.words)")
            }
        }
    }

    @Test("a query for what no record can be is refused, and one by certificate finds every spelling")
    func queries() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            for certificate in [#"{"serial":"4A0F"}"#, #"{"serial":"4a:0f","subject":"CN=a"}"#, #"{"serial":"4A10"}"#] {
                try site.folder.append(
                    "live.log", #"{"kind":"connect","device":"a","certificate":\#(certificate)}"# + "\n")
            }
            try #require(
                try program.waits { try site.records().filter { $0["kind"] as? String == "connect" }.count == 3 })
            stop(program)
            let query = ["log", "query", "data/log"]
            for (words, says) in [
                (["--kind", "voilation"], "violation"), (["--severity", "hihg"], "critical"),
                (["--certificate", "no serial"], "hexadecimal"),
                (["--from", "2026-11-19", "--to", "2026-11-18"], "before"), (["--from", "yesterday"], "no time"),
            ] {
                let result = try ProductProgram.run(query + words, in: site.folder)
                #expect(result.end == .code(64) && result.words.contains(says), "\(words): \(result.words)")
            }
            let found = try ProductProgram.run(query + ["--certificate", "0x4a0f"], in: site.folder).output
            #expect(found.split(separator: 0x0A).count == 2)
            let text = try ProductProgram.run(
                query + ["--kind", "connect", "--with-index", "--output", "text"], in: site.folder)
            let rows = String(decoding: text.output, as: UTF8.self).split(separator: "\n")
            #expect(
                rows.count == 3
                    && rows.allSatisfy { $0.contains("  20") && $0.contains("connect") && !$0.contains("{\"") })
            let placed = try ProductProgram.run(query + ["--certificate", "4A:0F", "--with-index"], in: site.folder)
            for line in placed.output.split(separator: 0x0A) {
                let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                let index = try #require(object?["index"] as? Int)
                #expect((object?["record"] as? [String: Any])?["kind"] as? String == "connect")
                let prove = ["log", "prove", "data/log", "\(index)", "--to-file", "proof"]
                let proved = try ProductProgram.run(prove, in: site.folder).output
                #expect(line.dropLast().suffix(proved.count - 1) == proved.dropLast())
            }
        }
    }

    @Test("violations show and keys show speak both forms")
    func forms() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            try site.publish("a", 0..<8)
            try #require(program.waits { program.outputLines.count == 1 })
            stop(program)
            func run(_ words: String...) throws -> String {
                String(decoding: try ProductProgram.run(words, in: site.folder).output, as: UTF8.self)
            }
            let listed = try run("violations", "--data", "data", "--output", "json")
            let id = try #require(listed.firstMatch(of: /"id":"([0-9a-f]+)"/)?.output.1)
            let json = try run("violations", "show", String(id), "--data", "data", "--output", "json")
            #expect(json.hasPrefix("{\"received\":"))
            let text = try run("violations", "show", String(id), "--data", "data", "--output", "text")
            #expect(!text.hasPrefix("{") && text.contains("in-alarm") && text.contains("site/flood"), "\(text)")
            #expect(try run("log", "keys", "show", "data/log").hasSuffix(" 0 -\n"))
            #expect(try run("log", "keys", "show", "data/log", "--output", "json").hasPrefix("{\"vkey\":\""))
        }
    }
}
