import Foundation

/// Counts names that stand as bytes in lines: a table of its own, because a dictionary of strings would cost more than
/// everything else that is done with a record.
struct NameCounts: Sendable {
    private var arena: [UInt8] = []
    private var entries: [(start: Int, length: Int, hash: UInt64, count: Int)] = []
    /// Places of entries, 0 for none; a power of two.
    private var slots = [Int32](repeating: 0, count: 64)
    /// More names than ``limit`` came; those beyond are in no count, and which these are hangs on who read what: then no name
    /// is told, and the count is ``limit``.
    private(set) var isOver = false

    /// The most names. A million devices fit; what a hostile feed invents beyond does not fill the memory.
    static let limit = 2_000_000

    /// Different names.
    var count: Int { entries.count }

    /// Counts the name in `bytes[range]`.
    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, times: Int = 1) {
        // FNV-1a, eight bytes at a time where there are as many: names are short.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in range { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        hash ^= hash >> 29
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            let entry = entries[place]
            if entry.hash == hash, entry.length == range.count,
                arena[entry.start..<(entry.start + entry.length)].elementsEqual(bytes[range])
            {
                entries[place].count += times
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard entries.count < NameCounts.limit else {
            isOver = true
            return
        }
        entries.append((arena.count, range.count, hash, times))
        arena += bytes[range]
        slots[slot] = Int32(entries.count)
        if entries.count * 2 > slots.count { grow() }
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for (place, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(place + 1)
        }
    }

    /// Adds the counts of another table.
    mutating func merge(_ other: NameCounts) {
        isOver = isOver || other.isOver
        other.arena.withUnsafeBufferPointer { bytes in
            for entry in other.entries { add(bytes, entry.start..<(entry.start + entry.length), times: entry.count) }
        }
    }

    /// All names with their counts, the most frequent first, then by name.
    var sorted: [(name: String, count: Int)] {
        entries.map { (NameCounts.text(arena[$0.start..<($0.start + $0.length)]), $0.count) }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
    }

    /// The text that stands between the quotes of a line.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.contains(0x5C) else { return text }
        let quoted = Data([0x22] + bytes + [0x22])
        return (try? JSONSerialization.jsonObject(with: quoted, options: .fragmentsAllowed)) as? String ?? text
    }
}
