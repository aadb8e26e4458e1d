import PicketEvents

/// Strict JSON (RFC 8259) over bytes, eight at a time where it pays. Nothing is built: the scanner finds where values
/// begin and end, and checks that they are what they must be, UTF-8 included.
///
/// The text must be followed by at least sixteen zero bytes: a zero is no part of any JSON, so that no loop needs to
/// ask for the end.
struct JSONScanner {
    /// Why the last scan failed. Set only when a function returned ``failed``.
    var failure: RejectionReason = .notJSON

    /// What the scanning functions return instead of a position.
    static let failed = -1

    @inline(__always)
    static func byte(_ text: RawSpan, _ position: Int) -> UInt8 {
        text.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
    }

    /// The first position from `position` that is no white space inside a line (space, tab, carriage return).
    @inline(__always)
    static func skipSpace(_ text: RawSpan, _ position: Int) -> Int {
        var position = position
        while true {
            let byte = byte(text, position)
            if byte > 0x20 || (byte != 0x20 && byte != 0x09 && byte != 0x0D) { return position }
            position &+= 1
        }
    }

    /// Scans the rest of a string whose opening quote stands before `start`.
    ///
    /// - Parameter escaped: set when the string holds an escape and must be decoded before use.
    /// - Returns: the position of the closing quote, or ``failed``.
    @inline(__always)
    mutating func string(_ text: RawSpan, _ start: Int, escaped: inout Bool) -> Int {
        var position = start
        while true {
            let word = text.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
            let marks = JSONScanner.marks(word)
            if marks == 0 {
                position &+= 8
                continue
            }
            position &+= marks.trailingZeroBitCount >> 3
            if JSONScanner.byte(text, position) == 0x22 { return position }
            position = unusual(text, position, escaped: &escaped)
            if position < 0 { return position }
        }
    }

    /// Marks, in the high bit of each byte, a quote, a backslash, a control character or a byte above 0x7F. Only the
    /// lowest mark is exact, and only it is used.
    @inline(__always)
    static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let control = (word &- (ones &* 0x20)) & ~word
        return ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | control | word) & highs
    }

    /// Deals with an escape, a character beyond ASCII or a control character at `position`; returns the position
    /// behind it, or ``failed``.
    @inline(never)
    private mutating func unusual(_ text: RawSpan, _ position: Int, escaped: inout Bool) -> Int {
        let byte = JSONScanner.byte(text, position)
        if byte == 0x5C {
            escaped = true
            return escape(text, position)
        }
        guard byte >= 0x80 else {
            failure = .notJSON
            return JSONScanner.failed
        }
        let length = UTF8Check.sequenceLength(text, position)
        if length == 0 {
            failure = .notUTF8
            return JSONScanner.failed
        }
        return position &+ length
    }

    /// Checks the escape that begins at `position`. A surrogate must be followed by its partner: half of a character
    /// is not a text.
    private mutating func escape(_ text: RawSpan, _ position: Int) -> Int {
        switch JSONScanner.byte(text, position &+ 1) {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            return position &+ 2
        case 0x75:
            guard let unit = JSONScanner.hex4(text, position &+ 2) else { break }
            if unit & 0xF800 != 0xD800 { return position &+ 6 }
            guard unit < 0xDC00, JSONScanner.byte(text, position &+ 6) == 0x5C,
                JSONScanner.byte(text, position &+ 7) == 0x75, let low = JSONScanner.hex4(text, position &+ 8),
                (0xDC00...0xDFFF).contains(low)
            else { break }
            return position &+ 12
        default:
            break
        }
        failure = .notJSON
        return JSONScanner.failed
    }

    /// Four hexadecimal digits at `position`.
    static func hex4(_ text: RawSpan, _ position: Int) -> UInt32? {
        var value: UInt32 = 0
        for offset in 0..<4 {
            let byte = byte(text, position &+ offset)
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// The value of a number as far as 64 bits hold it.
    struct Number {
        var integer: Int64 = 0
        /// It is written as an integer, and fits.
        var isInteger = false
        /// It is written as an integer, and does not fit.
        var overflows = false
    }

    /// Scans a number that begins at `start`. Returns the position behind it, or ``failed``.
    @inline(__always)
    mutating func number(_ text: RawSpan, _ start: Int, _ number: inout Number) -> Int {
        var position = start
        let negative = JSONScanner.byte(text, position) == 0x2D
        if negative { position &+= 1 }
        let digits = position
        var value: UInt64 = 0
        var digit = JSONScanner.byte(text, position) &- 0x30
        while digit <= 9 {
            value = value &* 10 &+ UInt64(digit)
            position &+= 1
            digit = JSONScanner.byte(text, position) &- 0x30
        }
        let count = position &- digits
        guard count > 0, count == 1 || JSONScanner.byte(text, digits) != 0x30 else {
            failure = .notJSON
            return JSONScanner.failed
        }
        let next = JSONScanner.byte(text, position)
        if next == 0x2E || next | 0x20 == 0x65 { return fraction(text, position) }
        if count <= 18 {
            number.integer = negative ? -Int64(value) : Int64(value)
            number.isInteger = true
        } else {
            exactInteger(text, start..<position, &number)
        }
        return position
    }

    @inline(never)
    private func exactInteger(_ text: RawSpan, _ range: Range<Int>, _ number: inout Number) {
        let literal = range.map { JSONScanner.byte(text, $0) }
        if let value = Int64(String(decoding: literal, as: UTF8.self)) {
            number.integer = value
            number.isInteger = true
        } else {
            number.overflows = true
        }
    }

    /// Scans a fraction and an exponent.
    @inline(never)
    private mutating func fraction(_ text: RawSpan, _ start: Int) -> Int {
        var position = start
        func digits() -> Int {
            var count = 0
            while JSONScanner.byte(text, position) &- 0x30 <= 9 {
                position += 1
                count += 1
            }
            return count
        }
        if JSONScanner.byte(text, position) == 0x2E {
            position += 1
            if digits() == 0 { return fail() }
        }
        if JSONScanner.byte(text, position) | 0x20 == 0x65 {
            position += 1
            let sign = JSONScanner.byte(text, position)
            if sign == 0x2B || sign == 0x2D { position += 1 }
            if digits() == 0 { return fail() }
        }
        return position
    }

    /// Scans `true`, `false` or `null` at `start`.
    @inline(__always)
    mutating func literal(_ text: RawSpan, _ start: Int) -> Int {
        let word = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt32.self)
        if word == 0x6575_7274 || word == 0x6C6C_756E { return start &+ 4 }
        if word == 0x736C_6166, JSONScanner.byte(text, start &+ 4) == 0x65 { return start &+ 5 }
        return fail()
    }

    private mutating func fail(_ reason: RejectionReason = .notJSON) -> Int {
        failure = reason
        return JSONScanner.failed
    }

    /// Scans any value that begins at `start`, checking all of it. Keys inside must be distinct.
    ///
    /// - Parameter depth: the depth of the value itself.
    mutating func value(_ text: RawSpan, _ start: Int, depth: Int) -> Int {
        var escaped = false
        switch JSONScanner.byte(text, start) {
        case 0x22:
            let end = string(text, start &+ 1, escaped: &escaped)
            return end < 0 ? end : end &+ 1
        case 0x2D, 0x30...0x39:
            var ignored = Number()
            return number(text, start, &ignored)
        case 0x7B:
            return object(text, start, depth: depth) { scanner, position, _ in
                scanner.value(text, position, depth: depth + 1)
            }
        case 0x5B:
            return array(text, start, depth: depth) { scanner, position in
                scanner.value(text, position, depth: depth + 1)
            }
        default:
            return literal(text, start)
        }
    }

    /// Scans the object that begins at `start`, giving every member to `member`, which scans its value.
    mutating func object(
        _ text: RawSpan, _ start: Int, depth: Int,
        member: (inout JSONScanner, _ value: Int, _ key: Range<Int>) -> Int
    ) -> Int {
        guard depth <= Limits.nesting else { return fail(.tooDeep) }
        var seen = Set<[UInt8]>()
        var position = JSONScanner.skipSpace(text, start &+ 1)
        if JSONScanner.byte(text, position) == 0x7D { return position &+ 1 }
        while true {
            guard JSONScanner.byte(text, position) == 0x22 else { return fail() }
            var escaped = false
            let keyStart = position &+ 1
            let keyEnd = string(text, keyStart, escaped: &escaped)
            if keyEnd < 0 { return keyEnd }
            let key = JSONScanner.decoded(text, keyStart..<keyEnd, escaped: escaped)
            guard seen.insert(key).inserted else { return fail(.duplicateKey) }
            position = JSONScanner.skipSpace(text, keyEnd &+ 1)
            guard JSONScanner.byte(text, position) == 0x3A else { return fail() }
            position = member(&self, JSONScanner.skipSpace(text, position &+ 1), keyStart..<keyEnd)
            if position < 0 { return position }
            position = JSONScanner.skipSpace(text, position)
            switch JSONScanner.byte(text, position) {
            case 0x2C: position = JSONScanner.skipSpace(text, position &+ 1)
            case 0x7D: return position &+ 1
            default: return fail()
            }
        }
    }

    /// Scans the array that begins at `start`, giving every element to `element`.
    mutating func array(
        _ text: RawSpan, _ start: Int, depth: Int, element: (inout JSONScanner, _ value: Int) -> Int
    ) -> Int {
        guard depth <= Limits.nesting else { return fail(.tooDeep) }
        var position = JSONScanner.skipSpace(text, start &+ 1)
        if JSONScanner.byte(text, position) == 0x5D { return position &+ 1 }
        while true {
            position = element(&self, position)
            if position < 0 { return position }
            position = JSONScanner.skipSpace(text, position)
            switch JSONScanner.byte(text, position) {
            case 0x2C: position = JSONScanner.skipSpace(text, position &+ 1)
            case 0x5D: return position &+ 1
            default: return fail()
            }
        }
    }

    /// The bytes of a string between its quotes, escapes decoded. The string must have been scanned before.
    static func decoded(_ text: RawSpan, _ range: Range<Int>, escaped: Bool) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(range.count)
        guard escaped else {
            text.withUnsafeBytes { out.append(contentsOf: $0[range]) }
            return out
        }
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = byte(text, position)
            guard byte == 0x5C else {
                out.append(byte)
                position += 1
                continue
            }
            let kind = JSONScanner.byte(text, position + 1)
            position += 2
            switch kind {
            case 0x62: out.append(0x08)
            case 0x66: out.append(0x0C)
            case 0x6E: out.append(0x0A)
            case 0x72: out.append(0x0D)
            case 0x74: out.append(0x09)
            case 0x75:
                var scalar = hex4(text, position) ?? 0xFFFD
                position += 4
                if scalar & 0xFC00 == 0xD800 {
                    let low = hex4(text, position + 2) ?? 0xDC00
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    position += 6
                }
                out.append(contentsOf: Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8))
            default: out.append(kind)
            }
        }
        return out
    }
}
