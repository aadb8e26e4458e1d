import Crypto
import PicketEvents
import Testing

@testable import PicketFeeds

@Suite("Blocks of whole lines")
struct SourcesBlockTests {
    func read(
        _ bytes: [UInt8], step: Int = .max, block: Int = 256 << 10, failure: FeedError? = nil
    ) -> (blocks: [InputBlock], error: FeedError?) {
        var reader = BlockReader(MemoryBytes(bytes: bytes[...], step: step, failure: failure), blockBytes: block)
        var blocks: [InputBlock] = []
        do {
            while let block = try reader.next() { blocks.append(block) }
            return (blocks, nil)
        } catch let error as FeedError {
            return (blocks, error)
        } catch {
            Issue.record("not a FeedError: \(error)")
            return (blocks, nil)
        }
    }

    @Test("Blocks hold whole lines, each at its place", arguments: [1, 3, 100, 5_000], [true, false])
    func whole(step: Int, ended: Bool) {
        let bytes = Array((0..<300).map { "line \($0)\n" }.joined().utf8) + (ended ? [] : Array("rest".utf8))
        var all: [UInt8] = []
        for block in read(bytes, step: step, block: 64).blocks {
            guard case .lines(let lines, let start, let isLast) = block else {
                Issue.record("too long?")
                continue
            }
            #expect(start == UInt64(all.count))
            #expect(isLast == (lines.last != 0x0A))
            all += lines
        }
        #expect(all == bytes)
    }

    @Test("Nothing is no block, and NUL bytes are bytes")
    func odd() {
        #expect(read([]).blocks.isEmpty)
        guard case .lines([0, 10, 0], 0, false)? = read([0, 10, 0, 10]).blocks.first.map(trimmed) else {
            Issue.record("NUL bytes were lost")
            return
        }
    }

    private func trimmed(_ block: InputBlock) -> InputBlock {
        if case .lines(let bytes, let start, let isLast) = block {
            return .lines(bytes.dropLast(), start: start, isLast: isLast)
        }
        return block
    }

    @Test(
        "A line too long leaves its length and hash; its neighbours stay", arguments: [100, 1_000, 70_000],
        [true, false])
    func long(step: Int, ended: Bool) {
        let line = [UInt8](repeating: 0x78, count: 150_000)
        let after = Array("after\nlast".utf8)
        let bytes = Array("before\n".utf8) + line + [10] + (ended ? after + [10] : after)
        let result = read(bytes, step: step, block: 10_000).blocks
        var text = ""
        for block in result {
            switch block {
            case .lines(let lines, _, _): text += String(decoding: lines, as: UTF8.self)
            case .overlong(let length, let hash, let start):
                #expect(length == 150_000)
                #expect(start == 7)
                #expect(hash == Array(SHA256.hash(data: line)))
                text += "<long>"
            }
        }
        #expect(text == "before\n<long>after\nlast" + (ended ? "\n" : ""))
    }

    @Test(
        "When the source fails, whole lines come first, and the broken one is named in the error",
        arguments: [1, 4, 999])
    func failing(step: Int) {
        let failure = FeedError(place: "feed", problem: "broke")
        let result = read(Array("a\nb\nrest".utf8), step: step, failure: failure)
        let lines = result.blocks.flatMap { block -> [UInt8] in
            if case .lines(let bytes, _, false) = block { bytes } else { [] }
        }
        #expect(String(decoding: lines, as: UTF8.self) == "a\nb\n")
        #expect(result.error?.problem == "broke; the line at byte 4 broke off after 4 bytes and was left out")
    }

    @Test("Whole lines that came with the end of a line too long are not lost when the source then fails")
    func failingAfterLong() {
        let failure = FeedError(place: "feed", problem: "broke")
        let bytes = [UInt8](repeating: 0x78, count: 100_000) + Array("\nafter\n".utf8)
        let result = read(bytes, block: 70_000, failure: failure)
        #expect(result.blocks.count == 2)
        #expect(result.error == failure)
    }
}
