import Foundation
import Testing

/// Whoever reads the log leaves one record there, by whatever command, and however long it reads.
@Suite("Records of readings", .waits) struct ReadingRecordTests {
    /// The readings that the log tells of, as `action words`.
    private static func readings(_ site: RunSite) throws -> [String] {
        try site.records().filter { $0["kind"] as? String == "log" }.compactMap { record in
            // A reading of everything names nothing.
            (record["action"] as? String).map { ([$0] + (record["what"] as? [String] ?? [])).joined(separator: " ") }
        }
    }

    private static let commands: [([String], String)] = [
        (["tail", "--data", "data", "--from-start", "--no-follow"], "tail from=start"),
        (["tail", "--data", "data", "--kind", "publish", "--no-follow"], "tail kind=publish last=10"),
        (["violations", "--data", "data"], "query violations=open"),
        (["violations", "list", "--data", "data", "--all", "--device", "a"], "query violations device=a"),
        (["violations", "silences", "--data", "data"], "query silences=in-force"),
        (["mitigation", "list", "--data", "data"], "query mitigations"), (["replay", "data/log"], "replay"),
        (["replay", "data/log", "--profile", "profile.yaml"], "replay profile=profile.yaml"),
    ]

    @Test("while the daemon runs, and when none does")
    func everyReading() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            try site.publish("a", 0..<8)
            try #require(program.waits { program.outputLines.count == 1 })
            for isRunning in [true, false] {
                if !isRunning { stop(program) }
                for (words, record) in Self.commands {
                    let before = try Self.readings(site)
                    let result = try ProductProgram.run(words, in: site.folder)
                    #expect(result.end == .code(0) && !result.words.contains("recorded"), "\(words): \(result.words)")
                    #expect(try Self.readings(site) == before + [record], "\(words)")
                }
            }
            // Verifying changes nothing by itself: a daemon that runs is told, and without one nobody is.
            let count = try site.records().count
            #expect(try ProductProgram.run(["log", "verify", "data/log"], in: site.folder).end == .code(0))
            #expect(try site.records().count == count)
            // A reading ends before its own record, and replaying twice says the same.
            let tail = ["tail", "--data", "data", "--last", "1", "--no-follow", "--output", "json"]
            let first = String(decoding: try ProductProgram.run(tail, in: site.folder).output, as: UTF8.self)
            let second = String(decoding: try ProductProgram.run(tail, in: site.folder).output, as: UTF8.self)
            #expect(first.contains("\"action\":\"replay\"") && second.contains("\"action\":\"tail\""))
            #expect(try ProductProgram.run(["log", "verify", "data/log"], in: site.folder).end == .code(0))
            try site.expectReplayAgrees()
        }
    }

    @Test("a daemon that runs records that its log was found sound")
    func verified() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            try site.publish("a", 0..<3)
            try #require(try program.waits { try site.topics().count == 3 })
            // The first checkpoint follows within a second; until then nothing is signed.
            try #require(
                program.waits { FileManager.default.fileExists(atPath: site.folder.file("data/log/checkpoint")) })
            let verify = try ProductProgram.run(["log", "verify", "data/log"], in: site.folder)
            #expect(verify.end == .code(0) && verify.words.isEmpty, "\(verify.end) \(verify.words)")
            let readings = try Self.readings(site)
            #expect(readings.count == 1 && readings[0].hasPrefix("verify verdict=sound records="), "\(readings)")
            stop(program)
            try site.expectReplayAgrees()
        }
    }

    @Test("one that follows is recorded once")
    func following() async throws {
        try await onThread {
            let site = try RunSite()
            try site.publish("a", 0..<3)
            let program = try site.start()
            try #require(try program.waits { try site.topics().count == 3 })
            let tail = try ProductProgram(["tail", "--data", "data", "--kind", "publish"], in: site.folder)
            #expect(tail.waits { tail.outputLines.count == 3 })
            try site.publish("a", 3..<5)
            #expect(tail.waits { tail.outputLines.count == 5 })
            tail.signal(SIGTERM)
            _ = tail.wait()
            stop(program)
            #expect(try Self.readings(site) == ["tail kind=publish last=10 follow"])
        }
    }
}
