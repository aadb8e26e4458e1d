import PicketEvents

/// Reads what a behavior's `alarm` says: `more than 120 in 5m`, `none in 30m`, `any`, `>= 2 MB in 1h`.
enum AlarmWords {
    /// What the words mean.
    struct Meaning: Equatable {
        var limit: Limit
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
            return Meaning(limit: Limit(.above, 0), duration: try takeDuration(&words))
        }
        limit = Limit(try takeComparison(&words), try takeAmount(&words, isSize: metric?.isSize ?? true))
        return Meaning(limit: limit, duration: try takeDuration(&words))
    }

    /// Reads a size or a plain number that stands alone, such as a step of a severity.
    static func parseAmount(_ text: String, isSize: Bool) throws(Failure) -> Int64 {
        var words = WordCursor(text)
        let amount = try takeAmount(&words, isSize: isSize)
        if let rest = words.next { throw unexpected(rest) }
        return amount
    }

    /// Reads a duration that stands alone, such as `every`.
    static func parseDuration(_ text: String) throws(Failure) -> Int {
        var words = WordCursor(text)
        return try takeDurationAmount(&words)
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

    private static func takeAmount(_ words: inout WordCursor, isSize: Bool) throws(Failure) -> Int64 {
        guard let number = words.takeNumber() else {
            throw Failure(
                code: .alarmSyntax, range: words.next?.range ?? words.endRange,
                message: words.next.map { "expected a number, found `\($0.text)`" } ?? "a number is missing",
                help: isSize ? "a size: `1024`, `200 KB`, `1.5 GB`, `64 KiB`" : "a whole number, such as `120`")
        }
        var factor: Int64 = 1
        var range = number.range
        if let unit = words.next, unit.text.lowercased() != "in", unit.text.first?.isLetter == true {
            guard let bytes = Quantity.bytes(ofUnit: unit.text) else {
                throw unknownUnit(unit, isSize: isSize, isFollowedByNumber: words.after?.isNumber == true)
            }
            guard isSize else {
                throw Failure(
                    code: .unit, range: unit.range, message: "the metric counts events, it has no size",
                    help: "leave `\(unit.text)` out, or use `bytes-sent`, `bytes-received` or `message-byte-size`")
            }
            words.skip()
            range = number.range.lowerBound..<unit.range.upperBound
            factor = bytes
        }
        guard let value = Quantity.multiply(number.text[...], by: factor) else {
            throw Failure(
                code: .numberRange, range: range,
                message: number.text.contains(".")
                    ? "`\(number.text)` is not a whole number of \(isSize ? "bytes" : "events")"
                    : "`\(number.text)` is too large")
        }
        return value
    }

    private static func unknownUnit(
        _ unit: WordCursor.Word, isSize: Bool, isFollowedByNumber: Bool
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
            help: isSize
                ? "sizes take \(Quantity.sizeUnits.joined(separator: ", "))"
                : "the number stands alone: what is counted is the metric's",
            suggestion: isSize ? DidYouMean.closest(to: unit.text, among: Quantity.sizeUnits) : nil)
    }

    private static func takeDuration(_ words: inout WordCursor) throws(Failure) -> Int? {
        guard let next = words.next else { return nil }
        guard words.take("in") else { throw unexpected(next) }
        return try takeDurationAmount(&words)
    }

    /// Takes all that is left as a duration: `5m`, `1h 30m`, `90 seconds`.
    private static func takeDurationAmount(_ words: inout WordCursor) throws(Failure) -> Int {
        let help = "a duration is a number with s, m, h or d, such as `5m`; at most 7d"
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
        guard (1...Int64(ProfileLimits.durationSeconds)).contains(seconds) else {
            throw Failure(
                code: .duration, range: range,
                message: seconds == 0 ? "a duration of nothing" : "the duration is longer than seven days", help: help)
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
