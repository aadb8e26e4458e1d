import Testing

@testable import PicketEvents

/// The interner is compared with a dictionary: the same string has the same id, another string another one.
@Suite("Interner")
struct InternerTests {
    /// An interner and what it should do.
    private struct Pair {
        var interner = Interner()
        var known: [[UInt8]: Int] = [:]
        let seed: UInt64

        /// Interns `string` where it stands between other bytes: only its range may count. `tail` bytes follow it, few
        /// or many, because strings near the end of their bytes are read in another way.
        mutating func intern(_ string: [UInt8], lead: [UInt8], tail: [UInt8]) {
            let text = lead + string + tail
            let range = lead.count..<lead.count + string.count
            let expected = known[string]
            #expect(interner.find(text.span.bytes, range) == expected, "PICKET_SEED=\(seed): find \(string)")
            let id = interner.intern(text.span.bytes, range)
            #expect(id == expected ?? known.count, "PICKET_SEED=\(seed): intern \(string)")
            known[string] = id
        }

        func checkAll() {
            #expect(interner.count == known.count, "PICKET_SEED=\(seed)")
            for (string, id) in known {
                let isSame = interner.bytes(id).elementsEqual(string)
                #expect(isSame, "PICKET_SEED=\(seed): the bytes of \(id)")
                let found = interner.find(string.span.bytes, 0..<string.count)
                #expect(found == id, "PICKET_SEED=\(seed): \(string)")
            }
        }
    }

    private static func bytes(_ count: Int, _ letters: ClosedRange<UInt8>, _ dice: inout Dice) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: letters, using: &dice) }
    }

    @Test("Any strings of 0 to 40 bytes, zeros included", arguments: Dice.seeds)
    func anyStrings(seed: UInt64) {
        var dice = Dice(state: seed)
        var pair = Pair(seed: seed)
        for _ in 0..<6_000 {
            // Few letters, so that strings come again; zeros, because the words are filled up with them.
            let letters: ClosedRange<UInt8> = dice.oneIn(3) ? 0...1 : dice.oneIn(2) ? 0...255 : 0x61...0x63
            let string = InternerTests.bytes(Int.random(in: 0...40, using: &dice), letters, &dice)
            let lead = InternerTests.bytes(Int.random(in: 0...9, using: &dice), 0...255, &dice)
            let tail = InternerTests.bytes(Int.random(in: 0...20, using: &dice), 0...255, &dice)
            pair.intern(string, lead: lead, tail: tail)
        }
        pair.checkAll()
    }

    @Test("Strings with the same first 16 bytes, or that are the beginning of each other", arguments: Dice.seeds)
    func samePrefixes(seed: UInt64) {
        var dice = Dice(state: seed)
        var pair = Pair(seed: seed)
        let prefix = Array("sensor-000000001".utf8)
        for length in 0...40 {
            let long = prefix + InternerTests.bytes(24, 0...255, &dice)
            for string in [
                Array(long.prefix(length)), Array(prefix.prefix(length)), [UInt8](repeating: 0, count: length),
            ] {
                pair.intern(string, lead: [], tail: [])
                pair.intern(string, lead: [0xFF], tail: InternerTests.bytes(20, 1...255, &dice))
            }
        }
        for _ in 0..<3_000 {
            let string = prefix + InternerTests.bytes(Int.random(in: 0...24, using: &dice), 0x30...0x31, &dice)
            pair.intern(
                string, lead: [], tail: InternerTests.bytes(Int.random(in: 0...16, using: &dice), 0...255, &dice))
        }
        pair.checkAll()
    }

    @Test("Growing keeps every id")
    func growth() {
        var pair = Pair(seed: 0)
        for number in 0..<20_000 { pair.intern(Array("sensor-\(number)".utf8), lead: [], tail: [0]) }
        pair.checkAll()
        #expect(pair.interner.string(19_999) == "sensor-19999")
    }

    @Test("An emptied interner counts from 0 again")
    func removeAll() {
        var interner = Interner()
        let text = Array("ab".utf8)
        _ = interner.intern(text.span.bytes, 0..<1)
        _ = interner.intern(text.span.bytes, 1..<2)
        interner.removeAll()
        #expect(interner.count == 0)
        #expect(interner.find(text.span.bytes, 0..<1) == nil)
        let id = interner.intern(text.span.bytes, 1..<2)
        #expect(id == 0)
    }
}
