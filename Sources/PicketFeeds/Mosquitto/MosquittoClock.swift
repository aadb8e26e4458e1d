import PicketEvents

/// Reads the time a log line begins with. Three shapes, told apart line by line:
///
/// - seconds since 1970 (`1659964248: `), Mosquitto's default;
/// - ISO 8601 (`2026-11-21T05:07:32+0000: `), as `log_timestamp_format %Y-%m-%dT%H:%M:%S%z` writes it; also with a
///   space for `T`, and without zone, which is then taken as UTC: the line does not say more;
/// - nothing (`log_timestamp false`).
///
/// Source: eclipse-mosquitto `src/logging.c`, `log__vprintf`: the stamp, a colon, a space, the message. Other formats
/// of `strftime` are not recognised; the lines are then rejected, not guessed at.
struct MosquittoClock {
    /// What stands before the message.
    enum Stamp: Equatable {
        case none
        /// Unix milliseconds.
        case time(Int64)
        /// Shaped like a time, and not one.
        case unreadable
        case outOfRange
    }

    /// The stamp of the line before, separator included: most lines of a busy log repeat it.
    private var known: [UInt8] = []
    private var knownStamp = Stamp.none

    /// The stamp of `line`, and where the message begins.
    @inline(__always)
    mutating func read(_ text: RawSpan, _ line: Range<Int>) -> (stamp: Stamp, message: Int) {
        if !known.isEmpty, known.count <= line.count, text.holds(known, at: line.lowerBound) {
            return (knownStamp, line.lowerBound + known.count)
        }
        guard let end = MosquittoClock.endOfStamp(text, line) else { return (.none, line.lowerBound) }
        let stamp = MosquittoClock.value(text, line.lowerBound..<end)
        known = text.copy(line.lowerBound..<end + 2)
        knownStamp = stamp
        return (stamp, end + 2)
    }

    /// Where the stamp ends, before `: `; nil when the line has none.
    private static func endOfStamp(_ text: RawSpan, _ line: Range<Int>) -> Int? {
        var end = line.lowerBound
        while end < line.upperBound, text.byte(at: end) &- 0x30 <= 9 { end += 1 }
        guard end > line.lowerBound else { return nil }
        if text.holds(": ", at: end, before: line.upperBound) { return end }
        end = line.lowerBound
        // `d` a digit, `T` a T or a space, the rest itself.
        let shape: StaticString = "dddd-dd-ddTdd:dd:dd"
        guard line.count > shape.utf8CodeUnitCount else { return nil }
        let fits = shape.withUTF8Buffer { letters in
            for offset in 0..<letters.count {
                let byte = text.byte(at: end + offset)
                switch letters[offset] {
                case 0x64: if byte &- 0x30 > 9 { return false }
                case 0x54: if byte != 0x54 && byte != 0x20 { return false }
                default: if byte != letters[offset] { return false }
                }
            }
            return true
        }
        guard fits else { return nil }
        end += shape.utf8CodeUnitCount
        // Fraction and zone: only their letters; Timestamp judges the order.
        while end < line.upperBound, !text.holds(": ", at: end, before: line.upperBound) {
            let byte = text.byte(at: end)
            guard byte &- 0x30 <= 9 || [0x2B, 0x2C, 0x2D, 0x2E, 0x3A, 0x5A].contains(byte) else { return nil }
            guard end - line.lowerBound < longestStamp else { return nil }
            end += 1
        }
        return end < line.upperBound ? end : nil
    }

    /// Nine fraction digits and a zone with colon are the longest any `strftime` writes in this shape.
    private static let longestStamp = 36

    private static func value(_ text: RawSpan, _ stamp: Range<Int>) -> Stamp {
        var time: Int64?
        if text.isDigits(stamp) {
            // Twelve digits of seconds lie far beyond the range below; more could overflow.
            time = stamp.count <= 12 ? text.number(stamp).map { Int64($0) * 1_000 } : Limits.latestTime + 1
        } else {
            time = Timestamp.parse(text, stamp)
            if time == nil {
                let zoned = text.copy(stamp) + [0x5A]
                time = Timestamp.parse(zoned.span.bytes, 0..<zoned.count)
            }
        }
        guard let time else { return .unreadable }
        return time < Limits.earliestTime || time > Limits.latestTime ? .outOfRange : .time(time)
    }
}
