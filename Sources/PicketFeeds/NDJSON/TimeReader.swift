import PicketEvents

/// Reads the time of a line. Most lines of a feed carry today's date in one form, so the day is remembered and only
/// the clock is read, eight bytes at a time; everything else goes the general way.
struct TimeReader {
    /// Why a value is no time.
    struct Problem: Error {
        let reason: RejectionReason
    }

    /// The ten bytes of the last date in the fast form, and its first millisecond.
    private var dateLow: UInt64 = 0
    private var dateHigh: UInt64 = 0
    private var dayStart: Int64 = 0

    /// Unix milliseconds of `value`: RFC 3339 text, or a number since 1970.
    @inline(__always)
    mutating func read(_ text: RawSpan, _ value: LineParser.Value) -> Result<Int64, Problem> {
        if value.form == .string, value.end &- value.start == 24, let time = fast(text, Int(value.start)) {
            return .success(time)
        }
        return general(text, value)
    }

    /// `2026-11-18T11:06:40.238Z`, when the date is the one before.
    @inline(__always)
    private func fast(_ text: RawSpan, _ start: Int) -> Int64? {
        let low = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
        // "18T11:06" and ":40.238Z", least significant byte first.
        let clock = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ 8, as: UInt64.self)
        let rest = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ 16, as: UInt64.self)
        guard low == dateLow, clock & 0xFFFF == dateHigh else { return nil }
        let c = clock ^ 0x3030_3A30_3054_3030
        let r = rest ^ 0x5A30_3030_2E30_303A
        // Digits have become 0...9, the letters between them 0.
        let bad = (c &+ 0x0606_7F06_067F_0606 | c) & 0xF0F0_80F0_F080_F0F0
        let bad2 = (r &+ 0x7F06_0606_7F06_067F | r) & 0x80F0_F0F0_80F0_F080
        let letters = c & 0x0000_FF00_00FF_0000 | r & 0xFF00_0000_FF00_00FF
        guard bad | bad2 | letters == 0 else { return nil }
        func digit(_ word: UInt64, _ index: UInt64) -> Int64 { Int64(truncatingIfNeeded: word >> (index &* 8) & 0xF) }
        let hour = digit(c, 3) &* 10 &+ digit(c, 4)
        let minute = digit(c, 6) &* 10 &+ digit(c, 7)
        let second = digit(r, 1) &* 10 &+ digit(r, 2)
        let millisecond = digit(r, 4) &* 100 &+ digit(r, 5) &* 10 &+ digit(r, 6)
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return dayStart &+ ((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000 &+ millisecond
    }

    @inline(never)
    private mutating func general(_ text: RawSpan, _ value: LineParser.Value) -> Result<Int64, Problem> {
        var time: Int64?
        switch value.form {
        case .string where value.escaped:
            let bytes = JSONScanner.decoded(text, value.range, escaped: true)
            time = Timestamp.parse(bytes.span.bytes, 0..<bytes.count)
        case .string:
            time = Timestamp.parse(text, value.range)
            if time != nil, value.end - value.start == 24 { remember(text, Int(value.start)) }
        case .number where value.isInteger:
            time = Timestamp.fromEpoch(value.integer)
        case .number where !value.overflows:
            // Seconds with a fraction, as some loggers print them.
            let literal = String(decoding: JSONScanner.decoded(text, value.range, escaped: false), as: UTF8.self)
            if let seconds = Double(literal), seconds >= 0, seconds < 1e11 {
                time = Int64((seconds * 1_000).rounded())
            }
        default:
            break
        }
        guard let time else { return .failure(Problem(reason: .badTime)) }
        guard time >= Limits.earliestTime, time < Limits.latestTime else {
            return .failure(Problem(reason: .timeOutOfRange))
        }
        return .success(time)
    }

    /// Remembers the date at `start`, so that the next line of the same day is read fast.
    private mutating func remember(_ text: RawSpan, _ start: Int) {
        let midnight = JSONScanner.decoded(text, start..<start + 10, escaped: false) + Array("T00:00:00.000Z".utf8)
        guard let day = Timestamp.parse(midnight.span.bytes, 0..<24),
            day >= Limits.earliestTime, day + 86_400_000 <= Limits.latestTime
        else { return }
        dayStart = day
        dateLow = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
        dateHigh = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 8, as: UInt64.self) & 0xFFFF
    }
}
