import Testing

@testable import PicketLog

/// Files that somebody made to hurt a reader: nothing may crash, hang, or take much memory.
@Suite struct HostileTests {
    private func replace(_ path: String, _ bytes: [UInt8], _ system: SimulatedFileSystem) throws {
        let file = try system.open(path, .replace(secret: false))
        try file.write(bytes, at: 0)
        try file.sync()
    }

    /// Everything that reads a log, on this one; only the ends that are allowed may come.
    private func readAll(_ system: SimulatedFileSystem) {
        _ = LogVerifier(folder: "/log", fileSystem: system).run()
        _ = try? Support.contentsWithoutChecks("/log", system)
        var query = LogQuery()
        query.add(.device, "sensor-3")
        query.from = 0
        if var reader = try? QueryReader(folder: "/log", query, fileSystem: system) {
            while let found = try? reader.next() { _ = found }
        }
        if var prover = try? RecordProver(folder: "/log", fileSystem: system) { _ = try? prover.proof(of: 3) }
        let before = system.snapshot()
        _ = try? LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        for path in before.keys where !path.hasSuffix(".tmp") && !path.hasSuffix("/LOCK") {
            // Recovery moves, cuts with a copy, or leaves alone; it deletes nothing.
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let isKept = system.snapshot().keys.contains { $0 == path || $0.contains(name) }
            #expect(isKept || path.hasSuffix(".wal"), "\(path)")
        }
    }

    @Test func `files spliced at random`() throws {
        let sound = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: sound)
        for start in stride(from: 0, to: 110, by: 5) { try writer.append(Support.buffer(start..<(start + 5))) }
        let files = sound.snapshot().filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        var random = Random(11)
        for _ in 0..<600 {
            let copy = sound.kill()
            for _ in 0...random.below(3) {
                let (path, bytes) = files[Int(random.below(UInt64(files.count)))]
                let donor = files[Int(random.below(UInt64(files.count)))].value
                let start = Int(random.below(UInt64(bytes.count)))
                let end = start + Int(random.below(UInt64(bytes.count - start + 1)))
                let from = Int(random.below(UInt64(donor.count)))
                let to = from + Int(random.below(UInt64(min(200, donor.count - from) + 1)))
                var changed = bytes
                switch random.below(4) {
                case 0: changed.replaceSubrange(start..<end, with: donor[from..<to])
                case 1: changed.removeLast(bytes.count - start)
                case 2: changed.insert(contentsOf: donor[from..<to], at: start)
                default:
                    for index in start..<min(start + 8, bytes.count) { changed[index] = random.chance(2) ? 0xFF : 0 }
                }
                try replace(path, changed, copy)
            }
            readAll(copy)
        }
    }

    @Test func `heads with every checksum right and every number wrong`() throws {
        let deflater = try #require(Deflater(level: 9))
        let content = Array(repeating: UInt8(0x61), count: 60 << 20)
        var random = Random(5)
        for round in 0..<40 {
            let system = SimulatedFileSystem()
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
            try writer.append(Support.buffer(0..<20))
            try writer.close()
            let numbers: [UInt64] = [0, 1, 8, 32, 1 << 31, 1 << 32 - 1, 1 << 62, 1 << 63, .max]
            let header = BlockHeader(
                kind: random.chance(4) ? .end : .lines, memberSize: 0,
                count: UInt32(truncatingIfNeeded: numbers[Int(random.below(9))]),
                firstIndex: numbers[Int(random.below(9))],
                earliest: random.chance(2) ? .min : .max, latest: random.chance(2) ? .min : .max, root: .empty)
            // A bomb of 60 MiB in one round; else a small block.
            let lines = round == 0 ? content : Array(Support.buffer(0..<8).bytes)
            var member = try #require(Block.member(header, content: lines, deflater))
            if random.chance(3) {
                LittleEndian.store(UInt32(truncatingIfNeeded: random.next()), in: &member, at: 20)
                let checksum = Checksum.crc32(member, 88..<member.count, from: Checksum.crc32(member, 0..<84))
                LittleEndian.store(checksum, in: &member, at: 84)
            }
            try replace("/log/seg/x000/00000000000000000000.jsonl.gz", member, system)
            readAll(system.kill())
            let name = LogFolder.digits(numbers[Int(random.below(9))])
            try replace("/log/wal/\(name).wal", [], system)
            try replace("/log/seg/x000/\(name).jsonl.gz", member, system)
            readAll(system.kill())
        }
    }

    @Test func `lines that are no canonical JSON are records all the same`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: system)
        var buffer = RecordBuffer()
        for text in [
            "x", "{", "{\"", "{\"received\":1}", "{\"received\":\"\"}", "{\"device\":", "\u{7F}", "{\"a\":[{\"b\":",
        ] {
            buffer.append(line: Array(text.utf8), time: 5)
        }
        for _ in 0..<5 { try writer.append(buffer) }
        try writer.close()
        readAll(system.kill())
        #expect(try Support.contents("/log", system).count == buffer.bytes.count * 5)
    }
}
