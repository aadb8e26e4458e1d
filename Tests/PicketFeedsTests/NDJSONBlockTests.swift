import PicketEvents
import Testing

@testable import PicketFeeds

/// How a feed is cut into blocks and batches changes nothing.
@Suite("NDJSON: blocks and batches")
struct NDJSONBlockTests {
    /// Good lines, bad ones, blank ones, and both line ends; no line end after the last line.
    private static let text: [UInt8] = {
        var lines: [[UInt8]] = []
        for (index, bad) in NDJSONBadInputTests.all.enumerated() where bad.line.count < 200 && index % 2 == 0 {
            lines.append(
                Array(
                    #"{"ts":"2026-11-18T11:\#(10 + index % 50):03.120Z","type":"publish","client":"c\#(index)"}"#.utf8))
            if index % 4 == 0 { lines.append(bad.line) }
            if index % 14 == 0 { lines.append([]) }
            if index % 10 == 0 { lines.append(Array("  \t".utf8)) }
            if index % 6 == 0 {
                lines.append(
                    Array(#"{"type":"connect","ts":\#(1_795_001_223 + index),"device":"d\u0041","x":1}"#.utf8) + [0x0D])
            }
        }
        return Array(lines.joined(separator: [0x0A]))
    }()

    private static let lines = NDJSON.lines(text)

    /// Decodes `blocks`, each in batches of at most `limit`. What is left of one stands in front of the next.
    private static func lines(of blocks: [ArraySlice<UInt8>], limit: Int) -> [String] {
        var decoder = NDJSONDecoder(feed: FeedID(0))
        var lines: [String] = []
        var rest: [UInt8] = []
        for (index, block) in blocks.enumerated() {
            let isLast = index == blocks.count - 1
            rest += block
            while !rest.isEmpty {
                let decoded = decoder.decode(rest, isLast: isLast, limit: limit)
                #expect(decoded.batch.count <= limit)
                #expect(decoded.lineEnds.count == decoded.batch.count)
                #expect(decoded.lineEnds.last.map { Int($0) <= decoded.consumed } ?? true)
                lines += NDJSON.lines(decoded.batch)
                rest.removeFirst(decoded.consumed)
                if decoded.batch.count < limit { break }
            }
        }
        #expect(rest == [])
        return lines
    }

    @Test("Batches of 1, 7 or 8,192 events", arguments: [1, 7, 8_192])
    func limits(limit: Int) {
        let lines = NDJSONBlockTests.lines(of: [NDJSONBlockTests.text[...]], limit: limit)
        #expect(lines == NDJSONBlockTests.lines)
        #expect(lines.count > 120)
    }

    @Test("Blocks that end after any line", arguments: [1, 7, 8_192])
    func cutAtLines(limit: Int) {
        let text = NDJSONBlockTests.text
        for end in text.indices where text[end] == 0x0A {
            let lines = NDJSONBlockTests.lines(of: [text[...end], text[(end + 1)...]], limit: limit)
            #expect(lines == NDJSONBlockTests.lines, "cut after byte \(end)")
        }
    }

    @Test("Bytes that come in pieces of any size", arguments: RandomSeeds.all)
    func pieces(seed: UInt64) {
        var dice = Dice(state: seed)
        for _ in 0..<40 {
            var blocks: [ArraySlice<UInt8>] = []
            var rest = NDJSONBlockTests.text[...]
            while !rest.isEmpty {
                blocks.append(rest.prefix(Int.random(in: 1...400, using: &dice)))
                rest = rest.dropFirst(blocks[blocks.count - 1].count)
            }
            let limit = Int.random(in: 1...20, using: &dice)
            let lines = NDJSONBlockTests.lines(of: blocks, limit: limit)
            #expect(lines == NDJSONBlockTests.lines, "PICKET_SEED=\(seed), limit \(limit)")
        }
    }

    @Test("The block reader's cuts", arguments: [1, 50, 999, 1 << 18])
    func blockReader(step: Int) throws {
        var reader = BlockReader(MemoryBytes(bytes: NDJSONBlockTests.text[...], step: step), blockBytes: max(step, 64))
        var decoder = NDJSONDecoder(feed: FeedID(0))
        var lines: [String] = []
        while case .lines(let bytes, _, let isLast)? = try reader.next() {
            let decoded = decoder.decode(bytes, isLast: isLast, limit: .max)
            #expect(decoded.consumed == bytes.count)
            lines += NDJSON.lines(decoded.batch)
        }
        #expect(lines == NDJSONBlockTests.lines)
    }

    @Test("The end of every event's line is known, and its bytes are found again")
    func lineEnds() throws {
        let text = NDJSONBlockTests.text
        var decoder = NDJSONDecoder(feed: FeedID(0))
        let decoded = decoder.decode(text, isLast: true, limit: .max)
        let lines = text.split(separator: 0x0A).filter { !$0.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
        try #require(decoded.batch.count == lines.count)
        #expect(decoded.batch.text.starts(with: text))
        #expect(decoded.consumed == text.count)
        for (row, line) in lines.enumerated() {
            #expect(Int(decoded.lineEnds[row]) == min(line.endIndex + 1, text.count))
            #expect(decoded.line(of: row) == line.indices)
        }
    }
}
