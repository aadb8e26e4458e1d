/// Reads a regular expression by recursive descent.
struct ExpressionParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    typealias Failure = RegularExpression.Failure

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    /// The whole expression.
    mutating func parse() throws(Failure) -> ExpressionSyntax {
        let syntax = try alternatives()
        if position < scalars.count {
            throw failure(.malformed, "this `)` closes nothing", help: "write `\\)` for the character itself")
        }
        return syntax
    }

    private mutating func alternatives() throws(Failure) -> ExpressionSyntax {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(Failure) -> ExpressionSyntax {
        var items: [ExpressionSyntax] = []
        while let next, next != "|", next != ")" { items.append(try repeated()) }
        return items.isEmpty ? .empty : items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func repeated() throws(Failure) -> ExpressionSyntax {
        let start = position
        let atom = try atom()
        let quantifier = position
        guard let (least, greatest) = try repetition() else { return atom }
        if atom == .start || atom == .end {
            throw failure(.malformed, "an anchor cannot be repeated", at: start, length: position - start)
        }
        // A lazy quantifier prefers another match, but matches the same texts.
        _ = take("?")
        if next == "+" {
            throw failure(.irregular, "possessive quantifiers are not supported", at: quantifier, length: 2)
        }
        if let next, "*?{".unicodeScalars.contains(next) {
            throw failure(.malformed, "a quantifier follows a quantifier", help: "put the first one in a group")
        }
        return .repetition(atom, least: least, greatest: greatest)
    }

    /// A quantifier, if one is next.
    private mutating func repetition() throws(Failure) -> (least: Int, greatest: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard next == "{" else { return nil }
        let start = position
        position += 1
        guard let least = number() else { throw brace(start) }
        var greatest: Int? = least
        if take(",") { greatest = number() }
        guard take("}") else { throw brace(start) }
        if let greatest, greatest < least {
            throw failure(
                .malformed, "the repetition ends before it begins", at: start, length: position - start)
        }
        guard max(least, greatest ?? 0) < ProfileLimits.automatonStates else {
            throw failure(
                .tooLarge, "a repetition is at most \(ProfileLimits.automatonStates - 1) times", at: start,
                length: position - start)
        }
        return (least, greatest)
    }

    private func brace(_ start: Int) -> Failure {
        let rest = String(String.UnicodeScalarView(scalars[start...]))
        if let placeholder = ["{device}"].first(where: rest.hasPrefix) {
            return failure(
                .placeholder, "`\(placeholder)` is not filled in in regular expressions",
                help: "use `startswith`, `endswith` or a topic with wildcards", at: start,
                length: placeholder.unicodeScalars.count)
        }
        return failure(
            .malformed, "`{` begins a repetition such as `{2}` or `{1,3}`",
            help: "write `\\{` for the character itself", at: start, length: 1)
    }

    private mutating func atom() throws(Failure) -> ExpressionSyntax {
        guard let scalar = next else { return .empty }
        switch scalar {
        case "(": return try group()
        case "[": return .character(try characterClass())
        case ".":
            position += 1
            return .character(.any)
        case "^":
            position += 1
            return .start
        case "$":
            position += 1
            return .end
        case "\\": return .character(try escape(inClass: false))
        case "*", "+", "?":
            throw failure(
                .malformed, "there is nothing to repeat", help: "write `\\\(scalar)` for the character itself")
        case "{": throw brace(position)
        default:
            position += 1
            return .character(CharacterSet(scalar))
        }
    }

    private mutating func group() throws(Failure) -> ExpressionSyntax {
        let start = position
        position += 1
        if take("?") {
            guard take(":") else { throw specialGroup(start) }
        }
        depth += 1
        guard depth <= ProfileLimits.expressionNesting else {
            throw failure(
                .tooLarge, "groups are nested deeper than \(ProfileLimits.expressionNesting)", at: start, length: 1)
        }
        let inner = try alternatives()
        depth -= 1
        guard take(")") else { throw failure(.malformed, "this `(` is never closed", at: start, length: 1) }
        return inner
    }

    private func specialGroup(_ start: Int) -> Failure {
        let rest = scalars[position...].prefix(2)
        let first = rest.first
        let name: String =
            switch first {
            case "=", "!": "look-ahead is"
            case "<" where rest.last == "=" || rest.last == "!": "look-behind is"
            case ">": "atomic groups are"
            case "P", "<", "'": "named groups are"
            default: "inline flags are"
            }
        return failure(
            .irregular, "\(name) not supported",
            help: name == "named groups are"
                ? "nothing is captured, so a plain group will do"
                : "only what an automaton of bounded size can match is; combine several entries of `where` instead",
            at: start, length: position - start + 1)
    }

    /// The characters of an escape; the backslash is next.
    private mutating func escape(inClass: Bool) throws(Failure) -> CharacterSet {
        let start = position
        position += 1
        guard let scalar = next else {
            throw failure(.malformed, "a backslash at the end escapes nothing", at: start, length: 1)
        }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return CharacterSet.digits.inverted
        case "w": return .word
        case "W": return CharacterSet.word.inverted
        case "s": return .space
        case "S": return CharacterSet.space.inverted
        case "t": return CharacterSet("\t")
        case "n": return CharacterSet("\n")
        case "r": return CharacterSet("\r")
        case "x": return CharacterSet(try hexadecimal(start))
        case "1"..."9", "k":
            throw failure(
                .irregular, "back-references are not supported",
                help: "what they match is not regular, and can take time without bound", at: start, length: 2)
        case "b" where !inClass, "B":
            throw failure(
                .irregular, "word boundaries are not supported",
                help: "name the characters, such as `(^|/)` and `(/|$)`",
                at: start, length: 2)
        case "A", "z", "Z":
            throw failure(
                .irregular, "`\\\(scalar)` is not supported", help: "use `^` and `$`", at: start, length: 2)
        case "p", "P":
            throw failure(.irregular, "Unicode properties are not supported", at: start, length: 2)
        case "a"..."z", "A"..."Z", "0":
            throw failure(
                .malformed, "`\\\(scalar)` is not an escape",
                help: "known are \\d \\w \\s \\D \\W \\S \\t \\n \\r \\xHH",
                at: start, length: 2)
        default: return CharacterSet(scalar)
        }
    }

    private mutating func hexadecimal(_ start: Int) throws(Failure) -> Unicode.Scalar {
        let digits = String(String.UnicodeScalarView(scalars[position...].prefix(2)))
        guard digits.count == 2, let value = UInt8(digits, radix: 16), value <= CharacterSet.ascii else {
            throw failure(
                .malformed, "`\\x` takes two hexadecimal digits, at most 7F",
                help: "write other characters as they are", at: start, length: 2)
        }
        position += 2
        return Unicode.Scalar(value)
    }

    private mutating func characterClass() throws(Failure) -> CharacterSet {
        let start = position
        position += 1
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            if scalar == "[", scalars.dropFirst(position + 1).first == ":" {
                throw failure(
                    .malformed, "classes such as `[:alpha:]` are not known", help: "use `\\w`, `\\d` or ranges",
                    length: 2)
            }
            let lower = try classItem()
            guard next == "-", let end = scalars.dropFirst(position + 1).first, end != "]" else {
                ranges += lower.ranges
                continue
            }
            let dash = position
            position += 1
            let upper = try classItem()
            guard let first = lower.single, let last = upper.single, first <= last else {
                throw failure(
                    .malformed, "this range has no order", help: "write `\\-` for the character itself", at: dash,
                    length: 1)
            }
            ranges.append(first...last)
        }
        guard take("]") else { throw failure(.malformed, "this `[` is never closed", at: start, length: 1) }
        let set = CharacterSet(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func classItem() throws(Failure) -> CharacterSet {
        guard let scalar = next else { throw failure(.malformed, "the class is never closed") }
        if scalar == "\\" { return try escape(inClass: true) }
        position += 1
        return CharacterSet(scalar)
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func number() -> Int? {
        let start = position
        while let next, ("0"..."9").contains(next) { position += 1 }
        // Six digits are too many in any case, and none of them overflows.
        return Int(String(String.UnicodeScalarView(scalars[start..<position])).prefix(6))
    }

    private func failure(
        _ kind: Failure.Kind, _ message: String, help: String? = nil, at offset: Int? = nil, length: Int = 1
    ) -> Failure {
        Failure(kind: kind, message: message, help: help, offset: offset ?? position, length: length)
    }
}

extension CharacterSet {
    /// The only scalar of the set, if it has one.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}
