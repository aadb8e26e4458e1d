import Foundation
import Testing

/// `picket run`, killed with -9 again and again under 20,000 events a second: nothing lost, nothing twice, nothing out of
/// order, and the violations are those that the log itself causes.
///
/// `PICKET_KILL_SEED=n` repeats the choices of a run (not its timing), `PICKET_KILL_ROUNDS=n` makes it longer.
@Suite("picket run, killed with -9")
struct KillTests {
    enum Variant: String, CaseIterable {
        case ndjson, mosquitto

        func lines(seed: UInt64) -> any KillLines {
            switch self {
            case .ndjson: KillNDJSON(seed: seed)
            case .mosquitto: KillMosquitto(seed: seed)
            }
        }
    }

    @Test("Afterwards the log holds the feed: in order, once", .timeLimit(.minutes(5)), arguments: Variant.allCases)
    func feedIsWhole(variant: Variant) async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["PICKET_KILL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        let rounds = environment["PICKET_KILL_ROUNDS"].flatMap { Int($0) } ?? 4
        let start = ContinuousClock.now
        let tally = try await onThread {
            var tally = KillTally()
            for round in 0..<rounds {
                var one = try KillRound(variant, seed: seed &+ UInt64(round) &* 7_919, number: round)
                try one.run(&tally)
            }
            return tally
        }
        print("PICKET_KILL_SEED=\(seed) \(variant.rawValue): \(tally) in \(ContinuousClock.now - start)")
        // Half of what is promised for both variants together, and some more.
        #expect(tally.kills >= 26)
        #expect(tally.unsealed >= 16, "too few kills met a tail that was not sealed")
        #expect(tally.acrossRotation >= 6, "too few kills lay across a rotation")
        #expect(tally.violations >= 8, "too few violations opened and cleared")
    }
}

/// What the kills met.
struct KillTally: Sendable, CustomStringConvertible {
    var kills = 0
    var unsealed = 0
    var acrossRotation = 0
    var lines = 0
    var records = 0
    var violations = 0
    var told = 0
    var active = Duration.zero

    var description: String {
        let seconds = Double(active.components.seconds) + Double(active.components.attoseconds) / 1e18
        return
            "\(kills) kills, \(unsealed) with an unsealed tail, \(acrossRotation) across a rotation; \(lines) lines at "
            + "\(Int(Double(lines) / seconds))/s, \(records) feed records, \(violations) violations, \(told) told"
    }
}

/// One log from its first record to its end in order, with some kills in between.
struct KillRound {
    private let variant: KillTests.Variant
    private let folder: ProductFolder
    private let feed: String
    private let writer: KillWriter
    private let label: String
    private var dice: Dice
    private var told: [String] = []

    private static let kills = 7

    init(_ variant: KillTests.Variant, seed: UInt64, number: Int) throws {
        self.variant = variant
        dice = Dice(state: seed)
        folder = try ProductFolder()
        feed = "all.\(variant.rawValue)"
        label = "\(variant.rawValue), round \(number), seed \(seed)"
        try FileManager.default.createDirectory(atPath: folder.file("feed"), withIntermediateDirectories: true)
        try folder.write("profile.yaml", KillRound.profile)
        // Every second time the format is to be recognised.
        let format = number % 2 == 0 ? ", format: \(variant.rawValue)" : ""
        try folder.write(
            "picket.yaml",
            """
            data: data
            profiles: [profile.yaml]
            feeds:
              - { name: \(feed), file: feed/live.log, lateness: 1s\(format) }
            """)
        writer = try KillWriter(
            path: folder.file("feed/live.log"), truth: folder.file(feed), lines: variant.lines(seed: seed), seed: seed)
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
        defer { writer.end() }
        for kill in 0..<KillRound.kills { try once(kill, &tally) }
        // What chance has left out is made up for.
        while tally.acrossRotation * KillRound.kills < tally.kills * 2, tally.kills < 60 { try once(1, &tally) }
        try finish(&tally)
    }

    /// Starts, waits, rotates perhaps, kills, and looks.
    private mutating func once(_ number: Int, _ tally: inout KillTally) throws {
        let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
        // Every fourth is killed while it starts, perhaps.
        if number % 4 != 3 {
            try #require(program.isUp(), "\(label): it does not start: \(program.wordsText)")
        }
        writer.run(true)
        let life = 50_000 + dice.below(350_000)
        if number % 2 == 1 {
            // Killed just after the rotation, or up to some time later.
            let after = dice.oneIn(2) ? dice.below(3_000) : dice.below(60_000)
            usleep(UInt32(max(life - after, 1_000)))
            try writer.rotate(KillWriter.Rotation.allCases[dice.below(3)])
            usleep(UInt32(after))
        } else {
            usleep(UInt32(life))
        }
        program.signal(SIGKILL)
        let end = program.wait()
        #expect(end == .signal(SIGKILL), "\(label): it ended by itself: \(program.wordsText)")
        // The writer does not notice at once.
        if dice.oneIn(2) { usleep(UInt32(dice.below(20_000))) }
        writer.run(false)
        tally.kills += 1
        told += program.outputLines
        guard FileManager.default.fileExists(atPath: folder.file("data/log/FORMAT")) else { return }
        let state = try KillState(log: folder.file("data/log"))
        if state.hasUnsealedTail { tally.unsealed += 1 }
        if state.isAcrossRotation(writer.path) { tally.acrossRotation += 1 }
        if dice.oneIn(4) { try writer.rotate(.numbered) }
    }

    /// Lets it read the rest, stops it in order, and compares.
    private mutating func finish(_ tally: inout KillTally) throws {
        let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
        writer.end()
        let isWhole = program.waits { program.outputLines.contains { $0.contains("\"the-end\"") } }
        #expect(isWhole, "\(label): the last line never came: \(program.wordsText)")
        program.signal(SIGTERM)
        let end = program.wait()
        #expect(end == .code(0), "\(label): \(program.wordsText)")
        #expect(folder.files(below: "data/log/wal").isEmpty, "\(label): a write-ahead file is left")
        told += program.outputLines
        let log = try ProductProgram.run(["log", "cat", "data/log"], in: folder).output
        try compareFeed(log, &tally)
        try compareViolations(log, &tally)
        tally.lines += writer.written
        tally.active += writer.activeFor
    }

    private func compareFeed(_ log: [UInt8], _ tally: inout KillTally) throws {
        let decoded = try ProductProgram.run(
            ["replay", feed, "--format", variant.rawValue, "--write-log", "expected"], in: folder)
        try #require(decoded.end == .code(0), "\(decoded.words)")
        let expected = try ProductProgram.run(["log", "cat", "expected"], in: folder).output
        let difference = KillComparison.difference(log, expected, feed: feed)
        #expect(difference == nil, "\(label)")
        tally.records += KillComparison.count(log, feed: feed)
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
