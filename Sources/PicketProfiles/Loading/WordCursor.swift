/// Splits words, numbers and comparison signs, and knows where each stands: `200MB` is a number and a word.
struct WordCursor {
    /// One word, number or sign.
    struct Word: Equatable {
        var text: String
        /// As offsets in Unicode scalars.
        var range: Range<Int>
        var isNumber: Bool
    }

    private let words: [Word]
    private let length: Int
    private var position = 0
    private let scalars: [Unicode.Scalar]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        length = scalars.count
        var words: [Word] = []
        var start = 0
        while start < length {
            guard scalars[start] != " ", scalars[start] != "\t", scalars[start] != "\n" else {
                start += 1
                continue
            }
            let kind = Self.kind(scalars[start])
            var end = start + 1
            while end < length, Self.kind(scalars[end]) == kind { end += 1 }
            let text = String(String.UnicodeScalarView(scalars[start..<end]))
            words.append(Word(text: text, range: start..<end, isNumber: kind == .number))
            start = end
        }
        self.words = words
    }

    private enum Kind { case number, sign, word, space }

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        switch scalar {
        case "0"..."9", ".": .number
        case "<", ">", "=": .sign
        case " ", "\t", "\n": .space
        default: .word
        }
    }

    /// The word that is read next; nil at the end.
    var next: Word? { position < words.count ? words[position] : nil }

    /// The word behind the next one.
    var after: Word? { position + 1 < words.count ? words[position + 1] : nil }

    /// All that is left, for a message; never empty.
    var restRange: Range<Int> {
        guard let next, let last = words.last else { return endRange }
        return next.range.lowerBound..<last.range.upperBound
    }

    /// All that is left, as it is written.
    var restText: String { String(String.UnicodeScalarView(scalars[restRange.clamped(to: 0..<length)])) }

    /// Everything.
    var wholeRange: Range<Int> { 0..<max(length, 1) }

    /// The place behind the last word.
    var endRange: Range<Int> {
        let end = words.last?.range.upperBound ?? 0
        return end..<end + 1
    }

    /// Takes `word`, whatever its case, if it is next.
    mutating func take(_ word: String) -> Bool { take([word]) }

    /// Takes `spelling` if those are the next words.
    mutating func take(_ spelling: [String]) -> Bool {
        guard position + spelling.count <= words.count else { return false }
        for (offset, word) in spelling.enumerated() where words[position + offset].text.lowercased() != word {
            return false
        }
        position += spelling.count
        return true
    }

    /// Takes a number if one is next.
    mutating func takeNumber() -> Word? {
        guard let next, next.isNumber else { return nil }
        position += 1
        return next
    }

    /// Passes over the next word.
    mutating func skip() { position += 1 }
}
