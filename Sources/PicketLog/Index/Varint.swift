/// Small numbers in few bytes: seven bits a byte, the lowest first, the high bit says that more follow.
enum Varint {
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    /// Reads numbers one after the other.
    struct Cursor {
        var position: Int

        init(_ position: Int) { self.position = position }

        /// The next number, or nil at the end, or when it is larger than an index can be.
        mutating func next(_ bytes: [UInt8]) -> Int? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while position < bytes.count, shift < 56 {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return Int(value) }
                shift += 7
            }
            return nil
        }
    }
}
