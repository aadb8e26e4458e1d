import Foundation
import Testing

@testable import PicketLog

/// Segments without a signature that somebody made, every checksum right: whoever reads them, whole or by a question,
/// is told where they are not as they say, and never gets a part of them for the whole.
@Suite struct HostileReadingTests {
    /// What is done to one block.
    enum Change: String, CaseIterable {
        case countAbove, countBelow, indexAbove, indexBelow, earlier, later, longer
        case withoutLastLine, oneLineMore, withoutLineFeed, twice, taken, garbage
    }

    private static let segment = "/log/seg/x000/"
    /// Records, in segments of 32 and blocks of 8: two full ones, and one of 20.
    private static let records = 84

    /// The segment file of a log without write-ahead files that holds block `number`, and its members.
    private static func log() throws -> SimulatedFileSystem {
        let system = SimulatedFileSystem()
        let writer = try BulkLogWriter(folder: "/log", options: Support.unsigned, fileSystem: system)
        try writer.append(Support.buffer(0..<records))
        try writer.finish()
        return system
    }

    private static func name(_ first: Int) -> String { segment + LogFolder.digits(UInt64(first)) + ".jsonl.gz" }

    private static func put(_ bytes: [UInt8], _ path: String, _ system: SimulatedFileSystem) throws {
        let file = try system.open(path, .replace(secret: false))
        try file.write(bytes, at: 0)
        try file.sync()
    }

    /// The log with block `number` of the segment that begins with `first` changed; all checksums are made right again.
    private static func changed(_ change: Change, block number: Int, of first: Int) throws -> SimulatedFileSystem {
        let system = try log()
        let path = name(first)
        let deflater = try #require(Deflater(level: 1))
        let inflater = try #require(Inflater())
        var file = try SegmentFile(path, firstIndex: UInt64(first), system)
        var out: [UInt8] = []
        var place = 0
        while case .member(let header, let dataOffset) = try file.head(Support.unsigned.shape) {
            let member = try file.bytes(of: header)
            file.advance(over: header)
            guard place == number, header.kind == .lines else {
                out += member
                place += 1
                continue
            }
            place += 1
            var content = try Block.content(of: member, header, dataOffset: dataOffset, inflater).get()
            var head = header
            switch change {
            case .countAbove: head.count += 1
            case .countBelow: head.count -= 1
            case .indexAbove: head.firstIndex += 1
            case .indexBelow: head.firstIndex = head.firstIndex == 0 ? 1 << 40 : head.firstIndex - 1
            case .earlier: head.latest = head.earliest
            case .later: head.earliest = head.latest
            case .longer: (head.earliest, head.latest) = (.min, .max)
            case .withoutLastLine: content.removeSubrange(content.dropLast().lastIndex(of: 0x0A)!..<(content.count - 1))
            case .oneLineMore: content += Support.line(1) + [0x0A]
            case .withoutLineFeed: content.removeLast()
            case .twice: out += member
            case .taken: continue
            case .garbage: content = content.map { $0 == 0x0A ? 0x20 : $0 }
            }
            out += try #require(Block.member(head, content: content, deflater))
        }
        try put(out, path, system)
        return system
    }

    private static func queries() -> [(String, LogQuery)] {
        var device = LogQuery()
        for number in 0..<200 { device.add(.device, "sensor-\(number)") }
        var one = LogQuery()
        one.add(.kind, "publish")
        // Every record lies in it; what a head says of its times must not matter.
        var times = LogQuery()
        times.from = Support.time(0)
        times.to = Support.time(records)
        return [("everything", LogQuery()), ("every device", device), ("a kind", one), ("a time", times)]
    }

    private static func read(_ system: SimulatedFileSystem, _ query: LogQuery) throws -> Int {
        var reader = try QueryReader(folder: "/log", query, fileSystem: system)
        var count = 0
        while let matches = try reader.next() { count += matches.count }
        return count
    }

    @Test(arguments: Change.allCases) func `a changed block is told with its place`(_ change: Change) throws {
        for (first, block) in [(0, 0), (0, 3), (32, 1), (64, 0), (64, 1), (64, 2)] {
            // The last block of all may be taken: only a signature tells how long a log was. So may its end.
            if change == .taken, first == 64, block == 2 { continue }
            let system = try Self.changed(change, block: block, of: first)
            let whole = #expect(throws: LogError.self, "\(change) of block \(block) in \(first)") {
                _ = try Support.contentsWithoutChecks("/log", system)
            }
            let words = String(describing: whole)
            #expect(whole?.kind == .corrupt && whole?.index != nil && words.hasPrefix("Optional(/log/seg/"), "\(words)")
            for (words, query) in Self.queries() {
                let error = #expect(throws: LogError.self, "\(words), \(change) of block \(block) in \(first)") {
                    _ = try Self.read(system, query)
                }
                #expect(error?.kind == .corrupt && error?.index != nil, "\(words): \(String(describing: error))")
            }
            #expect(LogVerifier(folder: "/log", fileSystem: system).run().verdict != .sound)
        }
    }

    @Test func `what is sound is read, whole and by each question`() throws {
        let system = try Self.log()
        #expect(try Support.contents("/log", system).split(separator: 0x0A).count == Self.records)
        for (words, query) in Self.queries() { #expect(try Self.read(system, query) == Self.records, "\(words)") }
    }

    @Test func `a segment that is gone before another is told`() throws {
        for first in [0, 32] {
            let system = try Self.log()
            try system.remove(Self.name(first))
            let whole = #expect(throws: LogError.self) { _ = try Support.contentsWithoutChecks("/log", system) }
            #expect(whole?.index == UInt64(first), "\(String(describing: whole))")
            for (words, query) in Self.queries() {
                let error = #expect(throws: LogError.self, "\(words)") { _ = try Self.read(system, query) }
                #expect(error?.index == UInt64(first), "\(words): \(String(describing: error))")
            }
        }
    }
}
