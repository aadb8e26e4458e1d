import PicketEvents

/// What secrets look like in a text, which is read once from its beginning to its end. Nothing is allocated unless a
/// name has to be looked at.
struct SecretSearch {
    enum Kind {
        /// What follows the question mark of a URL.
        case query
        case secret
    }

    private let range: Range<Int>
    private var position: Int
    /// `scheme://` stands before, in the same word.
    private var isURL = false
    /// What follows `scheme://` has not ended, and may hold a password.
    private var isAuthority = false
    /// The text is one of AWS's names of resources, in which colons stand between fields:
    /// `arn:aws:secretsmanager:eu-west-1:1:secret:db` is the name of a secret, and no secret.
    private var isARN: Bool?

    init(_ range: Range<Int>) {
        self.range = range
        position = range.lowerBound
    }

    /// Whether there is a secret in `range`.
    @inline(__always)
    static func finds(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        PlainText.isPlain(text, range) ? false : first(text, range)
    }

    @inline(never)
    private static func first(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var search = SecretSearch(range)
        return search.next(text) != nil
    }

    /// The next secret; it is never empty.
    mutating func next(_ text: RawSpan) -> (secret: Range<Int>, kind: Kind)? {
        while position < range.upperBound {
            if let (secret, kind) = find(text), secret.lowerBound < secret.upperBound {
                position = secret.upperBound
                return (secret, kind)
            }
            position += 1
        }
        return nil
    }

    /// The secret that the byte at ``position`` announces.
    private mutating func find(_ text: RawSpan) -> (secret: Range<Int>, kind: Kind)? {
        switch text.byte(at: position) {
        case 0x00...0x20, 0x22:
            isURL = false
            isAuthority = false
            return nil
        case 0x3A where position > range.lowerBound && text.holds("://", at: position, before: range.upperBound):
            isURL = true
            isAuthority = true
            position += 2
            return nil
        case 0x2F:
            isAuthority = false
            return nil
        case 0x3D:  // =
            return namedValue(text, after: 1).map { ($0, .secret) }
        case 0x3A:  // :
            if let password = userPassword(text) { return (password, .secret) }
            return isInARN(text) ? nil : namedValue(text, after: 1).map { ($0, .secret) }
        case 0x25:  // %3D and %3A, which are = and : in a URL
            guard text.holds("%3", at: position, before: range.upperBound), position + 2 < range.upperBound,
                [0x41, 0x44].contains(text.byte(at: position + 2) & 0xDF)
            else { return nil }
            return namedValue(text, after: 3).map { ($0, .secret) }
        case 0x3E:  // <password>…
            return element(text).map { ($0, .secret) }
        case 0x3F:  // ?
            return isURL ? (position + 1..<wordEnd(text), .query) : nil
        case 0x65:  // eyJ: a JSON web token or another base64 of `{"`
            guard startsWord(text), text.holds("eyJ", at: position, before: range.upperBound)
            else { return nil }
            let end = tokenEnd(text, position, withSlash: false)
            return end - position >= SecretSearch.shortestToken ? (position..<end, .secret) : nil
        case 0x2D:  // -----BEGIN … PRIVATE KEY-----, --password …
            if text.holds("-----BEGIN ", at: position, before: range.upperBound) {
                return (position..<range.upperBound, .secret)
            }
            return argument(text).map { ($0, .secret) }
        case 0x42, 0x62:  // Bearer, Basic
            guard startsWord(text),
                let scheme = SecretSearch.schemes.first(where: { begins(text, position, $0) })
            else { return nil }
            let start = position + scheme.utf8CodeUnitCount
            let end = tokenEnd(text, start, withSlash: true)
            return end - start >= SecretSearch.shortestCredential ? (start..<end, .secret) : nil
        case 0x67, 0x78, 0x73, 0x72, 0x41, 0x68, 0x6E, 0x70, 0x77, 0x79, 0x46, 0x49:  // g x s r A h n p w y F I
            guard startsWord(text),
                let prefix = SecretSearch.tokenPrefixes.first(where: {
                    text.holds($0, at: position, before: range.upperBound)
                })
            else { return nil }
            let start = position + prefix.utf8CodeUnitCount
            let end = tokenEnd(text, start, withSlash: false)
            return end - start >= SecretSearch.shortestToken ? (position..<end, .secret) : nil
        default:
            return nil
        }
    }

    /// Fewer characters cannot be guessed to be a token: `eyJ` alone is a word.
    static let shortestToken = 16
    /// Eight characters behind `Bearer ` or `Basic ` are what somebody logs in with.
    private static let shortestCredential = 8

    private static let schemes: [StaticString] = ["bearer ", "basic "]
    /// Tokens that say what they are: GitHub, GitLab, Grafana, Slack, Stripe, Google, Hugging Face, npm, PyPI, Vault,
    /// and the session tokens of AWS. Not AWS's access key ids, which are names of keys and belong into an audit
    /// trail.
    private static let tokenPrefixes: [StaticString] = [
        "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "glsa_", "xoxb-", "xoxp-", "xoxa-", "xapp-",
        "sk_live_", "sk_test_", "rk_live_", "sk-", "whsec_", "AIza", "ya29.", "hf_", "hvs.", "npm_", "pypi-",
        "FwoGZXIvYXdz", "IQoJb3JpZ2lu",
    ]

    /// In `scheme://user:password@host`, the password that follows the colon at ``position``.
    private mutating func userPassword(_ text: RawSpan) -> Range<Int>? {
        guard isAuthority, text.byte(at: position) == 0x3A else { return nil }
        var end = position + 1
        var at: Int?
        while end < range.upperBound, !isSpace(text.byte(at: end)), text.byte(at: end) != 0x2F,
            text.byte(at: end) != 0x22
        {
            if text.byte(at: end) == 0x40 { at = end }
            end += 1
        }
        // Where there is no `@` after this colon there is none after the next either.
        isAuthority = at != nil
        guard let at, at > position + 1 else { return nil }
        return position + 1..<at
    }

    private mutating func isInARN(_ text: RawSpan) -> Bool {
        if let isARN { return isARN }
        let found = text.holds("arn:", at: range.lowerBound, before: range.upperBound)
        isARN = found
        return found
    }

    /// The value that follows `name=` or `name: ` when the name says that it is a secret; also in JSON, and in JSON that
    /// is a text in JSON (`{\"password\":\"…\"}`).
    ///
    /// - Parameter length: of the sign at ``position``.
    private func namedValue(_ text: RawSpan, after length: Int) -> Range<Int>? {
        var end = position
        while end > range.lowerBound, [0x20, 0x22, 0x27, 0x5C].contains(text.byte(at: end - 1)) { end -= 1 }
        guard isSecretName(text, endingAt: end) else { return nil }
        return value(text, from: position + length)
    }

    /// Whether the name that ends before `end` is that of a secret.
    private func isSecretName(_ text: RawSpan, endingAt end: Int) -> Bool {
        var start = end
        let first = max(range.lowerBound, end - SecretNames.longest)
        while start > first, isNameByte(text.byte(at: start - 1)) { start -= 1 }
        return start < end && SecretNames.hold(text, start..<end)
    }

    /// The value that begins at `start` or behind white space and an opening quote.
    private func value(_ text: RawSpan, from start: Int) -> Range<Int>? {
        var value = start
        while value < range.upperBound, text.byte(at: value) == 0x20 { value += 1 }
        guard value < range.upperBound else { return nil }
        var quote = text.byte(at: value)
        if quote == 0x5C, value + 1 < range.upperBound {
            value += 1
            quote = text.byte(at: value)
        }
        if quote == 0x22 || quote == 0x27 {
            var close = text.first(quote, in: value + 1..<range.upperBound) ?? range.upperBound
            while close > value + 1, text.byte(at: close - 1) == 0x5C { close -= 1 }
            return value + 1..<close
        }
        if let scheme = SecretSearch.schemes.first(where: { begins(text, value, $0) }) {
            value += scheme.utf8CodeUnitCount
        }
        var close = value
        while close < range.upperBound, !endsValue(text.byte(at: close)) { close += 1 }
        return value..<close
    }

    /// In `<password>…`, what stands before the next `<`.
    private func element(_ text: RawSpan) -> Range<Int>? {
        guard isSecretName(text, endingAt: position) else { return nil }
        return position + 1..<(text.first(0x3C, in: position + 1..<range.upperBound) ?? range.upperBound)
    }

    /// In `--password …`, the word that follows. With `=` it is a named value.
    private func argument(_ text: RawSpan) -> Range<Int>? {
        guard startsWord(text), text.holds("--", at: position, before: range.upperBound) else { return nil }
        var end = position + 2
        while end < range.upperBound, isNameByte(text.byte(at: end)) { end += 1 }
        guard end < range.upperBound, isSpace(text.byte(at: end)), isSecretName(text, endingAt: end) else { return nil }
        return value(text, from: end + 1)
    }

    /// What ends a value without quotes: white space and & ; , | " ' } ) ]
    private func endsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x20, 0x26, 0x3B, 0x2C, 0x7C, 0x22, 0x27, 0x7D, 0x29, 0x5D: true
        default: false
        }
    }

    private func wordEnd(_ text: RawSpan) -> Int {
        var end = position
        while end < range.upperBound, !isSpace(text.byte(at: end)), text.byte(at: end) != 0x22 { end += 1 }
        return end
    }

    /// Whether `word`, in lower case, stands at `start` in any case.
    private func begins(_ text: RawSpan, _ start: Int, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start + count <= range.upperBound else { return false }
        return word.withUTF8Buffer { letters in
            for offset in 0..<count where text.byte(at: start + offset) | 0x20 != letters[offset] { return false }
            return true
        }
    }

    private func startsWord(_ text: RawSpan) -> Bool {
        position == range.lowerBound || !isNameByte(text.byte(at: position - 1))
    }

    /// Where a token (base64 of either alphabet, with dots) ends. A slash is in basic credentials only; in a topic it ends
    /// a level.
    private func tokenEnd(_ text: RawSpan, _ start: Int, withSlash: Bool) -> Int {
        var position = start
        while position < range.upperBound {
            let byte = text.byte(at: position)
            guard isNameByte(byte) || byte == 0x2B || byte == 0x3D || byte == 0x7E || (withSlash && byte == 0x2F) else {
                break
            }
            position += 1
        }
        return position
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 }
}
