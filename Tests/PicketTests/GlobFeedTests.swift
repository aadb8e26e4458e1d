import Foundation
import PicketFeeds
import Testing

/// A feed of all files that fit a pattern: those that are there, those that come, and what rotation makes of them.
@Suite(.waits) struct GlobFeedTests {
    @Test func `each line of each file is read once, over new files, rotations and kills`() async throws {
        try await onThread {
            let site = try RunSite()
            try FileManager.default.createDirectory(
                atPath: site.folder.file("logs"), withIntermediateDirectories: true)
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                profiles: [profile.yaml]
                listen: off
                feeds: [{ name: all, file: "logs/*.log*" }]

                """)
            var wanted: [String: [String]] = [:]
            func write(_ file: String, _ numbers: Range<Int>) throws {
                try site.publish(file, numbers, to: "logs/\(file).log")
                wanted["all/\(file).log", default: []] += numbers.map { "t/\($0)" }
            }
            func read() throws -> [String: [String]] {
                var found: [String: [String]] = [:]
                for record in try site.records() {
                    guard let topic = record["topic"] as? String, let feed = record["feed"] as? String else { continue }
                    found[feed, default: []].append(topic)
                }
                return found
            }
            try write("a", 0..<3)
            try write("b", 10..<12)
            try site.folder.write("logs/other.txt", RunSite.publish("x", 99))
            var program = try site.start()
            let isRead = try program.waits { try read() == wanted }
            #expect(isRead, "\(program.wordsText)")
            try write("c", 20..<22)
            try write("a", 3..<5)
            let isNew = try program.waits { try read() == wanted }
            #expect(isNew, "\(program.wordsText)")
            // A rotation, with lines before and after it.
            try write("a", 5..<6)
            try FileManager.default.moveItem(
                atPath: site.folder.file("logs/a.log"), toPath: site.folder.file("logs/a.log.1"))
            try write("a", 6..<9)
            let isRotated = try program.waits { try read() == wanted }
            let found = try read()
            #expect(isRotated, "\(found)")
            program.signal(SIGKILL)
            _ = program.wait()
            // While Picket is away: a rotation, more lines, and another file.
            try write("b", 12..<14)
            try FileManager.default.moveItem(
                atPath: site.folder.file("logs/b.log"), toPath: site.folder.file("logs/b.log.1"))
            try write("b", 14..<16)
            try write("d", 30..<31)
            program = try site.start()
            let isWhole = try program.waits { try read() == wanted }
            let after = try read()
            #expect(isWhole, "\(after); \(program.wordsText)")
            stop(program)
            #expect(try read() == wanted)
            try site.expectReplayAgrees()
        }
    }

    @Test func `patterns and the files that they find`() async throws {
        try await onThread {
            let folder = try ProductFolder()
            for name in [
                "a.log", "a.log.1", "a.log.2.gz", "b.log-20261121", "b.log", "c.log.gz", ".hidden.log", "d.txt",
            ] {
                try folder.write(name, "")
            }
            try FileManager.default.createDirectory(atPath: folder.file("e.log"), withIntermediateDirectories: true)
            func names(_ pattern: String, _ followed: [String] = []) throws -> [String] {
                let glob = try #require(FileGlob(folder.file(pattern)))
                return try glob.files(beside: followed.map { folder.file($0) }).map {
                    String($0.split(separator: "/").last ?? "")
                }
            }
            #expect(try names("*.log*") == ["a.log", "b.log"])
            #expect(try names("[ab].log") == ["a.log", "b.log"])
            #expect(try names("?.txt") == ["d.txt"])
            #expect(try names("x*").isEmpty)
            try FileManager.default.removeItem(atPath: folder.file("a.log"))
            // In the middle of a rotation: the file that was followed is away.
            #expect(try names("*.log*", ["a.log"]) == ["b.log"])
            #expect(FileGlob("/var/*/x.log") == nil && FileGlob("/var/log/x.log") == nil)
            #expect(try #require(FileGlob(folder.file("nowhere/*.log"))).files(beside: []).isEmpty)
        }
    }
}
