/// Times as Unix milliseconds, read from and written to RFC 3339 without a calendar library: the one format the hot
/// path needs, and nothing else.
package enum Timestamp {
    /// Days from 1970-01-01 to a civil date of the proleptic Gregorian calendar. Counting the year from March makes
    /// the leap day the last of its year, so that one formula serves all months.
    @inlinable package static func days(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The civil date of a number of days since 1970-01-01; the inverse of ``days(year:month:day:)``.
    package static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayOfYear + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * mp + 2) / 5 + 1)
    }

    /// The number of days in a month, February of a leap year included.
    @inlinable package static func daysInMonth(year: Int, month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Reads an RFC 3339 date-time; also with a space for `T`, an offset without colon (as Mosquitto's `%z` prints
    /// it) and any number of fraction digits (beyond milliseconds they are cut).
    ///
    /// - Parameters:
    ///   - text: the bytes that hold it.
    ///   - range: where it lies in `text`; all of it must be the time.
    /// - Returns: Unix milliseconds, or nil when it is not such a time. The range of years is not checked here.
    package static func parse(_ text: RawSpan, _ range: Range<Int>) -> Int64? {
        var cursor = Cursor(position: range.lowerBound, end: range.upperBound)
        guard range.count >= 19, range.upperBound <= text.byteCount else { return nil }
        guard let year = cursor.digits(4, text), cursor.take(0x2D, text),
            let month = cursor.digits(2, text), cursor.take(0x2D, text),
            let day = cursor.digits(2, text),
            cursor.take(0x54, text) || cursor.take(0x74, text) || cursor.take(0x20, text),
            let hour = cursor.digits(2, text), cursor.take(0x3A, text),
            let minute = cursor.digits(2, text), cursor.take(0x3A, text),
            let second = cursor.digits(2, text),
            (1...12).contains(month), day >= 1, day <= daysInMonth(year: year, month: month),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var milliseconds = 0
        if cursor.take(0x2E, text) || cursor.take(0x2C, text) {
            var scale = 100
            var count = 0
            while let digit = cursor.digits(1, text) {
                milliseconds += digit * scale
                scale /= 10
                count += 1
            }
            guard count > 0 else { return nil }
        }
        var offsetMinutes = 0
        if cursor.take(0x5A, text) || cursor.take(0x7A, text) {
        } else {
            let sign: Int
            if cursor.take(0x2B, text) { sign = 1 } else if cursor.take(0x2D, text) { sign = -1 } else { return nil }
            guard let hours = cursor.digits(2, text) else { return nil }
            _ = cursor.take(0x3A, text)
            guard let minutes = cursor.digits(2, text), hours < 24, minutes < 60 else { return nil }
            offsetMinutes = sign * (hours * 60 + minutes)
        }
        guard cursor.position == cursor.end else { return nil }
        // A leap second (…:60) becomes the first second of the next minute, as POSIX time has it.
        let seconds = days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second
        return Int64((seconds - offsetMinutes * 60) * 1_000 + milliseconds)
    }

    private struct Cursor {
        var position: Int
        let end: Int

        mutating func take(_ byte: UInt8, _ text: RawSpan) -> Bool {
            guard position < end, text.unsafeLoad(fromByteOffset: position, as: UInt8.self) == byte else {
                return false
            }
            position += 1
            return true
        }

        mutating func digits(_ count: Int, _ text: RawSpan) -> Int? {
            guard position + count <= end else { return nil }
            var value = 0
            for offset in 0..<count {
                let digit = Int(text.unsafeLoad(fromByteOffset: position + offset, as: UInt8.self)) - 0x30
                guard digit >= 0, digit <= 9 else { return nil }
                value = value * 10 + digit
            }
            position += count
            return value
        }
    }

    /// Reads a time given as text.
    package static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        return parse(bytes.span.bytes, 0..<bytes.count)
    }

    /// What a number stands for as a time: seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by
    /// magnitude (the ranges do not overlap between 2000 and 2100).
    @inlinable package static func fromEpoch(_ value: Int64) -> Int64? {
        switch value {
        case ..<0: nil
        case ..<100_000_000_000: value * 1_000
        case ..<100_000_000_000_000: value
        case ..<100_000_000_000_000_000: value / 1_000
        default: value / 1_000_000
        }
    }

    /// Appends `milliseconds` as RFC 3339 in UTC with milliseconds: `2026-11-18T11:27:03.120Z`, always 24 bytes for
    /// the years 0 to 9999.
    package static func append(_ milliseconds: Int64, to out: inout [UInt8]) {
        let day = Int((Double(milliseconds) / 86_400_000).rounded(.down))
        let (year, month, dayOfMonth) = civil(days: day)
        var rest = Int(milliseconds) - day * 86_400_000
        let millisecond = rest % 1_000
        rest /= 1_000
        func two(_ value: Int, _ end: UInt8) {
            out.append(UInt8(truncatingIfNeeded: 0x30 + value / 10))
            out.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
            out.append(end)
        }
        out.append(UInt8(truncatingIfNeeded: 0x30 + year / 1_000 % 10))
        out.append(UInt8(truncatingIfNeeded: 0x30 + year / 100 % 10))
        two(year % 100, 0x2D)
        two(month, 0x2D)
        two(dayOfMonth, 0x54)
        two(rest / 3_600, 0x3A)
        two(rest / 60 % 60, 0x3A)
        two(rest % 60, 0x2E)
        out.append(UInt8(truncatingIfNeeded: 0x30 + millisecond / 100))
        two(millisecond % 100, 0x5A)
    }

    /// `milliseconds` as RFC 3339 text.
    package static func format(_ milliseconds: Int64) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(24)
        append(milliseconds, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
