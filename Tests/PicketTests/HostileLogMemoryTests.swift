import Foundation
import PicketEvents
import Testing

@testable import PicketLog

/// Logs that somebody made to exhaust whoever reads them: the real binary ends with 1, 2 or 3, and never holds more than
/// 64 MB.
@Suite("Memory of the readers of hostile logs", .waits)
struct HostileLogMemoryTests {
    /// What a reader may hold at most, in MB, whatever it reads.
    private static let limit = 64
    /// Runs a program and writes down the most memory it held, in KiB. The kernel counts what a process held before it
    /// became another program too, so it must be started by a small one.
    private static let measure = """
        import resource, subprocess, sys
        code = subprocess.call(sys.argv[2:])
        open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
        sys.exit(code if code >= 0 else 70)
        """
    /// Longer than any file a reader should take into memory. Sparse: it takes no room on disk.
    private static let hugeBytes: UInt64 = 6 << 30

    private static let huge = [
        "FORMAT", "KEYS", "PRUNED", "checkpoint", "checkpoints.log", "state/signed", "tile/1/000",
        "wal/00000000000000000100.wal", "idx/00000000000000000000.idx", "seg/x000/00000000000000000000.jsonl.gz",
        "profiles/\(profiles).json",
    ]
    /// The hash in a profile record.
    private static let profiles = String(repeating: "a", count: 64)

    /// A sound log, signed, with an index.
    private func write(_ folder: String, _ lines: [[UInt8]]) throws {
        var options = LogOptions(level: 1, origin: "example.test/hostile")
        options.sealing = .inline
        options.signers = [try #require(NoteSigner(newFor: "example.test/hostile"))]
        let writer = try LogWriter(folder: folder, options: options)
        for line in lines {
            var buffer = RecordBuffer()
            buffer.append(line: line, time: 1_795_000_000_000)
            try writer.append(buffer)
        }
        try writer.close()
    }

    private func line(_ note: String) -> [UInt8] {
        var line = RecordLine(received: 1_795_000_000_000, kind: .publish)
        line.add("device", "sensor-3")
        line.add("note", note)
        return line.finish()
    }

    /// Runs everything that reads a log.
    private func readAll(_ log: String, _ name: String, allowed: Set<Int32>, in folder: ProductFolder) throws {
        for words in [
            ["log", "verify", log], ["log", "cat", log], ["log", "query", log, "--device", "sensor-3"],
            ["log", "prove", log, "3"],
            ["log", "export", log, "--to-folder", folder.file("export-\(UUID().uuidString)")],
            ["replay", log], ["tail", "--data", log, "--from-start", "--no-follow"], ["violations", "--data", log],
            ["log", "keys", "show", log],
        ] {
            let peak = folder.file("peak")
            let (end, _, said) = try ProductProgram.run(
                ["-c", Self.measure, peak, ProductProgram.path] + words, executable: "python3", in: folder,
                limit: .seconds(120))
            guard case .code(let code) = end else {
                Issue.record("\(name): \(words[0...1]) ended with \(end)\n\(said)")
                continue
            }
            #expect(code == 0 || allowed.contains(code), "\(name): \(words[0...1])\n\(said)")
            let megabytes = try #require(Int(String(contentsOfFile: peak, encoding: .utf8))) >> 10
            #expect(megabytes <= Self.limit, "\(name): \(words[0...1]) held \(megabytes) MB and ended with \(code)")
        }
    }

    @Test("A file of 6 GB in the place of each", arguments: huge)
    func hugeFile(_ name: String) throws {
        let folder = try ProductFolder()
        let log = folder.file("log")
        // Only where it is the copy of the profiles that is huge: a log that names one is not replayed without.
        let named = ProfileRecord(received: 1_795_000_000_000, sha256: Self.profiles, profiles: ["a"]).line()
        try write(log, (name.hasPrefix("profiles/") ? [named] : []) + (0..<20).map { line("\($0)") })
        let path = log + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: path) {
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
        }
        let file = try #require(FileHandle(forWritingAtPath: path))
        // What is there stays at the beginning: a reader that looks at the head only is not warned by it.
        try file.truncate(atOffset: Self.hugeBytes)
        try file.close()
        try readAll(log, name, allowed: [1, 2, 3], in: folder)
    }

    @Test("Blocks that grow a thousandfold")
    func bombs() throws {
        let folder = try ProductFolder()
        let log = folder.file("log")
        try write(log, (0..<20).map { line("\($0)") })
        let deflater = try #require(Deflater(level: 9))
        // Each is as large as a reader accepts; their number is what a segment has room for.
        for size in [LogLimits.blockBytes, 128 << 20] {
            var segment: [UInt8] = []
            for block in 0..<(size == LogLimits.blockBytes ? 6 : 1) {
                let content = Array(repeating: UInt8(0x61), count: size - 1) + [0x0A]
                let header = BlockHeader(
                    kind: .lines, memberSize: 0, count: 1024, firstIndex: UInt64(block) << 10,
                    earliest: 1_795_000_000_000, latest: 1_795_000_000_000, root: .empty)
                segment += try #require(Block.member(header, content: content, deflater))
            }
            try Data(segment).write(to: URL(fileURLWithPath: log + "/seg/x000/00000000000000000000.jsonl.gz"))
            try readAll(log, "blocks of \(size >> 20) MB", allowed: [1, 2, 3], in: folder)
        }
    }

    @Test("Records as long as they may be are no attack, and take no more")
    func longRecords() throws {
        let folder = try ProductFolder()
        let log = folder.file("log")
        let note = String(repeating: "x", count: LogLimits.recordBytes - 200)
        try write(log, (0..<40).map { _ in line(note) })
        try readAll(log, "long records", allowed: [], in: folder)
    }
}
