import SwiftASN1

/// What can be read of a certificate without using its key: the library refuses keys that are too short to be used, and
/// those are what an audit looks for.
struct CertificateOutline {
    /// The bits of an RSA key; nil for other kinds.
    let rsaBits: Int?
    /// Whether it may issue others (RFC 5280 §4.2.1.9).
    let isAuthority: Bool

    /// - Parameter der: a certificate (RFC 5280 §4.1: version, serial, algorithm, issuer, validity, subject, key, and what
    ///   follows); nil when it is none.
    init?(der: [UInt8]) {
        guard let root = try? DER.parse(der), let body = Self.children(root)?.first,
            var fields = Self.children(body)?[...]
        else { return nil }
        if fields.first?.identifier.tagClass == .contextSpecific { fields.removeFirst() }
        guard let key = fields.dropFirst(5).first, let string = Self.children(key)?.last,
            case .primitive(let bits) = string.content
        else { return nil }
        // A bit string begins with the number of its unused bits.
        rsaBits = CertificateOutline.bits(ofKey: bits.dropFirst())
        isAuthority = fields.dropFirst(6).contains { Self.saysAuthority($0) }
    }

    /// The bits of an RSA key as certificates hold it, which is a sequence of two numbers (RFC 8017 §A.1.1); nil for other
    /// kinds: an EC key is a point, which begins with 2, 3 or 4 (RFC 5480 §2.2).
    static func bits(ofKey key: ArraySlice<UInt8>) -> Int? {
        guard key.first == 0x30, let node = try? DER.parse(key), let modulus = children(node)?.first,
            case .primitive(let bytes) = modulus.content
        else { return nil }
        let significant = bytes.drop { $0 == 0 }
        return significant.count * 8 - (significant.first?.leadingZeroBitCount ?? 0)
    }

    /// id-ce-basicConstraints, 2.5.29.19.
    private static let basicConstraints: [UInt8] = [0x55, 0x1D, 0x13]

    /// Whether the list of extensions holds basic constraints whose first member is true.
    private static func saysAuthority(_ field: ASN1Node) -> Bool {
        for list in children(field) ?? [] {
            for node in children(list) ?? [] {
                guard let parts = children(node), let name = parts.first, case .primitive(let id) = name.content,
                    id.elementsEqual(basicConstraints), case .primitive(let value)? = parts.last?.content,
                    let inner = try? DER.parse(value), let flag = children(inner)?.first,
                    case .primitive(let truth) = flag.content
                else { continue }
                return truth.elementsEqual([0xFF])
            }
        }
        return false
    }

    private static func children(_ node: ASN1Node) -> [ASN1Node]? {
        guard case .constructed(let nodes) = node.content else { return nil }
        return Array(nodes)
    }
}
