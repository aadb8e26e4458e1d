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
