import Crypto
package import PicketEvents

/// The identity of a violation (DESIGN §5): the first 32 hexadecimal digits of SHA-256 over the canonical JSON array
/// `[profile, behavior, subject kind, subject, T in ms, n]`.
package enum ViolationID {
    /// - Parameters:
    ///   - boundary: T, in Unix milliseconds.
    ///   - earlier: how many violations of the same key and T were opened before.
    package static func make(
        profile: String, behavior: String, subjectKind: SubjectKind, subject: ArraySlice<UInt8>, boundary: Int64,
        earlier: Int
    ) -> String {
        var json: [UInt8] = [0x5B]
        CanonicalJSON.appendString(profile, to: &json)
        json.append(0x2C)
        CanonicalJSON.appendString(behavior, to: &json)
        json.append(0x2C)
        CanonicalJSON.appendString(subjectKind.rawValue, to: &json)
        json.append(0x2C)
        let bytes = Array(subject)
        CanonicalJSON.appendString(bytes.span.bytes, 0..<bytes.count, to: &json)
        json.append(0x2C)
        CanonicalJSON.append(boundary, to: &json)
        json.append(0x2C)
        CanonicalJSON.append(Int64(earlier), to: &json)
        json.append(0x5D)
        return Hex.string(SHA256.hash(data: json).prefix(16))
    }
}
