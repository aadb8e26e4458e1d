/// Looking at the bytes of a log line without making a string of them. Every access is bounds-checked.
extension RawSpan {
    @inline(__always)
    func byte(at index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }

    /// The first `byte` in `range`.
    @inline(__always)
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        let end = range.upperBound
        let pattern = 0x0101_0101_0101_0101 &* UInt64(byte)
        while end - index >= 8 {
            // The usual test for a zero byte in a word; false positives lie above the first true one.
            let word = unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian ^ pattern
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            if self.byte(at: index) == byte { return index }
            index += 1
        }
        return nil
    }

    /// The last `byte` in `range`.
    func last(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.upperBound
        while index > range.lowerBound {
            index -= 1
            if self.byte(at: index) == byte { return index }
        }
        return nil
    }

    /// Whether `word` stands at `index`, wholly before `end`.
    @inline(__always)
    func holds(_ word: StaticString, at index: Int, before end: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard index >= 0, index + count <= end, end <= byteCount else { return false }
        return word.withUTF8Buffer { letters in
            for offset in 0..<count where letters[offset] != byte(at: index + offset) { return false }
            return true
        }
    }

    /// Whether `range` begins with `word`.
    @inline(__always)
    func begins(_ word: StaticString, _ range: Range<Int>) -> Bool {
        holds(word, at: range.lowerBound, before: range.upperBound)
    }

    /// Whether `range` ends with `word`.
    @inline(__always)
    func ends(_ word: StaticString, _ range: Range<Int>) -> Bool {
        let start = range.upperBound - word.utf8CodeUnitCount
        return start >= range.lowerBound && holds(word, at: start, before: range.upperBound)
    }

    /// Whether `range` is exactly `word`.
    func equals(_ word: StaticString, _ range: Range<Int>) -> Bool {
        range.count == word.utf8CodeUnitCount && begins(word, range)
    }

    /// Whether the bytes of `range` are those of `bytes`.
    @inline(__always)
    func equals(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        range.count == bytes.count && holds(bytes, at: range.lowerBound)
    }

    /// Whether `bytes` stand at `index`.
    @inline(__always)
    func holds(_ bytes: [UInt8], at index: Int) -> Bool {
        guard index + bytes.count <= byteCount else { return false }
        for offset in 0..<bytes.count where bytes[offset] != byte(at: index + offset) { return false }
        return true
    }

    /// Whether two ranges hold the same bytes.
    func equals(_ a: Range<Int>, _ b: Range<Int>) -> Bool {
        guard a.count == b.count else { return false }
        for offset in 0..<a.count where byte(at: a.lowerBound + offset) != byte(at: b.lowerBound + offset) {
            return false
        }
        return true
    }

    /// Where `word` first stands in `range`.
    func first(_ word: StaticString, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index + word.utf8CodeUnitCount <= range.upperBound {
            if holds(word, at: index, before: range.upperBound) { return index }
            index += 1
        }
        return nil
    }

    /// Where `word` last stands in `range`.
    func last(_ word: StaticString, in range: Range<Int>) -> Int? {
        var index = range.upperBound - word.utf8CodeUnitCount
        while index >= range.lowerBound {
            if holds(word, at: index, before: range.upperBound) { return index }
            index -= 1
        }
        return nil
    }

    /// Whether `range` is not empty and holds digits only.
    func isDigits(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        for index in range where byte(at: index) &- 0x30 > 9 { return false }
        return true
    }

    /// The number that the digits of `range` make; nil for anything but 1 to 18 digits.
    @inline(__always)
    func number(_ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 18 else { return nil }
        var value = 0
        for index in range {
            let digit = byte(at: index) &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    /// The bytes of `range` as an array.
    func copy(_ range: Range<Int>) -> [UInt8] { withUnsafeBytes { Array($0[range]) } }

    /// Whether no byte of `range` is above 127.
    func isASCII(_ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        let end = range.upperBound
        while end - index >= 8 {
            if unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
            index += 8
        }
        while index < end {
            if byte(at: index) >= 0x80 { return false }
            index += 1
        }
        return true
    }
}
