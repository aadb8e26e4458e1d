import Foundation
import PicketLog
import Synchronization
import Testing

@testable import PicketService

/// Copies of checkpoints outside the log.
@Suite struct AnchorTests {
    /// A signed log of a few records, and its newest checkpoint.
    private func note(_ folder: String, salt: String = "n") throws -> SignedNote {
        var options = LogOptions()
        options.signers = [try #require(NoteSigner(newFor: "example.test/anchor"))]
        let writer = try LogWriter(folder: folder, options: options)
        var buffer = RecordBuffer()
        for index in 0..<5 { buffer.append(line: Array("{\"\(salt)\":\(index)}".utf8), time: 0) }
        try writer.append(buffer)
        try writer.close()
        return try #require(SignedNote([UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/checkpoint")))))
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/picket-anchor-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func `a folder gets each checkpoint once, and notices a second past`() throws {
        try withFolder { folder in
            let said = Mutex([String]())
            let target = folder + "/out"
            let anchor = Anchor(.folder(target)) { words in said.withLock { $0.append(words) } }
            let first = try note(folder + "/log")
            anchor.publish(first)
            anchor.publish(first)
            #expect(anchor.finish() == Anchor.Count(delivered: 0, failed: 2, skipped: 0))
            #expect(said.withLock { $0.count } == 1, "a failure is said once")
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            anchor.publish(first)
            anchor.publish(first)
            #expect(anchor.finish().delivered == 2)
            #expect(said.withLock { $0.count } == 2, "and that it works again, too")
            let name = "00000000000000000005.checkpoint"
            #expect(try FileManager.default.contentsOfDirectory(atPath: target) == [name])
            #expect(FileManager.default.contents(atPath: "\(target)/\(name)").map { [UInt8]($0) } == first.bytes)
            anchor.publish(try note(folder + "/other-past", salt: "other"))
            #expect(anchor.finish().failed == 3)
            #expect(said.withLock { $0.last }?.contains("another checkpoint of 5 records") == true)
        }
    }

    @Test func `a command reads the checkpoint, sees no secrets, and is ended when it hangs`() throws {
        try withFolder { folder in
            let checkpoint = try note(folder + "/log")
            setenv("PICKET_TEST_SECRET", "s3cret", 1)
            let keep = AnchorCommand(arguments: ["/usr/bin/tee", folder + "/got"], timeout: .seconds(5))
            #expect(keep.run(input: checkpoint.bytes) == nil)
            #expect(FileManager.default.contents(atPath: folder + "/got").map { [UInt8]($0) } == checkpoint.bytes)
            let look = ["/bin/sh", "-c", "env > \(folder)/env"]
            #expect(AnchorCommand(arguments: look, timeout: .seconds(5)).run(input: checkpoint.bytes) == nil)
            let seen = try String(contentsOfFile: folder + "/env", encoding: .utf8)
            #expect(!seen.contains("SECRET") && seen.contains("PATH="))
            let clock = ContinuousClock()
            let start = clock.now
            let hang = AnchorCommand(arguments: ["/bin/sleep", "60"], timeout: .milliseconds(200))
            #expect(hang.run(input: checkpoint.bytes)?.contains("took longer") == true)
            #expect(clock.now - start < .seconds(10))
            let fail = AnchorCommand(arguments: ["/bin/false"], timeout: .seconds(5)).run(input: [])
            #expect(fail == "/bin/false ended with exit code 1")
            #expect(AnchorCommand(arguments: ["/no/such"], timeout: .seconds(5)).run(input: []) != nil)
        }
    }

    @Test func `a slow anchor never holds up whoever publishes`() throws {
        try withFolder { folder in
            let checkpoint = try note(folder + "/log")
            let anchor = Anchor(.command(["/bin/sleep", "1"]), timeout: .seconds(2)) { _ in }
            let clock = ContinuousClock()
            let start = clock.now
            for _ in 0..<1_000 { anchor.publish(checkpoint) }
            #expect(clock.now - start < .milliseconds(500))
            #expect(anchor.count.skipped >= 900)
        }
    }

    @Test func `the configuration names one target`() {
        func read(_ text: String) -> Configuration? {
            ConfigurationReader.parse(text: text, file: "picket.yaml").configuration
        }
        #expect(read("log: { anchor: { folder: /mnt/a } }")?.anchor == .folder("/mnt/a"))
        let command = read("log: { level: 3, anchor: { command: [/bin/send, \"a b\"] } }")
        #expect(command?.anchor == .command(["/bin/send", "a b"]))
        #expect(command.flatMap { read($0.yaml) } == command)
        for (text, seconds) in [("400d", 34_560_000), ("1d", 86_400), ("23h", nil), ("-1d", nil), ("x", nil)] {
            let configuration = read("log: { retention: \(text) }")
            #expect(configuration?.retention == seconds, "\(text)")
            #expect(configuration.flatMap { read($0.yaml) } == configuration)
        }
        let post = read("log: { anchor: { http: \"https://a.test/x\", authorization: { file: t }, ca: c.pem } }")
        #expect(
            post?.anchor == .http(.init(url: "https://a.test/x", authorization: "t", authorities: "c.pem")))
        #expect(post.flatMap { read($0.yaml) } == post)
        for wrong in [
            "{ http: a.test }", "{ http: \"ftp://a.test\" }", "{ http: \"https://user:x@a.test\" }",
            "{ http: \"http://a.test\", authorization: { file: t } }", "{ http: \"https://a.test\", folder: /a }",
            "{ http: \"https://a.test\", authorization: secret }", "{ folder: /a, ca: c }",
        ] {
            #expect(read("log: { anchor: \(wrong) }") == nil, "\(wrong)")
        }
        for wrong in ["{ command: [send] }", "{ command: [] }", "{ }", "{ folder: /a, command: [/b] }", "{ url: x }"] {
            #expect(read("log: { anchor: \(wrong) }") == nil, "\(wrong)")
        }
    }
}
