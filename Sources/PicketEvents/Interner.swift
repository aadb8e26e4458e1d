/// Gives every distinct byte string a small number, once, and the same number ever after.
///
/// Open addressing over 8-byte slots (half hash, half id), text in one array: a look-up of a known string touches one
/// slot, one entry and the text, and retains nothing.
package struct Interner: Sendable {
    @usableFromInline struct Entry: Sendable {
        @usableFromInline var offset: UInt32
        @usableFromInline var length: UInt32
        @usableFromInline init(offset: UInt32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    /// High 32 bits: the hash; low 32 bits: id + 1; 0 is a free slot.
    @usableFromInline var slots: [UInt64]
    @usableFromInline var entries: [Entry] = []
    @usableFromInline var text: [UInt8] = []
    @usableFromInline var mask: Int

    /// An interner without strings.
    package init() {
        slots = Array(repeating: 0, count: 1_024)
        mask = 1_023
    }

    /// The number of distinct strings.
    @inlinable package var count: Int { entries.count }

    /// The id of the bytes in `range`, new or known. Ids count up from 0.
    @inlinable
    package mutating func intern(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        let hash = Interner.hash(bytes, range)
        var index = Int(truncatingIfNeeded: hash) & mask
        let tag = hash & 0xFFFF_FFFF_0000_0000
        while true {
            let slot = slots[index]
            if slot == 0 { break }
            if slot & 0xFFFF_FFFF_0000_0000 == tag {
                let id = Int(slot & 0xFFFF_FFFF) - 1
                if equal(id, bytes, range) { return id }
            }
            index = (index &+ 1) & mask
        }
        return insert(bytes, range, hash, index)
    }

    /// The id of the bytes in `range`, or nil when they were never interned.
    @inlinable
    package func find(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        let hash = Interner.hash(bytes, range)
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index] != 0 {
            if slots[index] >> 32 == hash >> 32 {
                let id = Int(slots[index] & 0xFFFF_FFFF) - 1
                if equal(id, bytes, range) { return id }
            }
            index = (index &+ 1) & mask
        }
        return nil
    }

    /// The bytes behind `id`.
    package func bytes(_ id: Int) -> ArraySlice<UInt8> {
        let entry = entries[id]
        return text[Int(entry.offset)..<Int(entry.offset) + Int(entry.length)]
    }

    /// The string behind `id`.
    package func string(_ id: Int) -> String { String(decoding: bytes(id), as: UTF8.self) }

    /// Forgets every string.
    package mutating func removeAll() { self = Interner() }

    /// A hash of the bytes: eight at a time through a 128-bit multiplication, folded. Not keyed: nothing is gained by
    /// colliding ids but slowness, and the number of strings is limited.
    @inlinable
    package static func hash(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
        var position = range.lowerBound
        let end = range.upperBound
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: range.count)
        while end - position >= 8 {
            state = mix(state ^ bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self))
            position += 8
        }
        if position < end {
            var last: UInt64 = 0
            if end >= 8 && end - range.lowerBound >= 8 {
                last = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: end - 8, as: UInt64.self)
            } else {
                var shift: UInt64 = 0
                while position < end {
                    last |= UInt64(bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)) << shift
                    shift += 8
                    position += 1
                }
            }
            state = mix(state ^ last)
        }
        return mix(state)
    }

    @inlinable @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }

    @inlinable @inline(__always)
    func equal(_ id: Int, _ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        let entry = entries[id]
        guard Int(entry.length) == range.count else { return false }
        let own = text.span.bytes
        var a = Int(entry.offset)
        var b = range.lowerBound
        let end = range.upperBound
        while end - b >= 8 {
            if own.unsafeLoadUnaligned(fromUncheckedByteOffset: a, as: UInt64.self)
                != bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: b, as: UInt64.self)
            { return false }
            a += 8
            b += 8
        }
        while b < end {
            if own.unsafeLoad(fromUncheckedByteOffset: a, as: UInt8.self)
                != bytes.unsafeLoad(fromUncheckedByteOffset: b, as: UInt8.self)
            { return false }
            a += 1
            b += 1
        }
        return true
    }

    @usableFromInline
    mutating func insert(_ bytes: RawSpan, _ range: Range<Int>, _ hash: UInt64, _ index: Int) -> Int {
        precondition(range.upperBound <= bytes.byteCount)
        let id = entries.count
        entries.append(Entry(offset: UInt32(text.count), length: UInt32(range.count)))
        bytes.withUnsafeBytes { text.append(contentsOf: $0[range]) }
        slots[index] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(id + 1)
        if entries.count * 2 > slots.count { grow() }
        return id
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        mask = slots.count - 1
        for (id, entry) in entries.enumerated() {
            let range = Int(entry.offset)..<Int(entry.offset) + Int(entry.length)
            let hash = Interner.hash(text.span.bytes, range)
            var index = Int(truncatingIfNeeded: hash) & mask
            while slots[index] != 0 { index = (index &+ 1) & mask }
            slots[index] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(id + 1)
        }
    }
}
