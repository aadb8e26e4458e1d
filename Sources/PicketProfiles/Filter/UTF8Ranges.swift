/// Turns a range of Unicode scalars into ranges of the bytes of their UTF-8.
enum UTF8Ranges {
    /// The byte ranges whose sequences are exactly the scalars of `range`.
    static func sequences(_ range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
        var sequences: [[ClosedRange<UInt8>]] = []
        let lengths: [(ClosedRange<UInt32>, Int)] = [
            (0...0x7F, 1), (0x80...0x7FF, 2), (0x800...0xFFFF, 3), (0x1_0000...0x10_FFFF, 4),
        ]
        for (scalars, length) in lengths where scalars.overlaps(range) {
            split(range.clamped(to: scalars), length, &sequences)
        }
        return sequences
    }

    /// Splits where a byte would not run through all of its values while one before it changes.
    private static func split(
        _ range: ClosedRange<UInt32>, _ length: Int, _ sequences: inout [[ClosedRange<UInt8>]]
    ) {
        let (lower, upper) = (range.lowerBound, range.upperBound)
        for following in 1..<max(length, 2) where length > 1 {
            let mask: UInt32 = (1 << UInt32(6 * following)) - 1
            guard lower & ~mask != upper & ~mask else { continue }
            if lower & mask != 0 {
                split(lower...(lower | mask), length, &sequences)
                split((lower | mask) + 1...upper, length, &sequences)
                return
            }
            if upper & mask != mask {
                split(lower...(upper & ~mask) - 1, length, &sequences)
                split(upper & ~mask...upper, length, &sequences)
                return
            }
        }
        sequences.append(zip(bytes(lower, length), bytes(upper, length)).map { $0...$1 })
    }

    private static func bytes(_ scalar: UInt32, _ length: Int) -> [UInt8] {
        guard length > 1 else { return [UInt8(scalar)] }
        let lead: UInt32 = [0xC0, 0xE0, 0xF0][length - 2]
        let first = UInt8(lead | scalar >> UInt32(6 * (length - 1)))
        let rest = (0..<length - 1).reversed().map { UInt8(0x80 | scalar >> UInt32(6 * $0) & 0x3F) }
        return [first] + rest
    }
}
