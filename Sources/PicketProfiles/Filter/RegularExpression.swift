/// A regular expression in the sense of the theory: literals, classes, groups, alternatives, repetitions and anchors,
/// nothing that needs to remember what was matched. It is found anywhere in a text unless `^` and `$` say otherwise.
///
/// It runs as an automaton whose time for each byte does not depend on the text, so that no text, however hostile, can
/// make it slow.
package struct RegularExpression: Hashable, Sendable {
    /// As it was written.
    package let source: String
    private let automaton: Automaton

    /// Why an expression is refused, and where.
    package struct Failure: Error, Equatable {
        /// What is wrong with it.
        package enum Kind: Sendable {
            /// It cannot be read.
            case malformed
            /// It asks for something that is not regular, or that is left out on purpose.
            case irregular
            /// Its automaton has too many states.
            case tooLarge
            /// A placeholder of templates, which expressions do not have.
            case placeholder
        }

        package var kind: Kind
        package var message: String
        package var help: String?
        /// Where, in Unicode scalars.
        package var offset: Int
        package var length: Int
    }

    /// Reads and compiles `source`.
    ///
    /// - Throws: ``Failure`` when it is malformed, not regular or too large.
    package init(_ source: String) throws(Failure) {
        var parser = ExpressionParser(source)
        let syntax = try parser.parse()
        var compiler = AutomatonCompiler()
        guard let automaton = compiler.compile(syntax) else {
            throw Failure(
                kind: .tooLarge, message: "the expression needs more than \(ProfileLimits.automatonStates) states",
                help: "repeat less, or split it into several values", offset: 0, length: source.unicodeScalars.count)
        }
        self.source = source
        self.automaton = automaton
    }

    /// Whether the expression is found in the text in `range` (UTF-8). Allocates nothing.
    package func matches(_ text: RawSpan, _ range: Range<Int>) -> Bool { automaton.matches(text, range) }

    /// Whether the expression is found in `text`.
    package func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return matches(bytes.span.bytes, 0..<bytes.count)
    }

    package static func == (a: RegularExpression, b: RegularExpression) -> Bool { a.source == b.source }
    package func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
