import Foundation
import Testing

/// `picket run`, killed with -9 again and again under 20,000 events a second: nothing lost, nothing twice, nothing out of
/// order, and the violations are those that the log itself causes.
///
/// `PICKET_KILL_SEED=n` repeats the choices of a run (not its timing), `PICKET_KILL_ROUNDS=n` makes it longer.
@Suite("picket run, killed with -9", .waits)
struct KillTests {
    enum Variant: String, CaseIterable {
        case ndjson, mosquitto

        func lines(seed: UInt64, linesPerSecond: Int) -> any KillLines {
            switch self {
            case .ndjson: KillNDJSON(seed: seed, linesPerSecond: linesPerSecond)
            case .mosquitto: KillMosquitto(seed: seed, linesPerSecond: linesPerSecond)
            }
        }

        var other: Variant { self == .ndjson ? .mosquitto : .ndjson }
    }

    @Test("Afterwards the log holds the feed: in order, once", .timeLimit(.minutes(10)), arguments: Variant.allCases)
    func feedIsWhole(variant: Variant) async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["PICKET_KILL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        let rounds = environment["PICKET_KILL_ROUNDS"].flatMap { Int($0) } ?? 4
        let start = ContinuousClock.now
        let tally = try await onThread {
            var tally = KillTally()
            for round in 0..<rounds {
                // The last round has a second feed beside the first.
                let feeds = round + 1 < rounds ? [(variant, 20_000)] : [(variant, 14_000), (variant.other, 6_000)]
                var one = try KillRound(feeds, seed: seed &+ UInt64(round) &* 7_919, number: round)
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
