import Foundation
import PicketEvents
import PicketProfiles
import Testing

@testable import PicketLog
@testable import PicketService

/// Retention in the daemon: what is left is sound, also after a kill, and is still judged by the profiles of its time.
@Suite("picket run: retention", .waits) struct RetentionRunTests {
    /// A log in small segments, as an earlier run could have left it: profiles in force, `a` floods ten days ago, `b` an hour
    /// ago.
    private static func write(_ site: RunSite) throws {
        let log = site.folder.file("data/log")
        try FileManager.default.createDirectory(
            atPath: site.folder.file("data"), withIntermediateDirectories: true)
        let set = try #require(ProfileSet.load(paths: [site.folder.file("profile.yaml")]).set)
        var options = LogOptions(level: 1, origin: "example.test/small")
        options.shape = try #require(LogShape(blockLog2: 3, segmentLog2: 5, tileLog2: 2))
        options.signers = try KeyFile.create(LogPlace(log).keyFile, origin: "example.test/small").signers
        let writer = try LogWriter(folder: log, options: options)
        try set.keep(logFolder: log)
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        var time = now - 10 * 86_400_000
        func append(_ line: [UInt8]) throws {
            var buffer = RecordBuffer()
            buffer.append(line: line, time: time)
            try writer.append(buffer)
        }
        try append(ProfileRecord(received: time, sha256: set.sha256, profiles: ["site"]).line())
        for index in 1..<64 { try append(line("a", index, time)) }
        time = now - 3_600_000
        for index in 64..<110 { try append(line(index < 72 ? "b" : "c\(index)", index, time)) }
        try writer.close()
    }

    private static func line(_ device: String, _ index: Int, _ time: Int64) -> [UInt8] {
        let received = Timestamp.format(time)
        return Array(
            #"{"received":"\#(received)","feed":"feed","kind":"publish","device":"\#(device)","topic":"t/\#(index)"}"#
                .utf8)
    }

    /// A report of what is left tells the rules of its time, and is counted again from the log.
    private func expectReport(_ site: RunSite) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let framework = root.appendingPathComponent("profiles/compliance/etsi-en-303-645.yaml").path
        let words = ["report", "--log", "data", "--framework", framework, "--to-file", "report.json"]
        let made = try ProductProgram.run(words, in: site.folder)
        #expect(made.end == .code(0), "\(made.words)")
        let data = try #require(FileManager.default.contents(atPath: site.folder.file("report.json")))
        let report = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let behaviors = (report?["profiles"] as? [String: Any])?["behaviors"] as? [[String: Any]]
        #expect(behaviors?.compactMap { $0["behavior"] as? String } == ["flood"])
        let tool = root.appendingPathComponent("tools/check_report.py").path
        let checked = try ProductProgram.run(
            ["-B", tool, "report.json", "data/log"], executable: "python3", in: site.folder)
        #expect(checked.end == .code(0), "\(String(decoding: checked.output, as: UTF8.self))\(checked.words)")
    }

    @Test("deletes, says which profiles were in force there, and survives a kill")
    func prunes() async throws {
        try await onThread {
            let site = try RunSite()
            try Self.write(site)
            try site.folder.append("picket.yaml", "log: { retention: 1d }\n")
            var program = try site.start()
            #expect(program.waits { program.wordsText.contains("retention deleted the records below 64") })
            program.signal(SIGKILL)
            _ = program.wait()
            try KillVerdict.expectSound(site.folder, "killed after the deletion")
            program = try site.start()
            #expect(try site.records().contains { $0["topic"] as? String == "t/64" })
            stop(program)
            try KillVerdict.expectSound(site.folder, "stopped")
            let pruned = try site.records().filter { $0["action"] as? String == "pruned" }
            #expect(pruned.count == 1 && pruned[0]["below"] as? Int == 64)
            let sha256 = try #require(pruned[0]["profiles"] as? String)
            #expect(FileManager.default.fileExists(atPath: site.folder.file("data/log/profiles/\(sha256).json")))
            #expect(try site.violations().filter { $0 == "in-alarm flood b" }.count == 1)
            let replay = try ProductProgram.run(["replay", "data/log", "--output", "json"], in: site.folder)
            let floods = String(decoding: replay.output, as: UTF8.self).split(separator: "\n")
                .filter { $0.contains("\"in-alarm\"") && $0.contains("\"device\":\"b\"") }
            #expect(replay.end == .code(0) && floods.count == 1, "\(replay.words)")
            // What was recorded after the deletion a replay finds too, and of what it does not it knows why.
            let compared = try ProductProgram.run(
                ["replay", "data/log", "--against", "data", "--output", "json"], in: site.folder)
            let lines = String(decoding: compared.output, as: UTF8.self).split(separator: "\n")
            #expect(!lines.isEmpty, "\(compared.words)")
            for line in lines.dropLast() {
                #expect(line.contains("\"cause\":\"not-covered\"") || line.contains("\"cause\":\"follows\""), "\(line)")
            }
            try expectReport(site)
            let rebuilt = try ProductProgram.run(["log", "rebuild", "data"], in: site.folder)
            #expect(rebuilt.words.contains("retention deleted the records below 64"), "\(rebuilt.words)")
            #expect(try ProfilesInForce.profiles(in: site.folder.file("data/log"), before: 65)?.map(\.name) == ["site"])
        }
    }
}
