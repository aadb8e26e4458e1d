import Foundation
import Testing

@testable import PicketLog

/// The machine goes off at every call, and at calls during the recovery, and the invariants of a log hold afterwards:
/// what was acknowledged is there, in order, at its index; nothing is in the middle that was not; recovery changes
/// nothing the second time; and everything that was signed verifies.
@Suite struct CrashTests {
    /// One life of a log: appends of random size until it is done or the machine goes off.
    private struct Life {
        var random: Random
        /// Lines that were acknowledged.
        var acknowledged: Int
        /// Lines of the append that did not return.
        var pending = 0

        mutating func run(_ system: SimulatedFileSystem, appends: Int) {
            do throws(LogError) {
                let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
                for _ in 0..<appends {
                    let count = Int(random.below(random.chance(5) ? 30 : 4)) + 1
                    pending = count
                    try writer.append(Support.buffer(acknowledged..<(acknowledged + count)))
                    acknowledged += count
                    pending = 0
                    if random.chance(9) { writer.sealOpenBlock() }
                }
                if random.chance(2) { try writer.close() }
            } catch {
                // Only the machine going off may stop it.
                #expect(system.hasCrashed, "\(error)")
            }
        }
    }

    /// Opens the log after a crash and checks the invariants; returns the number of records
    /// and the machine as the check leaves it.
    private func check(
        _ system: SimulatedFileSystem, _ life: Life, _ comment: Comment
    ) throws -> (count: Int, SimulatedFileSystem) {
        let opened = system.kill()
        let count: Int
        do {
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: opened)
            count = Int(writer.nextIndex)
        } catch {
            Issue.record("\(error) \(comment)")
            return (life.acknowledged, system)
        }
        #expect(count == life.acknowledged || count == life.acknowledged + life.pending, comment)
        let expected = Support.buffer(0..<count).bytes
        #expect(try Support.contents("/log", opened) == expected, comment)
        let before = opened.snapshot()
        let again = opened.kill()
        let second = try LogWriter(folder: "/log", options: Support.small(), fileSystem: again)
        #expect(second.nextIndex == UInt64(count), comment)
        #expect(again.snapshot() == before, comment)
        #expect(opened.removedFiles.allSatisfy { $0.hasSuffix(".wal") }, comment)
        // What was signed is there; a log so young that nothing was published yet has nothing to compare.
        let report = LogVerifier(folder: "/log", fileSystem: again).run()
        let isYoung = report.newest == nil && report.verdict == .incomplete
        #expect(report.verdict == .sound || isYoung, "\(report.text) \(comment)")
        return (count, again)
    }

    @Test func `a crash at every call`() throws {
        let whole = SimulatedFileSystem()
        var life = Life(random: Random(7), acknowledged: 0)
        life.run(whole, appends: 25)
        #expect(life.acknowledged > 40 && !whole.hasCrashed)
        for call in 1...whole.calls {
            let system = SimulatedFileSystem(faultAt: call, seed: UInt64(call))
            var life = Life(random: Random(7), acknowledged: 0)
            life.run(system, appends: 25)
            _ = try check(system.crash(seed: UInt64(call)), life, "call \(call)")
        }
    }

    /// The last two lost a tile whose folder a killed process had made and not synced.
    @Test(arguments: CrashSeeds.all(500, always: [1_868, 1_908]))
    func `crashes upon crashes`(seed: Int) throws {
        var random = Random(UInt64(seed))
        var system = SimulatedFileSystem(faultAt: Int(random.below(300)) + 1, seed: UInt64(seed))
        var acknowledged = 0
        for round in 0..<4 {
            var life = Life(random: Random(random.next()), acknowledged: acknowledged)
            life.run(system, appends: Int(random.below(25)))
            // Half of the time only the process ends, and what was written stays.
            var after = random.chance(2) ? system.crash(seed: random.next()) : system.kill()
            // And the machine goes off again while recovery works.
            for _ in 0..<random.below(3) {
                after.arm(.crash, in: Int(random.below(60)) + 1)
                _ = try? LogWriter(folder: "/log", options: Support.small(), fileSystem: after)
                after = after.crash(seed: random.next())
            }
            let (count, machine) = try check(after, life, "seed \(seed), round \(round)")
            acknowledged = count
            system = machine.kill()
            system.arm(.crash, in: Int(random.below(400)) + 1)
        }
    }
}
