import PicketEvents

/// Which names say that what stands beside them is a secret. Compared in lower case, without `_`, `-` and `.`.
enum SecretNames {
    /// Names that are secrets only as they are; in longer ones (`keyword`, `passage`) they mean something else.
    private static let whole = [
        "key", "pass", "psk", "jwt", "pin", "otp", "auth", "sig", "sas", "pw", "cookie", "bearer", "sid",
    ].map { Array($0.utf8) }
    /// What makes any name one of a secret.
    private static let parts = [
        "password", "passwd", "passphrase", "passcode", "pincode", "pwd", "secret", "token", "apikey", "accesskey",
        "accountkey", "privatekey", "sharedkey", "masterkey", "signingkey", "encryptionkey", "licensekey",
        "connectionstring", "credential", "authorization", "signature", "xamz", "setcookie",
    ].map { Array($0.utf8) }
    /// Names of what is only about secrets: AWS's service, whose actions are `secretsmanager:GetSecretValue`.
    private static let others = ["secretsmanager"].map { Array($0.utf8) }
    /// What a name ends with whose value is a secret even if it is a number. A metric that counts them
    /// (`password-failures`) ends otherwise.
    private static let endings = [
        "password", "passwd", "passphrase", "passcode", "pincode", "pwd", "secret", "apikey", "accesskey", "accountkey",
        "privatekey", "sharedkey", "masterkey", "psk", "otp",
    ].map { Array($0.utf8) }
    /// The shortest of them.
    private static let shortest = 2
    /// A longer one is no name. Its end is looked at.
    static let longest = 128

    /// Whether the name in `range` is one.
    static func hold(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count >= shortest, isWord(text, range) else { return false }
        let lower = normal(text, range)
        if whole.contains(lower) { return true }
        return !others.contains(lower) && parts.contains { contains(lower, $0) }
    }

    /// Whether the name is one of a secret that may be a number.
    static func holdNumber(_ name: [UInt8]) -> Bool {
        let lower = normal(name.span.bytes, 0..<name.count)
        return endings.contains { lower.count >= $0.count && lower[(lower.count - $0.count)...].elementsEqual($0) }
    }

    /// In lower case and without what stands between words; of a long one its end.
    private static func normal(_ text: RawSpan, _ range: Range<Int>) -> [UInt8] {
        let range = max(range.lowerBound, range.upperBound - longest)..<range.upperBound
        var lower: [UInt8] = []
        lower.reserveCapacity(range.count)
        for index in range {
            let byte = text.byte(at: index)
            switch byte {
            case 0x41...0x5A: lower.append(byte + 0x20)
            case 0x5F, 0x2D, 0x2E: continue
            default: lower.append(byte)
            }
        }
        return lower
    }

    /// Whether there is a letter in it that is no hexadecimal digit: each of our names has one, while times, ports and
    /// hardware addresses (`aa:bb:cc`) have none, and are common.
    private static func isWord(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        for index in range where (0x67...0x7A).contains(text.byte(at: index) | 0x20) { return true }
        return false
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        for start in 0...(bytes.count - part.count) where bytes[start] == part[0] {
            if bytes[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }
}
