import Foundation
import PicketDetection
import PicketLog
import PicketState
import Testing

@testable import PicketService

/// What the daemon does with the log beside appending to it.
@Suite(.waits) struct LiveLogTests {
    @Test func `a silent log says so, and signs it`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/picket-silent-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = LogOptions()
        options.signers = [try #require(NoteSigner(newFor: "example.test/silent"))]
        options.signAfter = .zero
        #expect(options.heartbeatAfter < .seconds(60) - .seconds(2), "a second to notice it, one to sign it")
        options.heartbeatAfter = .milliseconds(50)
        let writer = try LogWriter(folder: folder, options: options)
        let pipeline = Pipeline(
            writer: writer, detector: Detector(profiles: []), after: 0, wallClock: { 1_795_000_000_000 },
            report: { _ in })
        try await pipeline.begin(version: "1", note: nil)
        while await pipeline.records < 4 { try await pipeline.tick() }
        try await pipeline.close(version: "1")
        var reader = try LogReader(folder: folder)
        var text = ""
        while let block = try reader.next() { text += String(decoding: block.bytes, as: UTF8.self) }
        let beats = text.split(separator: "\n").filter { $0.contains("\"kind\":\"log\",\"event\":\"heartbeat\"") }
        #expect(beats.count == 3, "\(text)")
        let report = LogVerifier(folder: folder).run()
        #expect(report.verdict == .sound && report.newest?.size == 5, "\(report.text)")
    }

    @Test func `a reading is recorded by the daemon that writes the log`() throws {
        let site = try RunSite()
        let program = try site.start()
        try site.publish("t-1", 0..<3)
        try #require(try program.waits { try site.topics().count == 3 })
        let query = ["log", "query", "data/log", "--device", "t-1"]
        let found = try ProductProgram.run(query, in: site.folder)
        #expect(found.end == .code(0) && !found.words.contains("could not be recorded"), "\(found.words)")
        #expect(found.output.split(separator: 0x0A).count == 3)
        let cat = try ProductProgram.run(["log", "cat", "data"], in: site.folder)
        #expect(cat.end == .code(0) && !cat.words.contains("could not be recorded"), "\(cat.words)")
        let readings = try site.records().filter { $0["kind"] as? String == "log" && $0["action"] != nil }
        #expect(readings.compactMap { $0["action"] as? String } == ["query", "cat"])
        #expect(readings.first?["what"] as? [String] == ["device=t-1"])
        #expect(readings.allSatisfy { $0["by"] as? String == OfflineRecords.user })
        stop(program)
        #expect(try ProductProgram.run(["log", "verify", "data/log"], in: site.folder).end == .code(0))
        try site.expectReplayAgrees()
    }

    @Test func `the tables follow the log by themselves, and are those that a rebuild makes`() throws {
        let site = try RunSite()
        let program = try site.start()
        try site.publish("t-1", 0..<9)
        let file = site.folder.file("data/state.db")
        // Nobody asks: the daemon alone brings them to the end.
        try #require(
            try program.waits {
                guard FileManager.default.fileExists(atPath: file) else { return false }
                return try StateDatabase(path: file).violations(isOpen: true).count == 1
            })
        try #require(try program.waits { try StateDatabase(path: file).records() == UInt64(site.records().count) })
        let live = try StateDatabase(path: file).dump()
        #expect(live.contains { $0.hasPrefix("position") } && live.contains { $0.hasPrefix("device") })
        stop(program)
        let tables = try StateDatabase(path: file)
        try tables.catchUp(with: site.folder.file("data/log"))
        let stopped = try tables.dump()
        #expect(try ProductProgram.run(["log", "rebuild", "data"], in: site.folder).end == .code(0))
        #expect(try StateDatabase(path: file).dump() == stopped)
    }
}
