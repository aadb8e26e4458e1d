import PicketEvents

/// Takes secrets out of texts before they reach a batch, and so the log (DESIGN §4): the query of a URL, passwords,
/// tokens and keys that are named as such, bearer and basic credentials, JSON web tokens, private keys, the password
/// in `scheme://user:password@host`. What a secret looks like is in ``SecretSearch``.
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

    /// What the names around a value say of it.
    enum Secrecy {
        case none
        /// Its texts are secrets.
        case texts
        /// Its numbers are secrets too.
        case everything

        /// Of a member called `name` inside.
        func of(_ name: [UInt8]) -> Secrecy {
            if self == .everything || SecretNames.holdNumber(name) { return .everything }
            return self == .texts || Redaction.isSensitive(name) ? .texts : .none
        }
    }

    /// All texts in `value` without secrets; of a member whose name says that it is one, no text at all. Names that are
    /// the same without their secrets are one: the first stays.
    package static func value(_ value: JSONValue) -> JSONValue { self.value(value, .none) }

    /// As ``value(_:)``, of the value of something called `name`.
    package static func value(_ value: JSONValue, of name: String) -> JSONValue {
        self.value(value, Secrecy.none.of(Array(name.utf8)))
    }

    private static func value(_ value: JSONValue, _ secrecy: Secrecy) -> JSONValue {
        switch value {
        case .string(let text): return .string(secrecy == .none ? self.text(text) : "***")
        case .integer, .decimal: return secrecy == .everything ? .string("***") : value
        case .array(let values): return .array(values.map { self.value($0, secrecy) })
        case .object(let object):
            var names: Set<String> = []
            return .object(
                JSONObject(
                    object.members.compactMap { member in
                        let name = self.text(member.name)
                        guard names.insert(name).inserted else { return nil }
                        return (name, self.value(member.value, secrecy.of(Array(member.name.utf8))))
                    }))
        default: return value
        }
    }

    /// Whether a name says that its value is a secret.
    static func isSensitive(_ name: [UInt8]) -> Bool {
        SecretNames.hold(name.span.bytes, 0..<name.count)
    }

    /// `bytes` without secrets; nil when there is none in them.
    package static func redacted(_ bytes: [UInt8]) -> [UInt8]? {
        let text = bytes.span.bytes
        var search = SecretSearch(0..<bytes.count)
        var out: [UInt8] = []
        var start = 0
        while let (secret, kind) = search.next(text) {
            out += bytes[start..<secret.lowerBound]
            out += kind == .query ? query : mark
            start = secret.upperBound
        }
        guard start > 0 else { return nil }
        return out + bytes[start...]
    }
}
