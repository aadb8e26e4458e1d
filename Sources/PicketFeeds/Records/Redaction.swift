/// Takes secrets out of texts before they reach a batch, and so the log (DESIGN §4): the query of a URL, passwords,
/// tokens and keys that are named as such, bearer and basic credentials, JSON web tokens, private keys, the password
/// in `scheme://user:password@host`.
///
/// A secret that looks like any other word cannot be told from one. So free text of devices is not kept at all; this is
/// for the texts that are: topics, names, resources, agents, messages of services.
package enum Redaction {
    /// What stands in place of a secret.
    static let mark = Array("***".utf8)
    /// What stands in place of the query of a URL.
    static let query = Array("redacted".utf8)

    /// `text` without secrets.
    package static func text(_ text: String) -> String {
        guard let bytes = redacted(Array(text.utf8)) else { return text }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// All texts in `value` without secrets; of a member whose name says that it is one, no text at all.
    package static func value(_ value: JSONValue) -> JSONValue { self.value(value, isSecret: false) }

    private static func value(_ value: JSONValue, isSecret: Bool) -> JSONValue {
        switch value {
        case .string(let text): .string(isSecret ? "***" : self.text(text))
        case .array(let values): .array(values.map { self.value($0, isSecret: isSecret) })
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        let isSecret = isSecret || isSensitive(Array(member.name.utf8))
                        return (self.text(member.name), self.value(member.value, isSecret: isSecret))
                    }))
        default: value
        }
    }

    /// `bytes` without secrets; nil when there is none in them.
    package static func redacted(_ bytes: [UInt8]) -> [UInt8]? {
        var ranges: [(range: Range<Int>, mark: [UInt8])] = []
        var position = 0
        while position < bytes.count {
            if let found = find(bytes, position) {
                if !found.range.isEmpty { ranges.append(found) }
                position = max(found.range.upperBound, position + 1)
            } else {
                position += 1
            }
        }
        guard !ranges.isEmpty else { return nil }
        var out: [UInt8] = []
        var start = 0
        for (range, mark) in ranges {
            out += bytes[start..<range.lowerBound]
            out += mark
            start = range.upperBound
        }
        out += bytes[start...]
        return out
    }

    /// The secret that the byte at `position` announces.
    private static func find(_ bytes: [UInt8], _ position: Int) -> (range: Range<Int>, mark: [UInt8])? {
        switch bytes[position] {
        case 0x3D, 0x3A:  // = and :
            if let password = userPassword(bytes, position) { return (password, mark) }
            guard let value = namedValue(bytes, position) else { return nil }
            return (value, mark)
        case 0x3F:  // ?
            guard isURL(bytes[..<position]) else { return nil }
            let end = bytes[position...].firstIndex { isSpace($0) || $0 == 0x22 } ?? bytes.count
            return position + 1 < end ? (position + 1..<end, query) : nil
        case 0x65 where startsWord(bytes, position):  // eyJ: a JSON web token or another base64 of `{"`
            guard bytes[position...].starts(with: webToken) else { return nil }
            let end = tokenEnd(bytes, position)
            return end - position >= 16 ? (position..<end, mark) : nil
        case 0x2D:  // -----BEGIN … PRIVATE KEY-----
            guard bytes[position...].starts(with: pemBegin) else { return nil }
            return (position..<bytes.count, mark)
        case 0x42, 0x62:  // Bearer, Basic
            guard startsWord(bytes, position),
                let scheme = schemes.first(where: { hasPrefix(bytes, position, $0) })
            else { return nil }
            let start = position + scheme.count
            let end = tokenEnd(bytes, start)
            return end - start >= 8 ? (start..<end, mark) : nil
        case 0x67, 0x78, 0x73, 0x41, 0x68:  // g x s A h
            guard startsWord(bytes, position),
                let prefix = tokenPrefixes.first(where: { bytes[position...].starts(with: $0) })
            else { return nil }
            let end = tokenEnd(bytes, position + prefix.count)
            return end - position >= prefix.count + 16 ? (position..<end, mark) : nil
        default:
            return nil
        }
    }

    private static let webToken = Array("eyJ".utf8)
    private static let pemBegin = Array("-----BEGIN".utf8)
    private static let schemes = ["bearer ", "basic "].map { Array($0.utf8) }
    /// Tokens that say what they are: GitHub, GitLab, Slack, Stripe, Google, Hugging Face. Not AWS's access key ids, which
    /// are names of keys and belong into an audit trail.
    private static let tokenPrefixes = [
        "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "sk-", "AIza", "hf_",
    ].map { Array($0.utf8) }

    /// In `scheme://user:password@host`, the password that follows the colon at `position`.
    private static func userPassword(_ bytes: [UInt8], _ position: Int) -> Range<Int>? {
        guard bytes[position] == 0x3A else { return nil }
        let host = bytes[(position + 1)...].prefix { !isSpace($0) && $0 != 0x2F && $0 != 0x22 }
        guard let at = host.lastIndex(of: 0x40), at > position + 1 else { return nil }
        let before = bytes[..<position]
        guard let slash = before.lastIndex(of: 0x2F), slash >= 2, bytes[slash - 1] == 0x2F, bytes[slash - 2] == 0x3A
        else { return nil }
        return position + 1..<at
    }

    /// The value that follows `name=` or `name: ` when the name says that it is a secret.
    private static func namedValue(_ bytes: [UInt8], _ position: Int) -> Range<Int>? {
        var end = position
        while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x22 || bytes[end - 1] == 0x27 { end -= 1 }
        var start = end
        while start > 0, isNameByte(bytes[start - 1]) { start -= 1 }
        guard start < end, isSensitive(Array(bytes[start..<end])) else { return nil }
        var value = position + 1
        while value < bytes.count, bytes[value] == 0x20 { value += 1 }
        guard value < bytes.count else { return nil }
        if bytes[value] == 0x22 || bytes[value] == 0x27 {
            let close = bytes[(value + 1)...].firstIndex(of: bytes[value]) ?? bytes.count
            return value + 1..<close
        }
        if let scheme = schemes.first(where: { hasPrefix(bytes, value, $0) }) { value += scheme.count }
        let close = bytes[value...].firstIndex { isSpace($0) || separators.contains($0) } ?? bytes.count
        return value..<close
    }

    /// What ends a value without quotes: & ; , | " ' } ) ]
    private static let separators: Set<UInt8> = [0x26, 0x3B, 0x2C, 0x7C, 0x22, 0x27, 0x7D, 0x29, 0x5D]

    /// Whether a name says that its value is a secret.
    static func isSensitive(_ name: [UInt8]) -> Bool {
        let lower = name.compactMap { byte -> UInt8? in
            switch byte {
            case 0x41...0x5A: byte + 0x20
            case 0x5F, 0x2D, 0x2E: nil
            default: byte
            }
        }
        if whole.contains(lower) { return true }
        return parts.contains { contains(lower, $0) }
    }

    /// Names that are secrets only as they are; in longer ones (`keyword`, `passage`) they mean something else.
    private static let whole: Set<[UInt8]> = Set(
        ["key", "pass", "psk", "jwt", "pin", "otp", "auth", "sig", "sas", "pw", "cookie"].map { Array($0.utf8) })
    /// What makes any name one of a secret; compared in lower case without `_`, `-` and `.`.
    private static let parts: [[UInt8]] = [
        "password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "privatekey", "sharedkey",
        "credential", "authorization", "signature", "xamz", "setcookie",
    ].map { Array($0.utf8) }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        for start in 0...(bytes.count - part.count) where bytes[start..<start + part.count].elementsEqual(part) {
            return true
        }
        return false
    }

    /// Whether a URL ends here: `scheme://host/path` with no white space since.
    private static func isURL(_ before: ArraySlice<UInt8>) -> Bool {
        let word = before.lastIndex { isSpace($0) || $0 == 0x22 }.map { before[($0 + 1)...] } ?? before
        guard let colon = word.firstIndex(of: 0x3A), colon > word.startIndex else { return false }
        return word[(colon + 1)...].starts(with: [0x2F, 0x2F])
    }

    private static func hasPrefix(_ bytes: [UInt8], _ start: Int, _ prefix: [UInt8]) -> Bool {
        guard start + prefix.count <= bytes.count else { return false }
        return zip(bytes[start...], prefix).allSatisfy { $0 | 0x20 == $1 }
    }

    private static func startsWord(_ bytes: [UInt8], _ position: Int) -> Bool {
        position == 0 || !isNameByte(bytes[position - 1])
    }

    /// Where a token (base64 of either alphabet, with dots) ends.
    private static func tokenEnd(_ bytes: [UInt8], _ start: Int) -> Int {
        guard start < bytes.count else { return bytes.count }
        return bytes[start...].firstIndex { !isNameByte($0) && $0 != 0x2B && $0 != 0x2F && $0 != 0x3D && $0 != 0x7E }
            ?? bytes.count
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 }
}
