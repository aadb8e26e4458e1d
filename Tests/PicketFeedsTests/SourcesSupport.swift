import CZlib
import Foundation
import Testing

@testable import PicketFeeds

/// A folder that is gone when the test is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("picket-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Issue.record("\(path) was not removed: \(error)")
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let path = file(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    func append(_ name: String, _ text: String) throws {
        let writer = try LogWriter(file(name))
        writer.write(text)
    }

    func rename(_ from: String, _ to: String) throws {
        try #require(Foundation.rename(file(from), file(to)) == 0)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

    /// What logrotate's copytruncate does.
    func copyAndTruncate(_ name: String, to copy: String) throws {
        try write(copy, try read(name))
        try #require(truncate(file(name), 0) == 0)
    }

    /// What gzip does: the compressed file has the times of the plain one, which is removed.
    func compress(_ name: String) throws {
        var status = stat()
        try #require(stat(file(name), &status) == 0)
        try write("\(name).gz", gzip(try read(name)))
        var times = [status.st_atim, status.st_mtim]
        try #require(utimensat(AT_FDCWD, file("\(name).gz"), &times, 0) == 0)
        try remove(name)
    }
}

/// A program that writes a log: it keeps its file open until it is told to open it again.
final class LogWriter {
    private let path: String
    private var file: Int32

    init(_ path: String) throws {
        self.path = path
        file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        try #require(file >= 0)
    }

    deinit { close(file) }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(Foundation.write(file, bytes, bytes.count) == bytes.count)
    }

    /// What SIGHUP makes a broker do.
    func reopen() throws {
        close(file)
        file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        try #require(file >= 0)
    }
}

/// `bytes` as one gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    var input = bytes
    return [UInt8](unsafeUninitializedCapacity: bytes.count + bytes.count / 1_000 + 64) { output, count in
        deflateInit2_(
            &stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        }
        count = output.count - Int(stream.avail_out)
        deflateEnd(&stream)
    }
}

/// A source of bytes in memory, given in pieces of at most `step`.
struct MemoryBytes: ByteSource {
    var bytes: ArraySlice<UInt8>
    var step = Int.max
    /// Thrown at the end instead of ending.
    var failure: FeedError?

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = min(step, buffer.count, bytes.count)
        if count == 0, let failure { throw failure }
        buffer.copyBytes(from: bytes.prefix(count))
        bytes.removeFirst(count)
        return count
    }
}

/// All bytes of a source, and the error that ended it.
func drain(_ source: some ByteSource, step: Int = 64 << 10) -> (bytes: [UInt8], error: FeedError?) {
    var source = source
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: step)
    do {
        while true {
            let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
            if count == 0 { return (all, nil) }
            all += buffer[..<count]
        }
    } catch let error as FeedError {
        return (all, error)
    } catch {
        Issue.record("not a FeedError: \(error)")
        return (all, nil)
    }
}

/// A reproducible source of chance (SplitMix64).
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension FileTail {
    /// Reads until there is nothing new.
    func readAll() throws -> [TailEvent] {
        var all: [TailEvent] = []
        while true {
            let events = try read()
            if events.isEmpty { return all }
            all += events
        }
    }

    /// Reads until there is nothing new: the text, with marks where the stream was not just lines.
    func text() throws -> String {
        try readAll().map(\.text).joined()
    }
}

extension TailEvent {
    /// The event in short: its lines; `<last>` after a rest, `<long N>` for a line too long, `<lost cause>`.
    var text: String {
        switch self {
        case .lost(let loss): "<lost \(loss.cause.rawValue)>"
        case .block(let block):
            switch block.block {
            case .lines(let bytes, _, let isLast): String(decoding: bytes, as: UTF8.self) + (isLast ? "<last>" : "")
            case .overlong(let length, _, _): "<long \(length)>"
            }
        }
    }

    /// The bytes of its lines.
    var bytes: [UInt8] {
        if case .block(let block) = self, case .lines(let bytes, _, _) = block.block { bytes } else { [] }
    }
}
