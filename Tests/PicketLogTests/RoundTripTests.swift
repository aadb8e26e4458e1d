import Foundation
import Testing

@testable import PicketLog

/// Logs on the machine's own file system, read back by our reader and by gzip.
@Suite struct RoundTripTests {
    @Test(arguments: [1, 7, 1_023, 1_024, 1_025, 5_000])
    func `what was appended comes back`(count: Int) throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let writer = try LogWriter(folder: log)
            #expect(writer.recovery.created)
            var index = 0
            while index < count {
                let end = min(count, index + 333)
                try writer.append(Support.buffer(index..<end))
                index = end
                #expect(writer.nextIndex == UInt64(index))
            }
            let expected = Support.buffer(0..<count).bytes
            #expect(try Support.contents(log) == expected)
            try writer.close()
            #expect(try Support.contents(log) == expected)
            #expect(try FileManager.default.contentsOfDirectory(atPath: log + "/wal").isEmpty)
            let unzipped = try Support.run("zcat \(log)/seg/*/*.gz")
            #expect(unzipped.code == 0 && unzipped.output == expected)
            #expect(try Support.run("gzip -t \(log)/seg/*/*.gz").code == 0)
            for start in [0, 1, count / 2, count - 1] {
                let rest = Support.buffer(start..<count).bytes
                #expect(try Support.contents(log, from: UInt64(start)) == rest)
            }
        }
    }

    @Test func `a bulk log is the same as a live one`() throws {
        try Support.withFolder { folder in
            var options = LogOptions(level: 6, origin: "example.test/bulk")
            options.shape = LogShape(blockLog2: 6, segmentLog2: 9, tileLog2: 4)!
            let live = try LogWriter(folder: folder + "/live", options: options)
            let bulk = try BulkLogWriter(folder: folder + "/bulk", options: options)
            for start in stride(from: 0, to: 3_000, by: 250) {
                try live.append(Support.buffer(start..<(start + 250)))
                try bulk.append(Support.buffer(start..<(start + 250)))
            }
            #expect(!LogFolder.isLogFolder(folder + "/bulk"))
            #expect(throws: LogError.self) { try LogReader(folder: folder + "/bulk") }
            try live.close()
            try bulk.finish()
            #expect(LogFolder.isLogFolder(folder + "/bulk"))
            #expect(try Support.run("diff -r \(folder)/live/seg \(folder)/bulk/seg").code == 0)
            #expect(try Support.contents(folder + "/bulk") == Support.buffer(0..<3_000).bytes)
            let first = try Support.run("ls \(folder)/bulk/seg/x000").output
            #expect(String(decoding: first, as: UTF8.self).split(separator: "\n").count == 6)
            #expect(throws: LogError.self) { try BulkLogWriter(folder: folder + "/bulk", options: options) }
        }
    }

    @Test func `a second writer is refused, and one after the first is not`() throws {
        try Support.withFolder { folder in
            var writer: LogWriter? = try LogWriter(folder: folder + "/log")
            try writer?.append(Support.buffer(0..<10))
            let error = #expect(throws: LogError.self) { try LogWriter(folder: folder + "/log") }
            #expect(error?.kind == .locked)
            // Released without close: as after kill -9.
            writer = nil
            let second = try LogWriter(folder: folder + "/log")
            #expect(second.nextIndex == 10)
            #expect(second.recovery.recordsFromTail == 10 && second.recovery.wasUnclean)
            try second.append(Support.buffer(10..<2_000))
            try second.close()
            #expect(throws: LogError.self) { try second.append(Support.buffer(0..<1)) }
            #expect(try Support.contents(folder + "/log") == Support.buffer(0..<2_000).bytes)
        }
    }

    @Test func `a short block ends where the next full one would`() throws {
        try Support.withFolder { folder in
            for start in stride(from: 0, to: 3_000, by: 300) {
                let writer = try LogWriter(folder: folder + "/log")
                #expect(!writer.recovery.wasUnclean)
                try writer.append(Support.buffer(start..<(start + 300)))
                try writer.close()
            }
            var reader = try LogReader(folder: folder + "/log")
            var ends: [UInt64] = []
            while let block = try reader.next() { ends.append(block.endIndex) }
            #expect(ends == [300, 600, 900, 1_024, 1_200, 1_500, 1_800, 2_048, 2_100, 2_400, 2_700, 3_000])
            #expect(try Support.contents(folder + "/log") == Support.buffer(0..<3_000).bytes)
        }
    }

    @Test func `a reader follows a live log`() throws {
        try Support.withFolder { folder in
            var options = LogOptions(level: 1)
            options.writeAheadBytes = 50_000
            let writer = try LogWriter(folder: folder + "/log", options: options)
            var reader = try LogReader(folder: folder + "/log")
            #expect(try reader.next() == nil)
            var seen: [UInt8] = []
            for start in stride(from: 0, to: 6_000, by: 61) {
                try writer.append(Support.buffer(start..<(start + 61)))
                if start % 5 != 0 { continue }
                while let block = try reader.next() { seen += block.bytes }
                #expect(reader.position == writer.nextIndex)
            }
            try writer.close()
            while let block = try reader.next() { seen += block.bytes }
            #expect(seen == Support.buffer(0..<Int(writer.nextIndex)).bytes)
            #expect(try reader.next() == nil)
        }
    }

    @Test func `records no line can hold are refused`() throws {
        try Support.withFolder { folder in
            let writer = try LogWriter(folder: folder + "/log")
            for line in [
                [], [0x41, 0x0A, 0x42], [0x41, 0x0A], [0x41, 0], [UInt8](repeating: 0x41, count: 1 << 20 + 1),
            ] {
                var buffer = RecordBuffer()
                buffer.append(line: line, time: 0)
                let error = #expect(throws: LogError.self) { try writer.append(buffer) }
                #expect(error?.kind == .invalidRecord)
            }
            var largest = RecordBuffer()
            for byte in 0..<12 { largest.append(line: [UInt8](repeating: 0x61 + UInt8(byte), count: 1 << 20), time: 5) }
            try writer.append(largest)
            #expect(try Support.contents(folder + "/log") == largest.bytes)
            try writer.close()
            #expect(try Support.contents(folder + "/log") == largest.bytes)
        }
    }

    @Test func `other people's folders are left alone`() throws {
        try Support.withFolder { folder in
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/notes.txt"))
            let error = #expect(throws: LogError.self) { try LogWriter(folder: folder) }
            #expect(error?.kind == .notALog)
            #expect(throws: LogError.self) { try LogReader(folder: folder) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["notes.txt"])
            #expect(throws: LogError.self) { try LogWriter(folder: folder + "/l", options: LogOptions(level: 10)) }
            #expect(throws: LogError.self) { try LogWriter(folder: folder + "/l", options: LogOptions(origin: "a b")) }
        }
    }
}
