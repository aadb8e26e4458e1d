import Testing

@testable import PicketLog

/// Tiles: the hashes that c2sp.org/tlog-tiles says, durable before what covers them is signed.
@Suite struct TileTests {
    @Test func `names are those of the specification`() {
        let folder = LogFolder("/log")
        #expect(folder.tileFile(1_234_067).path == "/log/tile/1/x001/x234/067")
        #expect(folder.tileFile(1_234_067).folders.last == "/log/tile/1/x001/x234")
        #expect(folder.tileFile(0) == ("/log/tile/1/000", ["/log/tile", "/log/tile/1"]))
        #expect(folder.tileFile(1_000).path == "/log/tile/1/x001/000")
    }

    /// The tiles over the first `count` lines, made from the lines alone: four hashes, each over four.
    private func expected(_ count: Int) -> [String: [UInt8]] {
        var tiles: [String: [UInt8]] = [:]
        for number in 0..<count / 16 {
            var bytes: [UInt8] = []
            for group in 0..<4 {
                let first = number * 16 + group * 4
                TreeHash.head(of: (first..<(first + 4)).map { TreeHash.leaf(Support.line($0)) }).append(to: &bytes)
            }
            tiles["/log/tile/1/" + (number < 10 ? "00" : "0") + "\(number)"] = bytes
        }
        return tiles
    }

    private func tiles(_ system: SimulatedFileSystem) -> [String: [UInt8]] {
        system.snapshot().filter { $0.key.hasPrefix("/log/tile/") }
    }

    @Test func `every full tile is there, whatever the blocks are`() throws {
        var system = SimulatedFileSystem()
        var writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        for start in stride(from: 0, to: 203, by: 7) {
            try writer.append(Support.buffer(start..<(start + 7)))
            if start % 5 == 0 { writer.sealOpenBlock() }
            // A start knows nothing of the hashes before it, and makes them from the records.
            if start % 3 == 0 {
                system = system.kill()
                writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
            }
        }
        #expect(tiles(system) == expected(203))
        let report = LogVerifier(folder: "/log", fileSystem: system).run()
        #expect(report.verdict == .sound && report.tiles == 203 / 16, "\(report.text)")
        try writer.close()
        #expect(tiles(system) == expected(203))
        let bulk = SimulatedFileSystem()
        let whole = try BulkLogWriter(folder: "/log", options: Support.small(), fileSystem: bulk)
        try whole.append(Support.buffer(0..<203))
        try whole.finish()
        #expect(tiles(bulk) == expected(203))
    }

    @Test func `the newest tile comes back when a crash took it; an older one is missed`() throws {
        let system = SimulatedFileSystem()
        try LogWriter(folder: "/log", options: Support.small(), fileSystem: system).append(Support.buffer(0..<70))
        let newest = system.kill()
        try newest.remove("/log/tile/1/003")
        #expect(LogVerifier(folder: "/log", fileSystem: newest).run().verdict == .incomplete)
        _ = try LogWriter(folder: "/log", options: Support.small(), fileSystem: newest)
        #expect(tiles(newest) == expected(70))
        #expect(LogVerifier(folder: "/log", fileSystem: newest).run().verdict == .sound)
        let older = system.kill()
        try older.remove("/log/tile/1/001")
        _ = try LogWriter(folder: "/log", options: Support.small(), fileSystem: older)
        #expect(LogVerifier(folder: "/log", fileSystem: older).run().verdict == .incomplete)
    }
}
