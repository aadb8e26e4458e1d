import Foundation
import PicketEvents
import Testing

@testable import PicketLog

/// What the tests of the log share.
enum Support {
    /// A new empty folder, removed when `body` is done.
    static func withFolder<T>(_ body: (String) throws -> T) throws -> T {
        let path = FileManager.default.temporaryDirectory.path + "/picket-log-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    /// Line `index` of a feed: about as long as a real one, some much longer.
    static func line(_ index: Int, salt: String = "") -> [UInt8] {
        var random = Random(UInt64(index) &* 31 &+ UInt64(salt.utf8.count))
        var line = RecordLine(received: 1_795_000_000_000 + Int64(index) * 7, kind: .publish)
        line.add("device", "sensor-\(random.below(200))")
        line.add("topic", "telemetry/sensor/\(random.below(5))\(salt)")
        line.add("bytes", Int64(random.below(400)))
        if random.chance(50) { line.add("note", String(repeating: "x", count: Int(random.below(2_000)))) }
        return line.finish()
    }

    static func time(_ index: Int) -> Int64 { 1_795_000_000_000 + Int64(index) * 7 }

    /// Lines `range` as a buffer.
    static func buffer(_ range: Range<Int>, salt: String = "") -> RecordBuffer {
        var buffer = RecordBuffer()
        for index in range { buffer.append(line: line(index, salt: salt), time: time(index)) }
        return buffer
    }

    /// All lines of a log, each with its LF, after checking that the blocks follow one another.
    static func contents(
        _ folder: String, from index: UInt64 = 0, _ fileSystem: any LogFileSystem = RealFileSystem()
    ) throws -> [UInt8] {
        var reader = try LogReader(folder: folder, from: index, fileSystem: fileSystem)
        var bytes: [UInt8] = []
        var next = index
        while let block = try reader.next() {
            #expect(block.firstIndex == next)
            #expect(BlockLines(block.bytes).starts(count: Int(block.count)) != nil)
            next = block.endIndex
            bytes += block.bytes
        }
        return bytes
    }

    /// A key for tests, of the log `example.test/small`.
    static let signerText = "PRIVATE+KEY+example.test/small+48a85f72+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

    /// All lines of a log that may be anything.
    static func contentsWithoutChecks(_ folder: String, _ fileSystem: any LogFileSystem) throws -> [UInt8] {
        var reader = try LogReader(folder: folder, fileSystem: fileSystem)
        var bytes: [UInt8] = []
        while let block = try reader.next() { bytes += block.bytes }
        return bytes
    }

    /// Options for small blocks and files, sealed within the append and signed after each.
    static func small(level: Int = 1) -> LogOptions {
        var options = LogOptions(level: level, origin: "example.test/small")
        options.shape = LogShape(blockLog2: 3, segmentLog2: 5, tileLog2: 2)!
        options.sealing = .inline
        options.writeAheadBytes = 4_000
        options.signers = [NoteSigner(signerText)!]
        options.signAfter = .zero
        return options
    }

    /// The same without a signature: then only the files themselves tell what was durable.
    static var unsigned: LogOptions {
        var options = small()
        options.signers = []
        return options
    }

    /// Puts the files of a simulated machine into a real folder.
    static func copy(_ system: SimulatedFileSystem, to folder: String) throws {
        for (path, bytes) in system.snapshot() {
            let url = URL(fileURLWithPath: folder + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
    }

    /// Runs a command; its exit code and standard output.
    static func run(_ command: String) throws -> (code: Int32, output: [UInt8]) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, Array(output))
    }
}
