import Crypto
import Foundation
import PicketEvents
import PicketLog
import Testing

@testable import PicketService

/// A start takes up a snapshot and reads the tail of the log only; what it finds is what it had found without.
@Suite("Snapshots", .waits)
struct SnapshotTests {
    /// Windows, what was never seen, and what waits: something of a violation lies on both sides of every snapshot.
    private static let profile = """
        profile: site
        targets: [all]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than 5 in 5m, severity: high }
          - { name: topics, metric: distinct-topics, alarm: more than 12 in 1h }
          - { name: new-topic, metric: topic, firstSeen: { learnFor: 1s } }

        """

    /// Where the snapshots of a site lie, the newest last.
    private static func snapshots(_ site: RunSite) -> [String] {
        site.folder.files(below: "data/state").filter { $0.hasSuffix(".snapshot") }
    }

    /// What a start said of what it read.
    private static func read(_ program: ProductProgram) -> (at: Int, count: Int)? {
        guard let match = program.wordsText.firstMatch(of: /restored at record (\d+), read (\d+) records/),
            let at = Int(match.output.1), let count = Int(match.output.2)
        else { return nil }
        return (at, count)
    }

    @Test("a start reads what came after the snapshot, and a window goes on across it")
    func tail() async throws {
        try await onThread {
            let site = try RunSite()
            try site.publish("a", 0..<3)
            try site.publish("b", 0..<200)
            var program = try site.start()
            #expect(Self.read(program) == nil)
            try #require(try program.waits { try site.topics().count == 203 })
            stop(program)
            let records = try site.records().count
            let file = try #require(Self.snapshots(site).last)
            #expect(Self.snapshots(site).count == 1)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)

            program = try site.start()
            #expect(Self.read(program)?.at == records, "\(program.wordsText)")
            #expect(Self.read(program)?.count == 0, "\(program.wordsText)")
            // Three before the snapshot, three after it: more than five.
            try site.publish("a", 3..<6)
            try #require(program.waits { program.outputLines.count == 1 })
            program.signal(SIGKILL)
            _ = program.wait()
            #expect(Self.snapshots(site) == [file])

            program = try site.start()
            #expect(Self.read(program)?.at == records && Self.read(program)?.count ?? 0 > 3, "\(program.wordsText)")
            try site.publish("a", 6..<9)
            try #require(try program.waits { try site.topics().count == 209 })
            stop(program)
            #expect(Self.snapshots(site).count == 2)
            #expect(try site.violations() == ["in-alarm flood b", "in-alarm flood a"])
            try site.expectReplayAgrees()
        }
    }

    @Test("killed or stopped again and again, the log is as if there were no snapshots")
    func again() async throws {
        let seed = UInt64.random(in: 1...999_999)
        try await onThread {
            let site = try RunSite(profile: Self.profile)
            var dice = Dice(state: seed)
            var count = 0
            var restored = 0
            for round in 0..<8 {
                let program = try site.start()
                if Self.read(program) != nil { restored += 1 }
                // Enough that every behavior finds something, whatever the seed; also what learns for a second, on a machine
                // that is through in less.
                if round == 4 { usleep(1_100_000) }
                let more = 80 + dice.below(140)
                for number in count..<count + more {
                    try site.publish("d-\(dice.below(30))", number % 40..<number % 40 + 1)
                }
                count += more
                if round % 3 == 2 {
                    usleep(UInt32(dice.below(30_000)))
                } else {
                    try #require(try program.waits { try site.topics().count == count })
                }
                if dice.oneIn(2) || round == 0 {
                    stop(program)
                } else {
                    program.signal(SIGKILL)
                    _ = program.wait()
                }
            }
            let program = try site.start()
            try #require(try program.waits { try site.topics().count == count })
            stop(program)
            #expect(restored >= 7, "seed \(seed)")
            let behaviors = Set(try site.violations().compactMap { $0.split(separator: " ").dropFirst().first })
            #expect(behaviors.count == 3, "seed \(seed): \(behaviors)")
            try site.expectReplayAgrees()
        }
    }

    @Test("a snapshot of no use is ignored with its reason, and everything is found all the same")
    func useless() async throws {
        try await onThread {
            let site = try RunSite()
            try site.publish("a", 0..<4)
            var program = try site.start()
            try #require(try program.waits { try site.topics().count == 4 })
            stop(program)
            let file = try #require(Self.snapshots(site).last)
            let good = [UInt8](try #require(FileManager.default.contents(atPath: file)))
            let middle = good.count / 2
            let cases: [(bytes: [UInt8], words: String)] = [
                ([], "it is no snapshot of Picket"),
                (Array("PK\u{3}\u{4} something else altogether".utf8), "no snapshot"),
                (Array(good.dropLast()), "it is damaged"), (Array(good[..<middle]), "it is damaged"),
                (good[..<middle] + [good[middle] ^ 1] + good[(middle + 1)...], "it is damaged"),
                (good[..<8] + [9] + good[9...], "another version of Picket wrote it"),
                (good[..<12] + [99] + good[13...], "another version of Picket wrote it"),
            ]
            for (number, useless) in cases.enumerated() {
                for path in Self.snapshots(site) { try FileManager.default.removeItem(atPath: path) }
                try Data(useless.bytes).write(to: URL(fileURLWithPath: file))
                program = try site.start()
                #expect(program.wordsText.contains("\(file.split(separator: "/").last ?? "") is ignored:"), "\(number)")
                #expect(program.wordsText.contains(useless.words), "\(number): \(program.wordsText)")
                #expect(Self.read(program) == nil)
                if number == cases.count - 1 {
                    try site.publish("a", 4..<6)
                    #expect(program.waits { program.outputLines.count == 1 })
                }
                stop(program)
            }
            #expect(try site.violations() == ["in-alarm flood a"])
            try site.expectReplayAgrees()
        }
    }

    @Test("a snapshot of more than the log holds is ignored: the log stands")
    func ahead() async throws {
        try await onThread {
            let site = try RunSite()
            try site.publish("a", 0..<4)
            var program = try site.start()
            try #require(try program.waits { try site.topics().count == 4 })
            stop(program)
            let copy = site.folder.file("copy")
            try FileManager.default.copyItem(atPath: site.folder.file("data/log"), toPath: copy)
            program = try site.start()
            try site.publish("a", 4..<6)
            try #require(program.waits { program.outputLines.count == 1 })
            stop(program)
            try FileManager.default.removeItem(atPath: site.folder.file("data/log"))
            try FileManager.default.moveItem(atPath: copy, toPath: site.folder.file("data/log"))
            program = try site.start()
            #expect(program.wordsText.contains("and the log ends before that"), "\(program.wordsText)")
            // The older one is of this log.
            #expect(Self.read(program)?.count == 0, "\(program.wordsText)")
            #expect(program.waits { program.outputLines.count == 1 })
            stop(program)
            #expect(Self.snapshots(site).count == 2)
            #expect(try site.violations() == ["in-alarm flood a"])
            try site.expectReplayAgrees()
        }
    }

    @Test("another order of the feeds is another start: the log is read")
    func otherFeeds() async throws {
        try await onThread {
            let site = try RunSite()
            try site.publish("a", 0..<4)
            var program = try site.start()
            try #require(try program.waits { try site.topics().count == 4 })
            stop(program)
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                profiles: [profile.yaml]
                feeds:
                  - { name: before, file: before.log, format: ndjson }
                  - { name: feed, file: live.log, format: ndjson }

                """)
            program = try site.start()
            #expect(
                program.wordsText.contains("the configuration named other feeds, or in another order"),
                "\(program.wordsText)")
            try site.publish("a", 4..<6)
            try #require(program.waits { program.outputLines.count == 1 })
            stop(program)
            try site.expectReplayAgrees()
        }
    }
}
