import Foundation
import PicketEvents
import Testing

@testable import PicketLog

/// Keys come and go, and retention deletes, while the machine goes off: what was acknowledged and not deleted is there, the
/// log is signed by its keys, and it still says which profiles were in force where it begins.
@Suite struct CrashRotationTests {
    /// One life of a log: appends, rotations and deletions until it is done or the machine goes off.
    private struct Life {
        var random: Random
        /// Every line that was acknowledged, from the first of the log.
        var lines: [[UInt8]] = []
        /// The lines of the call that did not return.
        var pending: [[UInt8]] = []
        /// Whether that call was a deletion, whose record is made by the writer.
        var prunes = false
        /// The keys there are, the first from the beginning.
        var keys: [NoteSigner]

        private var time: Int64 { Support.time(lines.count) }

        /// Opens the log with the keys that are in use.
        func open(_ system: SimulatedFileSystem) throws(LogError) -> LogWriter {
            let used = try KeyList.read(LogFolder("/log"), system).entries.filter { $0.to == nil }.map(\.key)
            var options = Support.small()
            options.signers = used.isEmpty ? [keys[0]] : keys.filter { used.contains($0.key) }
            return try LogWriter(folder: "/log", options: options, fileSystem: system)
        }

        mutating func run(_ system: SimulatedFileSystem, steps: Int) {
            do throws(LogError) {
                let writer = try open(system)
                for _ in 0..<steps { try step(writer, system) }
                if random.chance(2) { try writer.close() }
            } catch {
                // Only the machine going off may stop it.
                #expect(system.hasCrashed, "\(error)")
            }
        }

        private mutating func step(_ writer: LogWriter, _ system: SimulatedFileSystem) throws(LogError) {
            let used = try KeyList.read(LogFolder("/log"), system).entries.filter { $0.to == nil }.map(\.key)
            switch random.below(10) {
            case 0 where used.count == 1:
                let made = NoteSigner(newFor: "example.test/small")!
                keys.append(made)
                pending = [keyLine("key-added", made.key)]
                try writer.addKey(made, time: time)
            case 0 where used.count > 1:
                pending = [keyLine("key-retired", used[0])]
                try writer.retireKey(used[0], time: time)
            case 1:
                prunes = true
                defer { prunes = system.hasCrashed }
                if try writer.prune(before: Support.time(max(0, lines.count - 40)), time: time) != nil {
                    pending = [try Life.line(writer.nextIndex - 1, system)]
                }
            case 2:
                let sha256 = String(repeating: "\(random.below(10))", count: 64)
                try append([ProfileRecord(received: time, sha256: sha256, profiles: []).line()], writer)
            default:
                let count = Int(random.below(random.chance(5) ? 30 : 4)) + 1
                try append((0..<count).map { Support.line(lines.count + $0) }, writer)
            }
            lines += pending
            pending = []
        }

        private mutating func append(_ new: [[UInt8]], _ writer: LogWriter) throws(LogError) {
            pending = new
            var buffer = RecordBuffer()
            for (place, line) in new.enumerated() { buffer.append(line: line, time: Support.time(lines.count + place)) }
            try writer.append(buffer)
        }

        private func keyLine(_ action: String, _ key: NoteKey) -> [UInt8] {
            var line = RecordLine(received: time, kind: .log)
            line.add("action", action)
            line.add("vkey", key.description)
            return line.finish()
        }

        static func line(_ index: UInt64, _ system: SimulatedFileSystem) throws(LogError) -> [UInt8] {
            var reader = try LogReader(folder: "/log", from: index, fileSystem: system)
            return Array(try reader.next()?.bytes.prefix { $0 != 0x0A } ?? [])
        }

        /// The hash in the newest profile record of the lines before `end`.
        func profiles(before end: UInt64) -> String? {
            for line in lines[..<Int(end)].reversed() {
                let text = String(decoding: line, as: UTF8.self)
                guard let key = text.range(of: "\"kind\":\"profile\",\"sha256\":\"") else { continue }
                return String(text[key.upperBound...].prefix(64))
            }
            return nil
        }
    }

    /// Opens the log after a crash, checks what must be so, and takes up what it holds.
    private func check(
        _ system: SimulatedFileSystem, _ life: inout Life, _ comment: Comment
    ) throws -> SimulatedFileSystem {
        let opened = system.kill()
        let writer = try life.open(opened)
        let extra = Int(writer.nextIndex) - life.lines.count
        let start = try LogExtent.read(folder: "/log", fileSystem: opened).first
        let found = try Support.contents("/log", from: start, opened).split(separator: 0x0A).map(Array.init)
        let known = Array(life.lines[Int(start)...])
        #expect(extra >= 0 && Array(found.prefix(known.count)) == known, comment)
        let news = Array(found.dropFirst(known.count))
        if life.prunes {
            let text = news.first.map { String(decoding: $0, as: UTF8.self) }
            #expect(news.count <= 1 && text?.contains("\"action\":\"pruned\"") != false, comment)
        } else {
            #expect(news.isEmpty || news == life.pending, comment)
        }
        life.lines += news
        life.pending = []
        life.prunes = false
        #expect(try PrunedProfiles.read(folder: "/log", fileSystem: opened) == life.profiles(before: start), comment)
        let before = opened.snapshot()
        let again = opened.kill()
        #expect(try life.open(again).nextIndex == writer.nextIndex, comment)
        #expect(again.snapshot() == before, comment)
        let report = LogVerifier(folder: "/log", trusted: life.keys.map(\.key), fileSystem: again).run()
        // A log so young that nothing was published yet has nothing to compare.
        let isYoung = report.newest == nil && report.verdict == .incomplete
        #expect(report.verdict == .sound || isYoung, "\(report.text) \(comment)")
        return again
    }

    @Test(arguments: CrashSeeds.all(120)) func `rotations and deletions, and crashes upon them`(seed: Int) throws {
        var random = Random(UInt64(seed) &+ 77_000)
        var system = SimulatedFileSystem(faultAt: Int(random.below(2_000)) + 200, seed: UInt64(seed))
        var life = Life(random: Random(random.next()), keys: [try #require(NoteSigner(Support.signerText))])
        for round in 0..<5 {
            life.run(system, steps: 15 + Int(random.below(30)))
            var after = random.chance(2) ? system.crash(seed: random.next()) : system.kill()
            // And the machine goes off again while recovery works.
            for _ in 0..<random.below(3) {
                after.arm(.crash, in: Int(random.below(60)) + 1)
                _ = try? life.open(after)
                after = after.crash(seed: random.next())
            }
            system = try check(after, &life, "seed \(seed), round \(round)").kill()
            system.arm(.crash, in: Int(random.below(1_500)) + 1)
        }
    }

    @Test func `the lives of that test rotate, and delete`() throws {
        var rotated = 0
        var deleted = 0
        for seed in 0..<10 as Range<UInt64> {
            let system = SimulatedFileSystem()
            var life = Life(random: Random(seed), keys: [try #require(NoteSigner(Support.signerText))])
            life.run(system, steps: 60)
            rotated += try KeyList.read(LogFolder("/log"), system).entries.filter { $0.to != nil }.count
            deleted += try LogExtent.read(folder: "/log", fileSystem: system).first > 0 ? 1 : 0
        }
        #expect(rotated > 5 && deleted > 5, "\(rotated) \(deleted)")
    }
}
