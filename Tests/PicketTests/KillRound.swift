import Foundation
import Testing

/// One log from its first record to its end in order, with some kills in between.
struct KillRound {
    /// A feed and who writes it.
    private struct Feed {
        var name: String
        var variant: KillTests.Variant
        var writer: KillWriter
        /// The device of its last line.
        var lastDevice: String { "the end of \(name)" }
    }

    private let folder: ProductFolder
    private let feeds: [Feed]
    private let label: String
    private var dice: Dice
    private var told: [String] = []

    private static let kills = 7

    /// - Parameter variants: of its feeds, each with the number of its lines in a second.
    init(_ variants: [(KillTests.Variant, linesPerSecond: Int)], seed: UInt64, number: Int) throws {
        dice = Dice(state: seed)
        let folder = try ProductFolder()
        self.folder = folder
        label = "\(variants.map(\.0.rawValue)), round \(number), seed \(seed)"
        try FileManager.default.createDirectory(atPath: folder.file("feed"), withIntermediateDirectories: true)
        try folder.write("profile.yaml", KillRound.profile)
        var configuration = "data: data\nprofiles: [profile.yaml]\nfeeds:\n"
        feeds = try variants.map { variant, rate in
            let name = "all.\(variant.rawValue)"
            let path = "feed/\(variant.rawValue).log"
            // Every second time the format is to be recognised.
            let format = number % 2 == 0 ? ", format: \(variant.rawValue)" : ""
            configuration += "  - { name: \(name), file: \(path), lateness: 1s\(format) }\n"
            let writer = try KillWriter(
                path: folder.file(path), truth: folder.file(name),
                lines: variant.lines(seed: seed, linesPerSecond: rate), linesPerSecond: rate, seed: seed)
            return Feed(name: name, variant: variant, writer: writer)
        }
        try folder.write("picket.yaml", configuration)
    }

    /// Floods open and clear within seconds; a single large message tells at once.
    private static let profile = """
        profile: kill
        targets: [all]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than 300 in 1s, severity: high }
          - { name: long-flood, metric: num-messages-sent, alarm: more than 900 in 5s, severity: low }
          - { name: loud-address, subject: address, metric: num-messages-sent, alarm: more than 350 in 1s }
          - { name: refused, subject: address, metric: num-authorization-failures, alarm: more than 6 in 2s }
          - { name: huge, metric: message-byte-size, alarm: more than 1 MB }
        """

    mutating func run(_ tally: inout KillTally) throws {
        defer { end() }
        for kill in 0..<KillRound.kills { try once(kill, &tally) }
        // What chance has left out is made up for.
        while tally.acrossRotation * KillRound.kills < tally.kills * 2, tally.kills < 60 { try once(1, &tally) }
        try finish(&tally)
    }

    private func write(_ runs: Bool) {
        for feed in feeds { feed.writer.run(runs) }
    }

    private func end() {
        for feed in feeds { feed.writer.end(feed.lastDevice) }
    }

    /// Starts, waits, rotates perhaps, kills, and looks.
    private mutating func once(_ number: Int, _ tally: inout KillTally) throws {
        let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
        // Every fourth is killed while it starts, perhaps.
        if number % 4 != 3 {
            try #require(program.isUp(), "\(label): it does not start: \(program.wordsText)")
        }
        write(true)
        // A file that was rotated before Picket ever wrote where it reads is nobody's promise: on a slow disk the first life
        // could end before that.
        if number == 0 {
            let begun = program.waits { isBegun() }
            try #require(begun, "\(label): nothing became durable: \(program.wordsText)")
        }
        let life = 50_000 + dice.below(350_000)
        if number % 2 == 1 {
            // Killed just after the rotation, or up to some time later.
            let after = dice.oneIn(2) ? dice.below(3_000) : dice.below(60_000)
            usleep(UInt32(max(life - after, 1_000)))
            try feeds[dice.below(feeds.count)].writer.rotate(KillWriter.Rotation.allCases[dice.below(3)])
            usleep(UInt32(after))
        } else {
            usleep(UInt32(life))
        }
        program.signal(SIGKILL)
        let end = program.wait()
        #expect(end == .signal(SIGKILL), "\(label): it ended by itself: \(program.wordsText)")
        // The writer does not notice at once.
        if dice.oneIn(2) { usleep(UInt32(dice.below(20_000))) }
        write(false)
        tally.kills += 1
        told += program.outputLines
        guard FileManager.default.fileExists(atPath: folder.file("data/log/FORMAT")) else { return }
        let state = try KillState(log: folder.file("data/log"))
        if state.hasUnsealedTail { tally.unsealed += 1 }
        if feeds.contains(where: { state.isAcrossRotation($0.name, $0.writer.path) }) { tally.acrossRotation += 1 }
        // What a kill leaves is sound before anybody recovers it, and the next life goes on from there.
        if number % 3 == 1 { try KillVerdict.expectSound(folder, label) }
        if dice.oneIn(4) { try feeds[dice.below(feeds.count)].writer.rotate(.numbered) }
    }

    /// Whether the log says of every feed how far it was read.
    private func isBegun() -> Bool {
        guard let state = try? KillState(log: folder.file("data/log")) else { return false }
        return feeds.allSatisfy { state.positions[$0.name] != nil }
    }

    /// Lets it read the rest, stops it in order, and compares.
    private mutating func finish(_ tally: inout KillTally) throws {
        let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
        end()
        for feed in feeds {
            let isWhole = program.waits { program.outputLines.contains { $0.contains("\"\(feed.lastDevice)\"") } }
            #expect(isWhole, "\(label): the last line never came: \(program.wordsText)")
        }
        program.signal(SIGTERM)
        let end = program.wait()
        #expect(end == .code(0), "\(label): \(program.wordsText)")
        #expect(folder.files(below: "data/log/wal").isEmpty, "\(label): a write-ahead file is left")
        try KillVerdict.expectSound(folder, label)
        told += program.outputLines
        let log = try ProductProgram.run(["log", "cat", "data/log"], in: folder).output
        for feed in feeds { try compare(feed, log, &tally) }
        try compareViolations(log, &tally)
    }

    /// The records of a feed are what decoding everything that was written gives, in one go.
    private func compare(_ feed: Feed, _ log: [UInt8], _ tally: inout KillTally) throws {
        let copy = "expected-\(feed.variant.rawValue)"
        let decoded = try ProductProgram.run(
            ["replay", feed.name, "--format", feed.variant.rawValue, "--write-log", copy], in: folder)
        try #require(decoded.end == .code(0), "\(decoded.words)")
        let expected = try ProductProgram.run(["log", "cat", copy], in: folder).output
        let difference = KillComparison.difference(log, expected, feed: feed.name)
        #expect(difference == nil, "\(label)")
        // Nothing was lost, so nothing may be said to be.
        let gap = Data(log).range(of: Data("\"kind\":\"gap\"".utf8))
        #expect(gap == nil, "\(label): a gap is in the log")
        tally.records += KillComparison.count(log, feed: feed.name)
        tally.lines += feed.writer.written
        tally.active += feed.writer.activeFor / feeds.count
    }

    /// The violations in the log are those that its records cause, each once; and what was told is among them.
    private func compareViolations(_ log: [UInt8], _ tally: inout KillTally) throws {
        let written = KillComparison.violations(log)
        let replayed = try ProductProgram.run(
            ["replay", "data/log", "--profile", "profile.yaml", "--output", "json"], in: folder)
        let derived = String(decoding: replayed.output, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(replayed.end == .code(0), "\(replayed.words)")
        let different = zip(written, derived).first { $0 != $1 }
        #expect(different == nil, "\(label)")
        #expect(written.count == derived.count, "\(label)")
        #expect(Set(written).count == written.count, "\(label): a violation is in the log twice")
        #expect(Set(told).isSubset(of: written), "\(label): told, and not in the log")
        tally.violations += written.filter { $0.contains("\"alarm-cleared\"") }.count
        tally.told += told.count
    }
}
