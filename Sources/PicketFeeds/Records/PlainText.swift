/// Tells, in a few nanoseconds, that a text can hold none of the secrets that ``SecretSearch`` knows, as nearly no name
/// and topic can: it has no colon, equals sign, question mark, percent sign or white space, and no level of it (what
/// stands between slashes) is long enough for a token.
///
/// This is the hot path: each name of each event is looked at, eight bytes at a time.
enum PlainText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    /// Eight times `0`, a plain byte, to fill a word with.
    private static let fill: UInt64 = 0x3030_3030_3030_3030
    /// So many bytes have their slashes in one word of bits.
    private static let longest = 64

    @inline(__always)
    static func isPlain(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        if range.count < SecretSearch.shortestToken { return !hasSign(text, range) }
        return range.count <= longest && !hasSignOrLongLevel(text, range)
    }

    /// For texts too short for a token.
    @inline(__always)
    private static func hasSign(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        let start = range.lowerBound
        if range.count >= 8 {
            let first = text.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)
            let last = text.unsafeLoadUnaligned(fromByteOffset: range.upperBound &- 8, as: UInt64.self)
            return (signs(first) | signs(last)) & highs != 0
        }
        var word = fill
        for index in range { word = word << 8 | UInt64(text.byte(at: index)) }
        return signs(word) & highs != 0
    }

    @inline(__always)
    private static func hasSignOrLongLevel(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var found: UInt64 = 0
        // A bit for each byte that is no slash.
        var level: UInt64 = 0
        var position = range.lowerBound
        var place: UInt64 = 0
        while range.upperBound &- position >= 8 {
            let word = text.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
            found |= signs(word)
            level |= others(word) &<< place
            place &+= 8
            position &+= 8
        }
        if position < range.upperBound {
            // The last eight bytes, of which some were seen before: their bits are the same.
            let word = text.unsafeLoadUnaligned(fromByteOffset: range.upperBound &- 8, as: UInt64.self).littleEndian
            found |= signs(word)
            level |= others(word) &<< UInt64(truncatingIfNeeded: range.count &- 8)
        }
        // What is left stands where sixteen ones in a row begin.
        level &= level >> 1
        level &= level >> 2
        level &= level >> 4
        level &= level >> 8
        return found & highs != 0 || level != 0
    }

    /// Marks, in the high bit of each byte, white space and control characters, `%`, and what lies from `:` to `?`. Other
    /// bits mean nothing; a byte beyond ASCII may be marked too.
    @inline(__always)
    private static func signs(_ word: UInt64) -> UInt64 {
        let low = word & ~highs
        let colonToQuestion = (low &+ (ones &* (0x80 - 0x3A))) & ~(low &+ (ones &* (0x80 - 0x40)))
        let percent = (low &+ (ones &* (0x80 - 0x25))) & ~(low &+ (ones &* (0x80 - 0x26)))
        return colonToQuestion | percent | ~(low &+ (ones &* (0x80 - 0x21)))
    }

    /// The eight bytes as eight bits: one for each that is no slash.
    @inline(__always)
    private static func others(_ word: UInt64) -> UInt64 {
        let difference = word ^ (ones &* 0x2F)
        let marks = ((difference & ~highs) &+ ~highs | difference) & highs
        return ((marks >> 7) &* 0x0102_0408_1020_4080) >> 56
    }
}
