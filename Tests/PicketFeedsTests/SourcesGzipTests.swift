import Testing

@testable import PicketFeeds

@Suite("Gzip")
struct SourcesGzipTests {
    let text = Array((0..<5_000).map { "line number \($0 &* 7_919)\n" }.joined().utf8)

    /// Decompresses, with the input in pieces and little room for the output.
    func unpack(_ bytes: [UInt8], step: Int = .max, room: Int = 64 << 10) throws -> (bytes: [UInt8], error: FeedError?)
    {
        try drain(GzipBytes(MemoryBytes(bytes: bytes[...], step: step), place: "feed.gz"), step: room)
    }

    @Test("Members follow one another, whatever the pieces", arguments: [1, 7, 1_000, .max], [1, 13, 64 << 10])
    func members(step: Int, room: Int) throws {
        let parts = [text[..<10], text[10..<10], text[10..<30_000], text[30_000...]].map { Array($0) }
        #expect(try unpack(parts.flatMap(gzip), step: step, room: room) == (text, nil))
    }

    @Test("An empty member, and zeros after the last, are nothing")
    func nothing() throws {
        #expect(try unpack(gzip([])) == ([], nil))
        #expect(try unpack(gzip(text) + [UInt8](repeating: 0, count: 100_000)) == (text, nil))
    }

    @Test("Cut off anywhere: what was readable comes first, then the reason", arguments: [1, 7, .max])
    func truncated(room: Int) throws {
        let room = min(room, 64 << 10)
        let packed = gzip(text)
        for cut in [1, 2, 5, 10, 11, packed.count / 2, packed.count - 9, packed.count - 8, packed.count - 1] {
            let result = try unpack(Array(packed[..<cut]), room: room)
            #expect(text.starts(with: result.bytes))
            #expect(result.error?.place == "feed.gz")
            #expect(result.error?.problem.contains("cut off") == true)
            if cut == packed.count - 8 { #expect(result.bytes == text) }
        }
        let second = try unpack(packed + packed.dropLast(4), room: room)
        #expect(second.bytes == text + text)
        #expect(second.error?.problem.contains("cut off") == true)
    }

    @Test("Damage: what was readable comes first, then the reason")
    func corrupt() throws {
        let packed = gzip(text)
        for place in [3, packed.count / 2, packed.count - 6, packed.count - 2] {
            var damaged = packed
            damaged[place] ^= 0xFF
            let result = try unpack(damaged)
            #expect(result.error?.problem.contains("damaged") == true)
            if place > packed.count - 8 { #expect(result.bytes == text) }
        }
        let followed = try unpack(packed + Array("no gzip".utf8))
        #expect(followed.bytes == text)
        #expect(followed.error?.problem.contains("no gzip follow") == true)
        let padded = try unpack(packed + [0, 0, 1])
        #expect(padded.bytes == text)
        #expect(padded.error?.problem.contains("no gzip follow") == true)
    }

    @Test("No gzip at all, or nothing")
    func foreign() throws {
        #expect(try unpack(Array("plain".utf8)).error?.problem.contains("is not gzip") == true)
        #expect(try unpack([]).error?.problem.contains("is empty") == true)
    }

    @Test("A failure of the source below comes through")
    func below() throws {
        let failure = FeedError(place: "disk", problem: "broke")
        let packed = gzip(text)
        let source = MemoryBytes(bytes: packed.dropLast(1), failure: failure)
        #expect(try drain(GzipBytes(source, place: "feed.gz")) == (text, failure))
    }
}
