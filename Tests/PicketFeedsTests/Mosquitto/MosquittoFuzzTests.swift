import PicketEvents
import Testing

@testable import PicketFeeds

/// Nothing that can stand in a file makes the decoder fail, lose count or leave the text of its batch.
@Suite struct MosquittoFuzzTests {
    @Test func randomAndMutatedLinesNeverCrash() {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = Dice(state: seed)
        let lines = MosquittoSamples.log.map { Array($0.utf8) }
        // What a forger would use.
        let pieces = [
            " (d0, q0, r0, m0, '", "', ... (9 bytes))", " bytes))", "Client ", " disconnected.", " [1.1.1.1:1]", "u'",
            " (p2, c1, k60, u'", "').", ").", " | ", "password=", "\t", " 0 ", "Received PUBLISH from ", " as ", "[",
            "Received SUBSCRIBE from ", "2026-11-21T05:07:32+0000: ", "99999999999999999999: ", "(QoS 1)", " (denied)",
            "dynsec: ", "/", ": ", " disconnected: ", "<unknown>", "\n", "\r", "", "é",
        ].map { Array($0.utf8) }
        var decoder = MosquittoDecoder(feed: FeedID(0))
        for round in 0..<30_000 {
            var line: [UInt8]
            if round % 8 == 0 {
                let count = Int.random(in: 0...80, using: &random)
                line = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            } else {
                line = lines[Int.random(in: 0..<lines.count, using: &random)]
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let from = Int.random(in: 0...line.count, using: &random)
                    let to = min(line.count, from + Int.random(in: 0...12, using: &random))
                    line.replaceSubrange(from..<to, with: pieces[Int.random(in: 0..<pieces.count, using: &random)])
                }
                if round % 97 == 0 { line += Array(repeating: 0x61, count: max(0, 999 - line.count)) }
            }
            let expected = line.split(separator: 0x0A, omittingEmptySubsequences: true).reduce(0) { sum, part in
                let part = part.last == 0x0D ? part.dropLast() : part
                if part.isEmpty { return sum }
                let isText = String(validating: part, as: UTF8.self) != nil
                return sum + (!isText || MosquittoDecoder.classify(Array(part))?.makesEvent ?? true ? 1 : 0)
            }
            let decoded = decoder.decode(line, isLast: true, limit: 8_192)
            #expect(decoded.consumed == line.count, "seed \(seed), round \(round)")
            // A cut line may end in half a character, which classify is not told.
            if line.count < 999 {
                #expect(decoded.batch.count == expected, "seed \(seed), round \(round): \(line)")
            }
            for row in 0..<decoded.batch.count {
                let line = MosquittoRendering.line(decoded.batch, row)
                #expect(line.hasPrefix(#"{"kind":"#) && line.hasSuffix("}"), "seed \(seed), round \(round)")
            }
            if round % 1_000 == 0, let context = decoder.context {
                decoder = MosquittoDecoder(feed: FeedID(0))
                decoder.restore(context: context)
            }
        }
    }

    /// Lines made of as many possible readings as fit take no longer than their length allows.
    @Test func ambiguousLinesAreCheap() {
        var decoder = MosquittoDecoder(feed: FeedID(0))
        let pieces = [
            " (d0, q0, r0, m0, 'x", "a 0 ", "a ", " | /", " | listRoles /", "(p2, c1, k6 (p", " disconnected: [",
        ]
        let clock = ContinuousClock()
        let time = clock.measure {
            for start in ["Received PUBLISH from ", "New client connected from 1:1 as ", "Client ", "dynsec: ", ""] {
                for piece in pieces {
                    for length in [MosquittoDecoder.longestMessage, Limits.lineBytes] {
                        var line = Array(start.utf8)
                        while line.count + piece.utf8.count <= length - 12 { line += piece.utf8 }
                        _ = decoder.decode(line + Array("', ... (1 bytes))\n".utf8), isLast: true, limit: 8)
                    }
                }
            }
        }
        // 70 lines; a reading of cubic cost would take minutes.
        #expect(time < .seconds(5))
    }

    @Test func anyContextIsTaken() {
        var random = Dice(state: 42)
        let contexts = [
            "", "\n\n", "accept", "accept - - ", "accept x y z:", "refusal 5", "handshake 9", "subscribe", "x y",
        ]
        for text in contexts {
            var decoder = MosquittoDecoder(feed: FeedID(0))
            decoder.restore(context: text)
            let bytes = (0..<64).map { _ in UInt8.random(in: 32...126, using: &random) }
            _ = decoder.decode(bytes, isLast: true, limit: 8)
        }
    }
}
