import Testing

@testable import PicketDetection

/// Rings, totals and what is spilled, against a dictionary that forgets nothing.
@Suite("Panes")
struct PaneRingsTests {
    @Test("sums, maxima and running totals are those of all events, in any order", arguments: 0..<40)
    func againstModel(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let windows = [Int.random(in: 1...8, using: &random), Int.random(in: 1...30, using: &random)]
        var sums = PaneRings<UInt32>(windows: windows, pending: Int.random(in: 1...4, using: &random))
        var maxima = PaneRings<Int64>(windows: windows, pending: 2)
        sums.reserve(subjects: 3)
        maxima.reserve(subjects: 3)
        var model: [[Int64: [Int64]]] = [[:], [:], [:]]
        var heads: [Int64] = [0, 0, 0]
        // The oldest pane that anything still looks at; events never fall before it.
        var oldest: Int64 = 1_000
        var newest: Int64 = 1_000
        for _ in 0..<400 {
            let subject = Int.random(in: 0..<3, using: &random)
            if Int.random(in: 0..<30, using: &random) == 0 { newest += Int64.random(in: 5...80, using: &random) }
            newest += Int64.random(in: 0...1, using: &random)
            let pane = max(oldest, newest - Int64.random(in: 0...5, using: &random))
            let value = Int64.random(in: 1...9, using: &random)
            _ = sums.add(UInt32(value), subject: subject, pane: pane, oldestNeeded: oldest)
            _ = maxima.raise(value, subject: subject, pane: pane, oldestNeeded: oldest)
            model[subject][pane, default: []].append(value)
            heads[subject] = max(heads[subject], pane)
            for (number, panes) in windows.enumerated() {
                func all(_ last: Int64) -> [Int64] {
                    (max(oldest, last - Int64(panes) + 1)...last).flatMap { model[subject][$0] ?? [] }
                }
                let last = Int64.random(in: max(oldest, newest - 6)...newest, using: &random)
                let wholeIsNeeded = last - Int64(panes) + 1 >= oldest
                if wholeIsNeeded {
                    #expect(sums.sum(subject, last: last, count: panes) == all(last).reduce(0, +), "seed \(seed)")
                    #expect(maxima.maximum(subject, last: last, count: panes) == all(last).max() ?? 0, "seed \(seed)")
                }
                if heads[subject] - Int64(panes) + 1 >= oldest {
                    #expect(
                        Int64(sums.total(of: subject, window: number)) == all(heads[subject]).reduce(0, +),
                        "seed \(seed)")
                }
            }
            // Time goes on: nothing looks further back than the longest window before it.
            if Int.random(in: 0..<4, using: &random) == 0 {
                oldest = max(oldest, newest - 6 - Int64(windows.max() ?? 0))
                sums.trim(oldestNeeded: oldest)
                maxima.trim(oldestNeeded: oldest)
            }
        }
    }

    @Test("a subject that is cleared or renumbered takes nothing with it")
    func clearAndRenumber() {
        var rings = PaneRings<UInt32>(windows: [3], pending: 1)
        rings.reserve(subjects: 3)
        for subject in 0..<3 { _ = rings.add(UInt32(subject + 1), subject: subject, pane: 50, oldestNeeded: 40) }
        rings.clear(subject: 1)
        #expect(rings.sum(1, last: 50, count: 3) == 0)
        rings.renumber([2, 0])
        #expect(rings.sum(0, last: 50, count: 3) == 3)
        #expect(rings.sum(1, last: 50, count: 3) == 1)
    }
}

/// A small generator of numbers that a seed repeats.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
