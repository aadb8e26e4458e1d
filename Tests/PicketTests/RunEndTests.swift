import Foundation
import Testing

/// How `picket run` begins and ends.
@Suite("picket run: beginning and end", .waits)
struct RunEndTests {
    @Test("SIGTERM and SIGINT seal everything: gzip alone reads the log", arguments: [SIGTERM, SIGINT])
    func sealsEverything(signal: Int32) async throws {
        try await onThread {
            let site = try RunSite()
            try site.publish("a", 0..<3_000)
            let program = try site.start()
            try #require(try program.waits { try site.topics().count == 3_000 })
            program.signal(signal)
            #expect(program.wait() == .code(0), "\(program.wordsText)")
            #expect(site.folder.files(below: "data/log/wal").isEmpty)
            let segments = site.folder.files(below: "data/log/seg").filter { $0.hasSuffix(".gz") }
            #expect(segments.count == 1)
            let test = try ProductProgram.run(
                ["gzip", "--test"] + segments, executable: "/usr/bin/env", in: site.folder)
            #expect(test.end == .code(0) && test.words.isEmpty, "\(test.words)")
            let zcat = try ProductProgram.run(["zcat"] + segments, executable: "/usr/bin/env", in: site.folder)
            #expect(try site.records().last?["event"] as? String == "stopped")
            let cat = try site.cat()
            #expect(zcat.output == cat)
            #expect(try site.records().last?["action"] as? String == "cat")
            #expect(program.wordsText.contains("3000 events, 0 rejected"), "\(program.wordsText)")
        }
    }

    @Test("A second one on the same data is refused, and the first goes on")
    func secondIsRefused() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            let second = try ProductProgram.run(["run", "--config", "picket.yaml"], in: site.folder)
            #expect(second.end == .code(3))
            #expect(second.words.contains("data/log"), "\(second.words)")
            #expect(second.words.contains("another process"), "\(second.words)")
            try site.publish("a", 0..<6)
            #expect(program.waits { program.outputLines.count == 1 })
            stop(program)
        }
    }

    @Test("Standard input is a feed, and its end is the end")
    func standardInput() async throws {
        try await onThread {
            let site = try RunSite()
            try FileManager.default.createDirectory(
                atPath: site.folder.file("profiles"), withIntermediateDirectories: true)
            try site.folder.write("profiles/flood.yaml", RunSite.flood)
            // The last line has no end; it is one all the same.
            try site.publish("a", 0..<2_000)
            try site.folder.append("live.log", String(RunSite.publish("b", 0).dropLast()))
            let script = "cat live.log | '\(ProductProgram.path)' run --output json"
            let run = try ProductProgram.run(["-c", script], executable: "/bin/sh", in: site.folder)
            #expect(run.end == .code(0), "\(run.words)")
            let told = String(decoding: run.output, as: UTF8.self).split(separator: "\n")
            #expect(told.count == 1 && told[0].contains("\"device\":\"a\""), "\(told)")
            let cat = try ProductProgram.run(["log", "cat", "picket-data/log"], in: site.folder).output
            #expect(KillComparison.count(cat, feed: "stdin") == 2_001)
            #expect(site.folder.files(below: "picket-data/log/wal").isEmpty)
        }
    }

    @Test("Killed while it makes its log, it begins again")
    func killedWhileItBegins() async throws {
        try await onThread {
            for round in 0..<16 {
                let site = try RunSite()
                try site.publish("a", 0..<50)
                for kill in 0..<2 {
                    let program = try ProductProgram(["run", "--config", "picket.yaml"], in: site.folder)
                    usleep(UInt32(4_000 + round * 2_000 + kill * 1_000))
                    program.signal(SIGKILL)
                    _ = program.wait()
                }
                let program = try site.start()
                #expect(try program.waits { try site.topics().count >= 50 })
                stop(program)
                #expect(try site.topics() == (0..<50).map { "t/\($0)" })
                #expect(try site.violations() == ["in-alarm flood a"])
                try site.expectReplayAgrees()
            }
        }
    }

    @Test("Without a feed there is nothing to do, which is said")
    func noFeed() async throws {
        try await onThread {
            let site = try RunSite()
            try site.folder.write("none.yaml", "data: data\n")
            let run = try ProductProgram.run(["run", "--config", "none.yaml"], in: site.folder)
            #expect(run.end == .code(64))
            #expect(run.words.contains("There is no feed"), "\(run.words)")
        }
    }

    /// A limit on the size of files stands for a disk that is full.
    @Test("A full disk makes it wait, which it says; it stops when it is told to, and nothing that was told is lost")
    func fullDisk() async throws {
        try await onThread {
            let site = try RunSite()
            for device in 0..<200 { try site.publish("d-\(device)", 0..<100) }
            let script = "ulimit -f 1500; exec '\(ProductProgram.path)' run --config picket.yaml --output json"
            let program = try ProductProgram(["-c", script], executable: "/bin/sh", in: site.folder)
            #expect(program.waits { program.wordsText.contains("no room for the log") })
            #expect(program.wordsText.contains("data/log"), "\(program.wordsText)")
            program.signal(SIGTERM)
            #expect(program.wait() == .code(3), "\(program.wordsText)")
            let durable = try site.topics().count
            #expect((1..<20_000).contains(durable))
            let told = program.outputLines
            #expect(!told.isEmpty)

            let next = try site.start()
            #expect(try next.waits { try site.topics().count >= 20_000 })
            stop(next)
            #expect(try site.topics() == (0..<20_000).map { "t/\($0 % 100)" })
            let written = KillComparison.violations(try site.cat())
            #expect(Set(told).isSubset(of: written))
            #expect(written.count == 200)
            try site.expectReplayAgrees()
        }
    }
}
