import PicketEvents
import Testing

@testable import PicketProfiles

@Suite struct RegularExpressionTests {
    @Test(
        "finds what it says",
        arguments: [
            ("abc", "xxabcxx", true), ("abc", "xxabxc", false), ("^abc", "abcx", true), ("^abc", "xabc", false),
            ("abc$", "xabc", true), ("abc$", "abcx", false), ("^abc$", "abc", true), ("^$", "", true),
            ("^$", "a", false),
            ("", "anything", true), ("a|b", "xb", true), ("^(a|b)$", "c", false), ("^a*$", "", true),
            ("^a*$", "aaa", true),
            ("^a+$", "", false), ("^a?b$", "ab", true), ("^a?b$", "aab", false), ("^a{2}$", "aa", true),
            ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaa", true), ("^a{2,}$", "a", false), ("^a{1,3}$", "aaaa", false),
            ("^a{0}$", "", true), ("^(ab){2}$", "abab", true), ("^.$", "é", true), ("^.$", "\u{1F600}", true),
            ("^..$", "é", false), ("^.$", "\n", false), ("^[^/]+$", "aé日", true), ("^[^/]+$", "a/b", false),
            ("^[a-c]+$", "abcb", true), ("^[a-c]+$", "abd", false), ("^[à-ü]$", "é", true), ("^[à-ü]$", "e", false),
            ("^[α-ω日]$", "β", true), ("^[α-ω日]$", "日", true), ("^[α-ω日]$", "本", false), ("^[]a]+$", "]a", true),
            ("^[a-]+$", "a-", true), ("^[\\d_]+$", "1_2", true), ("^\\w+$", "aZ_9", true), ("^\\w+$", "a-b", false),
            ("^\\D$", "é", true), ("^\\S+\\s\\S+$", "a b", true), ("^\\.$", "a", false), ("^\\/\\.\\x41$", "/.A", true),
            ("^(?:a|b)+?$", "abab", true), ("(^|/)admin(/|$)", "a/admin/b", true), ("(^|/)admin(/|$)", "admin", true),
            ("(^|/)admin(/|$)", "a/administrator", false), ("a^b", "a^b", false), ("a$b", "ab", false),
            ("$", "abc", true),
            ("^(a*)*$", "aaaa", true), ("^(|a)+$", "aa", true), ("()", "", true), ("^\u{10000}$", "\u{10000}", true),
            ("[\u{80}-\u{10FFFF}]", "plain", false), ("[\u{80}-\u{10FFFF}]", "ü", true),
            ("[\u{81}-\u{FFFF}]", "\u{FFFF}", true),
            ("[\u{81}-\u{FFFF}]", "\u{80}", false),
        ])
    func finds(expression: String, text: String, found: Bool) throws {
        #expect(try RegularExpression(expression).matches(text) == found)
    }

    @Test(
        "no text makes it slow",
        arguments: [
            "^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "a{1,250}$",
            "(a?){120}a{120}",
            "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[0-9]$", "([^/]*/)*b",
        ])
    func hostile(expression: String) throws {
        let expression = try RegularExpression(expression)
        let texts = ["a", "x", "az", "a/"].map { String(repeating: $0, count: 32 << 10) + "!" }
        let clock = ContinuousClock()
        let took = clock.measure { for text in texts { _ = expression.matches(text) } }
        // Half a megabyte at most in all, a million steps each at worst; a backtracking matcher would take years.
        #expect(took < .seconds(20))
    }

    /// The obvious matcher: the set of all places where a match of a part can end.
    static func ends(_ syntax: ExpressionSyntax, _ text: [Unicode.Scalar], _ starts: Set<Int>) -> Set<Int> {
        switch syntax {
        case .empty: return starts
        case .start: return starts.filter { $0 == 0 }
        case .end: return starts.filter { $0 == text.count }
        case .character(let set):
            return Set(
                starts.filter { start in
                    start < text.count && set.ranges.contains { $0.contains(text[start].value) }
                }.map { $0 + 1 })
        case .sequence(let items): return items.reduce(starts) { ends($1, text, $0) }
        case .alternatives(let branches):
            return branches.reduce(into: Set<Int>()) { $0.formUnion(ends($1, text, starts)) }
        case .repetition(let item, let least, let greatest):
            var current = starts
            for _ in 0..<least { current = ends(item, text, current) }
            var all = current
            var rounds = greatest.map { $0 - least } ?? text.count + 1
            while rounds > 0, !current.isEmpty {
                current = ends(item, text, current)
                all.formUnion(current)
                rounds -= 1
            }
            return all
        }
    }

    static func random(depth: Int, _ random: inout some RandomNumberGenerator) -> String {
        let atoms = ["a", "b", "é", ".", "[ab]", "[^a]", "[a-é]", "日", "\\w", "^", "$"]
        guard depth > 0 else { return atoms.randomElement(using: &random) ?? "a" }
        func inner() -> String { Self.random(depth: depth - 1, &random) }
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return inner() + inner()
        case 1: return "(\(inner())|\(inner()))"
        case 2: return "(\(inner()))*"
        case 3: return "(\(inner()))+"
        case 4: return "(\(inner()))?"
        case 5: return "(\(inner())){1,3}"
        default: return inner() + inner() + inner()
        }
    }

    @Test("agrees with the obvious matcher")
    func agrees() throws {
        var random = SeededGenerator(seed: 7)
        let alphabet: [Unicode.Scalar] = ["a", "b", "é", "日", "/"]
        for _ in 0..<1_500 {
            let source = Self.random(depth: Int.random(in: 0...4, using: &random), &random)
            var parser = ExpressionParser(source)
            guard let expression = try? RegularExpression(source), let syntax = try? parser.parse() else { continue }
            for _ in 0..<8 {
                let count = Int.random(in: 0...6, using: &random)
                let text = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? "a" }
                let expected = !Self.ends(syntax, text, Set(0...count)).isEmpty
                let string = String(String.UnicodeScalarView(text))
                #expect(expression.matches(string) == expected, "\(source) on \(string)")
            }
        }
    }
}
