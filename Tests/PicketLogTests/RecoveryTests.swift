import Testing

@testable import PicketLog

/// What a start makes of a damaged tail: torn is cut and kept aside, everything else is refused and left alone.
@Suite struct RecoveryTests {
    /// A log with three frames of five records in its tail, not closed.
    private func log() throws -> (SimulatedFileSystem, path: String, frames: [Int]) {
        let system = SimulatedFileSystem()
        var options = Support.unsigned
        options.writeAheadBytes = 1 << 20
        options.shape = LogShape(blockLog2: 5, segmentLog2: 8, tileLog2: 4)!
        let writer = try LogWriter(folder: "/log", options: options, fileSystem: system)
        let path = "/log/wal/00000000000000000000.wal"
        var ends: [Int] = []
        for frame in 0..<3 {
            try writer.append(Support.buffer((frame * 5)..<(frame * 5 + 5)))
            ends.append(system.snapshot()[path]!.count)
        }
        return (system.kill(), path, ends)
    }

    private func write(_ bytes: [UInt8], _ path: String, _ system: SimulatedFileSystem) throws {
        let file = try system.open(path, .replace(secret: false))
        try file.write(bytes, at: 0)
        try file.sync()
    }

    @Test func `every truncation of the last frame`() throws {
        let (system, path, ends) = try log()
        let whole = system.snapshot()[path]!
        for size in ends[1]..<ends[2] {
            let copy = system.kill()
            try write(Array(whole[..<size]), path, copy)
            let writer = try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: copy)
            #expect(writer.nextIndex == 10)
            #expect(writer.recovery.tornFrameBytes == size - ends[1])
            #expect(copy.snapshot()[path]! == Array(whole[..<ends[1]]))
            if size > ends[1] {
                #expect(
                    copy.snapshot()["/log/quarantine/\(path.suffix(24)).\(ends[1]).torn"]
                        == Array(whole[ends[1]..<size]))
            }
            try writer.append(Support.buffer(10..<40))
            try writer.close()
            #expect(try Support.contents("/log", copy) == Support.buffer(0..<40).bytes)
        }
    }

    @Test func `every flipped bit before the last frame is corruption`() throws {
        let (system, path, ends) = try log()
        let whole = system.snapshot()[path]!
        for offset in 0..<ends[1] {
            let copy = system.kill()
            var bytes = whole
            bytes[offset] ^= UInt8(1 << (offset % 8))
            try write(bytes, path, copy)
            let error = #expect(throws: LogError.self) {
                try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: copy)
            }
            #expect(error?.kind == .corrupt)
            #expect(copy.snapshot()[path] == bytes)
            #expect(throws: LogError.self) { try Support.contents("/log", copy) }
        }
    }

    @Test func `a flipped bit in the last frame is not taken for a tear`() throws {
        let (system, path, ends) = try log()
        let whole = system.snapshot()[path]!
        for offset in ends[1]..<ends[2] {
            let copy = system.kill()
            var bytes = whole
            bytes[offset] ^= UInt8(1 << (offset % 8))
            try write(bytes, path, copy)
            let error = #expect(throws: LogError.self) {
                try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: copy)
            }
            #expect(error?.kind == .corrupt)
        }
    }

    @Test func `a file of another log, a gap, a missing segment`() throws {
        let (system, path, _) = try log()
        let foreign = system.kill()
        try write(LogFormat(shape: .standard, origin: "example.test/other").encoded(), "/log/FORMAT", foreign)
        #expect(throws: LogError.self) { try LogWriter(folder: "/log", fileSystem: foreign) }

        let gap = system.kill()
        try gap.rename(path, to: "/log/wal/00000000000000000001.wal")
        #expect(throws: LogError.self) { try LogWriter(folder: "/log", fileSystem: gap) }
        #expect(throws: LogError.self) { try Support.contents("/log", gap) }

        let long = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: long)
        try writer.append(Support.buffer(0..<100))
        try writer.close()
        let missing = long.kill()
        try missing.remove("/log/seg/x000/00000000000000000032.jsonl.gz")
        let error = #expect(throws: LogError.self) { try LogWriter(folder: "/log", fileSystem: missing) }
        #expect(error?.kind == .missing)
    }

    @Test func `damage in a segment whose write-ahead file is gone is corruption`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: system)
        try writer.append(Support.buffer(0..<90))
        try writer.close()
        let path = "/log/seg/x000/00000000000000000064.jsonl.gz"
        let whole = system.snapshot()[path]!
        for size in stride(from: 1, to: whole.count, by: 7) {
            let copy = system.kill()
            try write(Array(whole[..<size]), path, copy)
            // Cut between two blocks it is a shorter log, which only a signed checkpoint can tell.
            let error: LogError?
            do throws(LogError) {
                _ = try LogWriter(folder: "/log", fileSystem: copy)
                error = nil
            } catch let thrown { error = thrown }
            let isShorter = try error == nil && (64...88).contains(Support.contents("/log", copy).count { $0 == 10 })
            #expect(error?.kind == .corrupt || isShorter)
        }
    }
}
