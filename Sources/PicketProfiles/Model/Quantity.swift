import PicketEvents

/// Numbers as people write them: sizes in bytes and durations in seconds.
package enum Quantity {
    /// A unit of size with its bytes. The first spelling is the one that is written.
    private static let sizes: [(spellings: [String], bytes: Int64)] = [
        (["B", "byte", "bytes"], 1),
        (["KB"], 1_000), (["MB"], 1_000_000), (["GB"], 1_000_000_000), (["TB"], 1_000_000_000_000),
        (["KiB"], 1 << 10), (["MiB"], 1 << 20), (["GiB"], 1 << 30), (["TiB"], 1 << 40),
    ]

    /// A unit of time with its seconds.
    private static let durations: [(spellings: [String], seconds: Int64)] = [
        (["s", "sec", "secs", "second", "seconds"], 1),
        (["m", "min", "mins", "minute", "minutes"], 60),
        (["h", "hour", "hours"], 3_600),
        (["d", "day", "days"], 86_400),
    ]

    /// The spellings of all units of size, for suggestions.
    static let sizeUnits = sizes.map { $0.spellings[0] }
    /// The spellings of all units of time, for suggestions.
    static let durationUnits = durations.flatMap(\.spellings)

    /// The bytes of a unit of size, whatever its case.
    static func bytes(ofUnit unit: String) -> Int64? {
        sizes.first { $0.spellings.contains { $0.lowercased() == unit.lowercased() } }?.bytes
    }

    /// The seconds of a unit of time.
    static func seconds(ofUnit unit: String) -> Int64? {
        durations.first { $0.spellings.contains(unit.lowercased()) }?.seconds
    }

    /// The seconds of a duration such as `90s` or `7d`; nil when `text` is none, or one of more than ten years.
    package static func seconds(in text: String) -> Int? {
        try? AlarmWords.parseDuration(text, most: 3_660 * 86_400)
    }

    /// `number` (digits, perhaps with a decimal point) times `unit`, if that is a whole number of 64 bits.
    static func multiply(_ number: Substring, by unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Int64(parts[0]), whole >= 0 else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        // Six decimals are a byte of a megabyte; more are no number that anybody means.
        guard let fraction = Int64(parts[1]), fraction >= 0, parts[1].count <= 6 else { return nil }
        let scale = (0..<parts[1].count).reduce(Int64(1)) { power, _ in power * 10 }
        let (scaled, tooLarge) = fraction.multipliedReportingOverflow(by: unit)
        guard !tooLarge, scaled % scale == 0 else { return nil }
        let (sum, beyond) = product.addingReportingOverflow(scaled / scale)
        return beyond ? nil : sum
    }

    /// A size in the largest unit that gives a short exact number: `200 MB`, `1.5 KB`, `1 KiB`, `1234 B`.
    static func size(_ bytes: Int64) -> String {
        for (unit, thousand) in [(sizes[1...4], Int64(1_000)), (sizes[5...8], 1_024)] {
            for (spellings, factor) in unit.reversed() where bytes >= factor {
                if bytes % factor == 0, bytes / factor < thousand { return "\(bytes / factor) \(spellings[0])" }
                let tenths = bytes.multipliedReportingOverflow(by: 10)
                if thousand == 1_000, !tenths.overflow, tenths.partialValue % factor == 0, bytes / factor < thousand {
                    let value = tenths.partialValue / factor
                    return "\(value / 10).\(value % 10) \(spellings[0])"
                }
            }
        }
        return "\(bytes) B"
    }

    /// A fixed-point number without trailing zeros: `12.5`, `-0.25`, `3`.
    package static func decimal(_ value: Int64, places: Int) -> String {
        FixedPointText.text(value, decimals: places)
    }

    /// A duration in the largest unit that divides it: `5m`, `90s`, `7d`.
    static func duration(_ seconds: Int) -> String {
        let (unit, count) = largestUnit(seconds)
        return "\(count)\(durations[unit].spellings[0])"
    }

    /// A duration for a short sentence: `5 min`.
    static func shortWords(seconds: Int) -> String {
        let (unit, count) = largestUnit(seconds)
        return "\(count) \(["s", "min", "h", "d"][unit])"
    }

    /// A duration in words: `5 minutes`, `second` for one.
    package static func words(seconds: Int) -> String {
        let (unit, count) = largestUnit(seconds)
        let word = ["second", "minute", "hour", "day"][unit]
        return count == 1 ? word : "\(count) \(word)s"
    }

    private static func largestUnit(_ seconds: Int) -> (unit: Int, count: Int) {
        for (index, unit) in durations.enumerated().reversed() where seconds % Int(unit.seconds) == 0 && seconds > 0 {
            return (index, seconds / Int(unit.seconds))
        }
        return (0, seconds)
    }
}
