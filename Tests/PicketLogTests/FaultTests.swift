import Glibc
import Testing

@testable import PicketLog

/// Disks that fail or fill up while the log is written.
@Suite struct FaultTests {
    @Test func `an fsync error carries the records to a new file`() throws {
        // Found by trying every call: each failure is either survived or stops the writer, and never loses a record.
        let whole = SimulatedFileSystem()
        try run(whole, armed: nil)
        for call in 1...whole.calls {
            for seed in 0..<2 as Range<UInt64> {
                try run(SimulatedFileSystem(seed: seed), armed: call)
            }
        }
    }

    private func run(_ system: SimulatedFileSystem, armed call: Int?) throws {
        if let call { system.arm(.inputOutput, in: call) }
        var acknowledged = 0
        var pending = 0
        do {
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
            while acknowledged < 70 {
                pending = 7
                try writer.append(Support.buffer(acknowledged..<(acknowledged + 7)))
                acknowledged += 7
                pending = 0
            }
        } catch {
            #expect(call != nil, "\(error)")
        }
        for after in [system.kill(), system.crash(seed: UInt64(call ?? 0))] {
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: after)
            let count = Int(writer.nextIndex)
            #expect(count == acknowledged || count == acknowledged + pending, "call \(call ?? 0)")
            #expect(try Support.contents("/log", after) == Support.buffer(0..<count).bytes, "call \(call ?? 0)")
            try expectSound(after, call)
        }
    }

    /// What recovery left is sound: as our verifier says each time, and now and then, on a real disk, the one in Python.
    private func expectSound(_ system: SimulatedFileSystem, _ call: Int?) throws {
        let report = LogVerifier(folder: "/log", fileSystem: system).run()
        // A log so young that nothing was published yet has nothing to compare.
        let isYoung = report.newest == nil && report.verdict == .incomplete
        #expect(report.verdict == .sound || isYoung, "call \(call ?? 0)\n\(report.text)")
        guard (call ?? 0) % 60 == 0 else { return }
        try Support.withFolder { folder in
            try Support.copy(system, to: folder)
            try BothVerifiers(folder + "/log").expectSame("call \(call ?? 0)", is: report.verdict)
        }
    }

    @Test func `after a sync of checkpoints.log that failed the file is not touched again`() throws {
        let whole = SimulatedFileSystem()
        try run(whole, armed: nil)
        let path = "/log/checkpoints.log"
        let syncs = whole.trace.indices.filter { whole.trace[$0] == "sync " + path }
        #expect(!syncs.isEmpty)
        for call in syncs {
            let system = SimulatedFileSystem()
            system.arm(.inputOutput, in: call + 1)
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
            // It ends with the first call that hears of it, and whoever asks again hears the same.
            var refused = 0
            for start in stride(from: 0, to: 70, by: 7) {
                do { try writer.append(Support.buffer(start..<(start + 7))) } catch { refused += 1 }
            }
            #expect(refused > 0)
            #expect(throws: LogError.self) { try writer.signNow() }
            #expect(throws: LogError.self) { try writer.close() }
            let after = system.trace[(call + 1)...]
            #expect(!after.contains { $0.hasSuffix(path) }, "\(after)")
        }
    }

    @Test func `a checkpoint that found no room in checkpoints.log stands there once when there is some`() throws {
        let whole = SimulatedFileSystem()
        try run(whole, armed: nil)
        let call = try #require(whole.trace.firstIndex { $0 == "write /log/checkpoints.log" })
        for seed in 0..<8 as Range<UInt64> {
            let system = SimulatedFileSystem(seed: seed)
            system.arm(.full, in: call + 1)
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
            try writer.append(Support.buffer(0..<7))
            let error = #expect(throws: LogError.self) { try writer.append(Support.buffer(7..<14)) }
            #expect(error?.kind == .full)
            system.makeRoom()
            try writer.append(Support.buffer(7..<14))
            try writer.close()
            let history = CheckpointHistory.parse(try #require(system.snapshot()["/log/checkpoints.log"]))
            #expect(history.problem == nil && !history.isTorn)
            let sizes = history.notes.compactMap { Checkpoint(text: $0.text)?.size }
            #expect(sizes == sizes.sorted() && Set(sizes).count == sizes.count && sizes.last == 14, "\(sizes)")
            try expectSound(system, nil)
        }
    }

    @Test func `a sync that failed for lack of room is no full disk, after which the same is tried again`() {
        for code in [ENOSPC, EDQUOT, EFBIG] {
            #expect(SystemCall.error("pwrite", "/f", code).kind == .full)
            #expect(SystemCall.syncError("fdatasync", "/f", code).kind == .inputOutput(errno: code))
        }
    }

    @Test func `a full disk refuses, keeps what was acknowledged, and goes on when there is room`() throws {
        let whole = SimulatedFileSystem()
        try fill(whole, at: nil)
        for call in 1...whole.calls { try fill(SimulatedFileSystem(seed: UInt64(call)), at: call) }
    }

    private func fill(_ system: SimulatedFileSystem, at call: Int?) throws {
        if let call { system.arm(.full, in: call) }
        var writer: LogWriter?
        var refused = 0
        while writer == nil {
            do throws(LogError) {
                writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
            } catch {
                #expect(error.kind == .full, "\(error)")
                system.makeRoom()
            }
        }
        var acknowledged = 0
        while acknowledged < 70 {
            do throws(LogError) {
                try writer?.append(Support.buffer(acknowledged..<(acknowledged + 7)))
                acknowledged += 7
            } catch {
                #expect(error.kind == .full && error.outcome == .notWritten, "\(error) call \(call ?? 0)")
                #expect(try Support.contents("/log", system) == Support.buffer(0..<acknowledged).bytes)
                refused += 1
                guard refused < 3 else { return }
                system.makeRoom()
            }
        }
        do throws(LogError) {
            try writer?.close()
        } catch {
            #expect(error.kind == .full)
            writer = nil
            system.makeRoom()
            try LogWriter(folder: "/log", options: Support.small(), fileSystem: system).close()
        }
        #expect(try Support.contents("/log", system) == Support.buffer(0..<70).bytes, "call \(call ?? 0)")
        #expect(system.snapshot().keys.allSatisfy { !$0.hasSuffix(".wal") })
        try expectSound(system, call)
    }
}
