/// Gives every distinct byte string a small number, once, and the same number ever after.
///
/// Open addressing. A slot holds the first sixteen bytes of its string, so that the names of most devices are found
/// with one look into memory and compared as two words; longer strings are compared in full.
public struct Interner: Sendable {
    @usableFromInline struct Slot: Sendable {
        /// The first eight bytes, and the next eight; zero behind the end.
        @usableFromInline var low: UInt64 = 0
        @usableFromInline var high: UInt64 = 0
        /// Half of the hash, in which the length counts.
        @usableFromInline var tag: UInt32 = 0
        /// The id and one; 0 is a free slot.
        @usableFromInline var number: UInt32 = 0
        @inlinable init() {}
    }

    @usableFromInline struct Entry: Sendable {
        @usableFromInline var offset: UInt32
        @usableFromInline var length: UInt32
        @usableFromInline init(offset: UInt32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    @usableFromInline var slots: [Slot]
    @usableFromInline var entries: [Entry] = []
    @usableFromInline var text: [UInt8] = []
    @usableFromInline var mask: Int

    /// An interner without strings.
    public init() {
        slots = Array(repeating: Slot(), count: 1_024)
        mask = 1_023
    }

    /// The number of distinct strings.
    @inlinable public var count: Int { entries.count }

    /// The id of the bytes in `range`, new or known. Ids count up from 0.
    @inlinable @inline(__always)
    public mutating func intern(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        find(bytes, range) ?? insert(bytes, range)
    }

    /// The id of the bytes in `range`, or nil when they were never interned.
    @inlinable @inline(__always)
    public func find(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        let key = Interner.key(bytes, range)
        var index = Int(truncatingIfNeeded: key.hash) & mask
        let tag = UInt32(truncatingIfNeeded: key.hash >> 32)
        while slots[index].number != 0 {
            let slot = slots[index]
            if slot.tag == tag, slot.low == key.low, slot.high == key.high {
                let id = Int(slot.number) &- 1
                if Int(entries[id].length) == range.count, range.count <= 16 || equal(id, bytes, range) { return id }
            }
            index = (index &+ 1) & mask
        }
        return nil
    }

    /// The bytes behind `id`.
    public func bytes(_ id: Int) -> ArraySlice<UInt8> {
        let entry = entries[id]
        return text[Int(entry.offset)..<Int(entry.offset) + Int(entry.length)]
    }

    /// The string behind `id`.
    public func string(_ id: Int) -> String { String(decoding: bytes(id), as: UTF8.self) }

    /// Forgets every string.
    public mutating func removeAll() { self = Interner() }

    /// The first sixteen bytes and a hash of all. Not keyed: nothing is gained by colliding ids but slowness, and the
    /// number of strings is limited.
    @inlinable @inline(__always)
    static func key(_ bytes: RawSpan, _ range: Range<Int>) -> (low: UInt64, high: UInt64, hash: UInt64) {
        let count = range.count
        var low: UInt64 = 0
        var high: UInt64 = 0
        if range.lowerBound &+ 16 <= bytes.byteCount {
            low = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: range.lowerBound, as: UInt64.self)
            high = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: range.lowerBound &+ 8, as: UInt64.self)
            if count < 8 { low &= (1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1 }
            if count <= 8 {
                high = 0
            } else if count < 16 {
                high &= (1 &<< UInt64(truncatingIfNeeded: (count &- 8) &* 8)) &- 1
            }
        } else {
            for offset in 0..<min(count, 16) {
                let byte = UInt64(bytes.unsafeLoad(fromByteOffset: range.lowerBound + offset, as: UInt8.self))
                if offset < 8 { low |= byte << UInt64(offset * 8) } else { high |= byte << UInt64((offset - 8) * 8) }
            }
        }
        var state = mix(low ^ 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count)) ^ high
        if count > 16 { state = tail(bytes, range, mix(state)) }
        return (low, high, mix(state))
    }

    /// Adds the bytes behind the first sixteen to a hash.
    @usableFromInline
    static func tail(_ bytes: RawSpan, _ range: Range<Int>, _ start: UInt64) -> UInt64 {
        var state = start
        var position = range.lowerBound + 16
        while range.upperBound - position >= 8 {
            state = mix(state ^ bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        // The last eight bytes, some of them again.
        return state ^ bytes.unsafeLoadUnaligned(fromByteOffset: range.upperBound - 8, as: UInt64.self)
    }

    @inlinable @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }

    /// Whether the string behind `id` is that in `range`, of the same length.
    @usableFromInline
    func equal(_ id: Int, _ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        let start = Int(entries[id].offset)
        let own = text.span.bytes
        for offset in 0..<range.count
        where own.unsafeLoad(fromByteOffset: start + offset, as: UInt8.self)
            != bytes.unsafeLoad(fromByteOffset: range.lowerBound + offset, as: UInt8.self)
        { return false }
        return true
    }

    @usableFromInline @inline(never)
    mutating func insert(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        let id = entries.count
        entries.append(Entry(offset: UInt32(text.count), length: UInt32(range.count)))
        bytes.withUnsafeBytes { text.append(contentsOf: $0[range]) }
        if entries.count * 4 > slots.count * 3 {
            slots = Array(repeating: Slot(), count: slots.count * 2)
            mask = slots.count - 1
            for known in 0...id { place(known) }
        } else {
            place(id)
        }
        return id
    }

    /// Puts the string behind `id` into the first free slot of its chain.
    private mutating func place(_ id: Int) {
        let entry = entries[id]
        let range = Int(entry.offset)..<Int(entry.offset) + Int(entry.length)
        let key = Interner.key(text.span.bytes, range)
        var index = Int(truncatingIfNeeded: key.hash) & mask
        while slots[index].number != 0 { index = (index + 1) & mask }
        slots[index].low = key.low
        slots[index].high = key.high
        slots[index].tag = UInt32(truncatingIfNeeded: key.hash >> 32)
        slots[index].number = UInt32(id + 1)
    }
}
