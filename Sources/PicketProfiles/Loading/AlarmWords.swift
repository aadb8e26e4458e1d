import PicketEvents

/// Reads what a behavior's `alarm` says: `more than 120 in 5m`, `none in 30m`, `any`, `>= 2 MB in 1h`, `more than p99 in
/// 10m`.
enum AlarmWords {
    /// What the words mean.
    struct Meaning: Equatable {
        /// With a percentile only its comparison means something.
        var limit: Limit
        /// What the value is compared with instead of a number.
        var percentile: Percentile?
        /// In seconds; nil when each event is judged alone.
        var duration: Int?
    }

    /// What is wrong with the words, and which of them.
    struct Failure: Error {
        var code: DiagnosticCode
        /// As offsets in Unicode scalars.
        var range: Range<Int>
        var message: String
        var help: String?
        var suggestion: String?
    }

    /// The words that begin an alarm. `less than` and `fewer than` mean the same.
    private static let comparisons: [(words: [String], comparison: Limit.Comparison)] = [
        (["more", "than"], .above), (["at", "least"], .atLeast), (["fewer", "than"], .below),
        (["less", "than"], .below), (["at", "most"], .atMost),
        ([">="], .atLeast), (["<="], .atMost), ([">"], .above), (["<"], .below),
    ]

    /// What to write, for help.
    static let forms = "`more than`, `at least`, `fewer than` or `at most` with a number, `none in` or `any`"

    /// Reads `text` for a behavior of `metric`.
    ///
    /// - Parameters:
    ///   - text: the words.
    ///   - metric: decides whether sizes are allowed; nil (unknown) allows them.
    /// - Throws: ``Failure`` for the first word that does not fit.
    static func parse(_ text: String, metric: Metric?) throws(Failure) -> Meaning {
        var words = WordCursor(text)
        let limit: Limit
        if words.take("none") {
            let meaning = Meaning(limit: Limit(.below, 1), duration: try takeDuration(&words))
            guard meaning.duration != nil else {
                throw Failure(
                    code: .durationNeeded, range: words.wholeRange, message: "`none` needs a duration",
                    help: "an alarm is raised when nothing happens for that long", suggestion: "none in 30m")
            }
            return meaning
        }
        if words.take("any") {
            // What is counted never says that it is over; without a window the violation would hide what comes after it.
            let duration = try takeDuration(&words)
            return Meaning(
                limit: Limit(.above, 0),
                duration: duration ?? (metric?.aggregation == .count ? ProfileLimits.quietSeconds : nil))
        }
        let comparison = try takeComparison(&words)
        if let percentile = try takePercentile(&words) {
            return Meaning(limit: Limit(comparison, 0), percentile: percentile, duration: try takeDuration(&words))
        }
        limit = Limit(comparison, try takeAmount(&words, unit: metric.map { AmountUnit($0) } ?? .size))
        return Meaning(limit: limit, duration: try takeDuration(&words))
    }

    /// Reads an amount that stands alone, such as a step of a severity.
    static func parseAmount(_ text: String, unit: AmountUnit) throws(Failure) -> Int64 {
        var words = WordCursor(text)
        let amount = try takeAmount(&words, unit: unit)
        if let rest = words.next { throw unexpected(rest) }
        return amount
    }

    /// Reads a duration that stands alone, such as `every`.
    ///
    /// - Parameter most: the longest one that makes sense here, in seconds.
    static func parseDuration(_ text: String, most: Int = ProfileLimits.durationSeconds) throws(Failure) -> Int {
        var words = WordCursor(text)
        return try takeDurationAmount(&words, most: most)
    }

    /// Reads a percentile that stands alone: `99`, `p99.9`.
    static func parsePercentile(_ text: String) throws(Failure) -> Percentile {
        var words = WordCursor(text)
        let found = try takePercentile(&words, mayBeBare: true)
        if let rest = words.next { throw unexpected(rest) }
        guard let found else {
            throw Failure(
                code: .alarmSyntax, range: words.wholeRange, message: "`\(text)` is no percentile", help: percentiles)
        }
        return found
    }

    private static let percentiles = "a percentile is written `p50`, `p99` or `p99.9`, from p0 to p100"

    /// Takes `p99.9` if it is next.
    private static func takePercentile(
        _ words: inout WordCursor, mayBeBare: Bool = false
    ) throws(Failure) -> Percentile? {
        guard let first = words.next else { return nil }
        let isBare = mayBeBare && first.isNumber
        guard isBare || (first.text.lowercased() == "p" && words.after?.isNumber == true) else { return nil }
        if !isBare { words.skip() }
        guard let number = words.takeNumber(), let value = Quantity.multiply(number.text[...], by: 100), value <= 10_000
        else {
            throw Failure(
                code: .numberRange, range: first.range, message: "there is no such percentile", help: percentiles)
        }
        return Percentile(tenThousandths: Int(value))
    }

    private static func takeComparison(_ words: inout WordCursor) throws(Failure) -> Limit.Comparison {
        for (spelling, comparison) in comparisons where words.take(spelling) { return comparison }
        guard let word = words.next else {
            throw Failure(
                code: .alarmSyntax, range: words.wholeRange, message: "the alarm says nothing",
                help: "expected \(forms)", suggestion: "more than 120 in 5m")
        }
        if word.isNumber {
            throw Failure(
                code: .alarmSyntax, range: word.range, message: "a number alone does not say when to alarm",
                help: "expected \(forms)", suggestion: "more than \(words.restText)")
        }
        // `more 120` and `at leats 120`: one of the two words is right.
        for (spelling, _) in comparisons where spelling.count == 2 && spelling[0] == word.text.lowercased() {
            guard let second = words.after, !second.isNumber else {
                throw Failure(
                    code: .alarmSyntax, range: word.range, message: "a word is missing behind `\(word.text)`",
                    help: "expected \(forms)", suggestion: spelling.joined(separator: " "))
            }
            guard DidYouMean.closest(to: second.text, among: [spelling[1]]) != nil else { continue }
            throw Failure(
                code: .alarmSyntax, range: word.range.lowerBound..<second.range.upperBound,
                message: "`\(word.text) \(second.text)` does not begin an alarm", help: "expected \(forms)",
                suggestion: spelling.joined(separator: " "))
        }
        let first = comparisons.map { $0.words[0] } + ["none", "any"]
        if let near = DidYouMean.closest(to: word.text, among: first), near != word.text {
            throw Failure(
                code: .alarmSyntax, range: word.range, message: "`\(word.text)` does not begin an alarm",
                help: "expected \(forms)", suggestion: near)
        }
        throw Failure(
            code: .alarmSyntax, range: words.restRange, message: "`\(word.text)` does not begin an alarm",
            help: "expected \(forms)")
    }

    private static func takeAmount(_ words: inout WordCursor, unit expected: AmountUnit) throws(Failure) -> Int64 {
        var isNegative = false
        if case .decimal = expected, words.after?.isNumber == true { isNegative = words.take("-") }
        guard let number = words.takeNumber() else {
            throw Failure(
                code: .alarmSyntax, range: words.next?.range ?? words.endRange,
                message: words.next.map { "expected a number, found `\($0.text)`" } ?? "a number is missing",
                help: expected.help)
        }
        var factor: Int64 = 1
        var range = number.range
        if let unit = words.next, unit.text.lowercased() != "in", unit.text.first?.isLetter == true {
            guard
                let known = expected == .seconds
                    ? Quantity.seconds(ofUnit: unit.text) : Quantity.bytes(ofUnit: unit.text)
            else {
                throw unknownUnit(unit, expected, isFollowedByNumber: words.after?.isNumber == true)
            }
            guard expected == .size || expected == .seconds else {
                throw Failure(
                    code: .unit, range: unit.range, message: "the metric counts events, it has no size",
                    help: "leave `\(unit.text)` out, or use `bytes-sent`, `bytes-received` or `message-byte-size`")
            }
            words.skip()
            range = number.range.lowerBound..<unit.range.upperBound
            factor = known
        } else if case .decimal(let places) = expected {
            factor = (0..<places).reduce(1) { power, _ in power * 10 }
        }
        guard let value = Quantity.multiply(number.text[...], by: factor) else {
            throw Failure(
                code: .numberRange, range: range,
                message: number.text.contains(".")
                    ? "`\(number.text)` is not a whole number of \(expected.noun)"
                    : "`\(number.text)` is too large")
        }
        // `1h 30m`: times are read to their end.
        if expected == .seconds, words.next?.isNumber == true, let unit = words.after,
            Quantity.seconds(ofUnit: unit.text) != nil
        {
            let (sum, isTooLarge) = value.addingReportingOverflow(try takeAmount(&words, unit: expected))
            if !isTooLarge { return sum }
        }
        return isNegative ? -value : value
    }

    private static func unknownUnit(
        _ unit: WordCursor.Word, _ expected: AmountUnit, isFollowedByNumber: Bool
    ) -> Failure {
        if isFollowedByNumber {
            return Failure(
                code: .alarmSyntax, range: unit.range, message: "a duration is introduced by `in`",
                help: "an alarm reads `more than 120 in 5m`", suggestion: "in")
        }
        if Quantity.seconds(ofUnit: unit.text) != nil {
            return Failure(
                code: .alarmSyntax, range: unit.range, message: "a duration is introduced by `in`",
                help: "an alarm reads `more than 120 in 5m`")
        }
        return Failure(
            code: .unit, range: unit.range, message: "`\(unit.text)` is not a unit",
            help: expected.unitsHelp,
            suggestion: expected.units.isEmpty ? nil : DidYouMean.closest(to: unit.text, among: expected.units))
    }

    private static func takeDuration(_ words: inout WordCursor) throws(Failure) -> Int? {
        guard let next = words.next else { return nil }
        guard words.take("in") else { throw unexpected(next) }
        return try takeDurationAmount(&words)
    }

    /// Takes all that is left as a duration: `5m`, `1h 30m`, `90 seconds`.
    private static func takeDurationAmount(
        _ words: inout WordCursor, most: Int = ProfileLimits.durationSeconds
    ) throws(Failure) -> Int {
        let help = "a duration is a number with s, m, h or d, such as `5m`; at most \(Quantity.duration(most))"
        let range = words.restRange
        guard words.next != nil else {
            throw Failure(code: .duration, range: words.endRange, message: "a duration is missing", help: help)
        }
        var seconds: Int64 = 0
        while let word = words.next {
            guard let number = words.takeNumber() else {
                throw Failure(
                    code: .duration, range: word.range, message: "expected a duration, found `\(word.text)`",
                    help: help)
            }
            guard let unit = words.next, !unit.isNumber else {
                throw Failure(
                    code: .duration, range: number.range, message: "`\(number.text)` has no unit of time", help: help,
                    suggestion: "\(number.text)s")
            }
            guard let factor = Quantity.seconds(ofUnit: unit.text) else {
                throw Failure(
                    code: .duration, range: unit.range, message: "`\(unit.text)` is not a unit of time", help: help,
                    suggestion: DidYouMean.closest(to: unit.text, among: Quantity.durationUnits))
            }
            words.skip()
            guard let part = Quantity.multiply(number.text[...], by: factor) else {
                throw Failure(
                    code: .duration, range: number.range.lowerBound..<unit.range.upperBound,
                    message: "a duration is a whole number of seconds", help: help)
            }
            seconds = min(seconds, .max - part) + part
        }
        guard (1...Int64(most)).contains(seconds) else {
            throw Failure(
                code: .duration, range: range,
                message: seconds == 0
                    ? "a duration of nothing"
                    : "the duration is longer than \(most == ProfileLimits.durationSeconds ? "seven days" : Quantity.duration(most))",
                help: help)
        }
        return Int(seconds)
    }

    private static func unexpected(_ word: WordCursor.Word) -> Failure {
        if word.isNumber {
            return Failure(
                code: .alarmSyntax, range: word.range, message: "a duration is introduced by `in`",
                help: "an alarm reads `more than 120 in 5m`")
        }
        return Failure(
            code: .alarmSyntax, range: word.range, message: "`\(word.text)` was not expected here",
            help: "an alarm ends with its duration, `in 5m`",
            suggestion: DidYouMean.closest(to: word.text, among: ["in"]))
    }
}
