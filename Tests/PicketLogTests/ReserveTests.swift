import Testing

@testable import PicketLog

/// Room kept for a full disk.
@Suite struct ReserveTests {
    private var options: LogOptions {
        var options = Support.small()
        options.reserveBytes = 10_000
        return options
    }

    @Test func `given back for one record, and taken again before others`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: options, fileSystem: system)
        #expect(try system.status("/log/reserve")?.size == 10_000)
        try writer.append(Support.buffer(0..<3))
        // The next call that needs room finds none.
        system.arm(.full, in: 1)
        let error = #expect(throws: LogError.self) { try writer.append(Support.buffer(3..<6)) }
        #expect(error?.kind == .full)
        #expect(try !writer.noteFull(Support.buffer(3..<4)), "no room although some was given back: not an error")
        #expect(try system.status("/log/reserve") == nil)
        #expect(try !writer.hasRoom())
        system.makeRoom()
        #expect(try writer.hasRoom())
        #expect(try system.status("/log/reserve")?.size == 10_000)
        try writer.append(Support.buffer(3..<6))
        try writer.close()
        #expect(try Support.contents("/log", system) == Support.buffer(0..<6).bytes)
        #expect(LogVerifier(folder: "/log", fileSystem: system).run().verdict == .sound)
    }

    @Test func `crashes at every call leave a log that goes on`() throws {
        func work(_ system: SimulatedFileSystem) throws -> Int {
            var done = 0
            let writer = try LogWriter(folder: "/log", options: options, fileSystem: system)
            try writer.append(Support.buffer(0..<4))
            done = 4
            _ = try writer.noteFull(Support.buffer(4..<5))
            _ = try writer.hasRoom()
            return done
        }
        let whole = SimulatedFileSystem()
        _ = try work(whole)
        for call in 1...whole.calls {
            let system = SimulatedFileSystem(faultAt: call, seed: UInt64(call))
            _ = try? work(system)
            let after = system.crash(seed: UInt64(call))
            let writer = try LogWriter(folder: "/log", options: options, fileSystem: after)
            let count = Int(writer.nextIndex)
            #expect(try Support.contents("/log", after) == Support.buffer(0..<count).bytes)
            #expect(try after.status("/log/reserve")?.size == 10_000, "call \(call)")
        }
    }

    @Test func `the front of a buffer is removed`() {
        for rows in 0...5 {
            var buffer = Support.buffer(0..<5)
            buffer.removeFirst(rows)
            let rest = Support.buffer(rows..<5)
            #expect(buffer.bytes == rest.bytes && buffer.ends == rest.ends && buffer.times == rest.times)
        }
    }
}
