import Foundation
import PicketEvents
import PicketFeeds
import PicketLog

/// What a killed run left behind.
struct KillState {
    /// Records that `log cat` shows.
    var records: UInt64
    /// Records in whole blocks of segments.
    var sealed: UInt64
    var hasWriteAhead: Bool
    /// By feed: where the log says that reading stands.
    var positions: [String: FeedRecord.Position] = [:]

    /// Whether records were only in the write-ahead file.
    var hasUnsealedTail: Bool { hasWriteAhead && records > sealed }

    init(log: String) throws {
        hasWriteAhead = try FileManager.default.contentsOfDirectory(atPath: "\(log)/wal").contains {
            $0.hasSuffix(".wal")
        }
        sealed = try KillState.sealedRecords(log)
        var reader = try LogReader(folder: log)
        records = 0
        while let block = try reader.next() {
            records += UInt64(block.count)
            let bytes = Data(block.bytes)
            var searched = bytes.startIndex
            while let key = bytes.range(of: Data("\"state\":\"position\"".utf8), in: searched..<bytes.endIndex) {
                searched = key.upperBound
                let start = bytes[..<key.lowerBound].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
                let end = bytes[key.upperBound...].firstIndex(of: 0x0A) ?? bytes.count
                if case .feed(let record) = ControlRecord(line: Data(bytes[start..<end])) {
                    positions[record.name] = record.position
                }
            }
        }
    }

    /// Counts by the heads of the gzip members alone, read here once more from the format's description.
    private static func sealedRecords(_ log: String) throws -> UInt64 {
        var end: UInt64 = 0
        let files = FileManager.default.enumerator(atPath: "\(log)/seg")?.allObjects as? [String] ?? []
        for name in files where name.hasSuffix(".jsonl.gz") {
            let bytes = [UInt8](FileManager.default.contents(atPath: "\(log)/seg/\(name)") ?? Data())
            func number(_ at: Int, _ count: Int) -> UInt64 {
                (0..<count).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
            }
            var offset = 0
            while offset + 88 <= bytes.count, bytes[offset] == 0x1F, bytes[offset + 1] == 0x8B {
                let size = Int(number(offset + 20, 4))
                guard size > 0, offset + size <= bytes.count else { break }
                if bytes[offset + 17] == 1 { end = max(end, number(offset + 28, 8) + number(offset + 24, 4)) }
                offset += size
            }
        }
        return end
    }

    /// Whether reading stood in a file that is not the one at `path` any more: it was renamed, or cut after a copy.
    func isAcrossRotation(_ feed: String, _ path: String) -> Bool {
        guard let position = positions[feed] else { return false }
        guard let status = try? FileManager.default.attributesOfItem(atPath: path),
            let inode = status[.systemFileNumber] as? NSNumber, let size = status[.size] as? NSNumber
        else { return true }
        return inode.uint64Value != position.inode || size.uint64Value < position.offset
    }
}

/// Two accounts of one feed, line by line.
enum KillComparison {
    /// The first difference between the records of `feed` in `live` and in `expected` (both as `log cat` prints them);
    /// nil when they are the same. `received` is not compared, and `time` by what was claimed: it is left out where
    /// it equals `received`. What was rejected claims nothing.
    static func difference(_ live: [UInt8], _ expected: [UInt8], feed: String) -> String? {
        live.withUnsafeBytes { live in
            expected.withUnsafeBytes { expected in
                var a = Records(live, feed: feed)
                var b = Records(expected, feed: feed)
                while true {
                    let (x, y) = (a.next(), b.next())
                    if x == nil, y == nil { return nil }
                    guard let x, let y, x.isSame(as: y) else {
                        return
                            "record \(a.count): the log holds \(x?.text ?? "nothing"), expected \(y?.text ?? "nothing")"
                    }
                }
            }
        }
    }

    /// How many records of `feed` there are.
    static func count(_ log: [UInt8], feed: String) -> Int {
        log.withUnsafeBytes { log in
            var records = Records(log, feed: feed)
            while records.next() != nil {}
            return records.count
        }
    }

    /// One record of a feed, in place.
    private struct Record {
        var line: UnsafeRawBufferPointer
        var claimed: UnsafeRawBufferPointer
        var kind: UnsafeRawBufferPointer
        var rest: UnsafeRawBufferPointer

        var text: String { String(decoding: line.prefix(400), as: UTF8.self) }

        func isSame(as other: Record) -> Bool {
            Record.equal(kind, other.kind) && Record.equal(rest, other.rest)
                && (Record.equal(claimed, other.claimed) || kind.count == "rejected".utf8.count)
        }

        static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
            a.count == b.count && memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
        }
    }

    /// The records of one feed, in order. Plain pointers: a debug build compares a hundred megabytes in this test.
    private struct Records {
        private let bytes: UnsafeRawBufferPointer
        private let head: [UInt8]
        private var offset = 0
        private(set) var count = 0

        init(_ bytes: UnsafeRawBufferPointer, feed: String) {
            self.bytes = bytes
            head = Array("\",\"feed\":\"\(feed)\",\"kind\":\"".utf8)
        }

        /// `{"received":"` and the time after it.
        private static let timeStart = 13
        private static let timeCount = 24

        mutating func next() -> Record? {
            while offset < bytes.count {
                let start = bytes.baseAddress! + offset
                let left = bytes.count - offset
                let length = memchr(start, 0x0A, left).map { UnsafeRawPointer($0) - start } ?? left
                let line = UnsafeRawBufferPointer(start: start, count: length)
                offset += length + 1
                let kindStart = Records.timeStart + Records.timeCount + head.count
                guard length > kindStart, memcmp(start + Records.timeStart + Records.timeCount, head, head.count) == 0,
                    let quote = memchr(start + kindStart, 0x22, length - kindStart)
                else { continue }
                count += 1
                let kindEnd = UnsafeRawPointer(quote) - start
                var claimed = Records.timeStart
                var rest = kindEnd
                let key: StaticString = "\",\"time\":\""
                if length - kindEnd > key.utf8CodeUnitCount + Records.timeCount,
                    memcmp(quote, key.utf8Start, key.utf8CodeUnitCount) == 0
                {
                    claimed = kindEnd + key.utf8CodeUnitCount
                    rest = claimed + Records.timeCount
                }
                return Record(
                    line: line, claimed: part(line, claimed, claimed + Records.timeCount),
                    kind: part(line, kindStart, kindEnd),
                    rest: part(line, rest, length))
            }
            return nil
        }

        private func part(_ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: line[start..<end])
        }
    }

    /// The violations in a log, as `replay` prints them.
    static func violations(_ log: [UInt8]) -> [String] {
        let head = "\"feed\":\"picket\",\"kind\":\"violation\","
        return log.split(separator: 0x0A).compactMap { line in
            guard line.dropFirst(39).starts(with: head.utf8) else { return nil }
            return "{" + String(decoding: line.dropFirst(39 + head.utf8.count), as: UTF8.self)
        }
    }
}
