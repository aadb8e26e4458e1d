import Foundation
import SwiftASN1
import X509

/// A certificate revocation list, version 2 (RFC 5280 §5), as DER. swift-certificates has no type for it.
struct RevocationList {
    /// One revoked certificate.
    struct Entry {
        /// The serial number, big-endian, without sign.
        var serial: [UInt8]
        var revokedAt: Date
        var reason: RevocationReason
    }

    var issuer: DistinguishedName
    /// The subject key identifier of the issuer, by which a verifier finds its key.
    var keyIdentifier: [UInt8]
    /// Larger than that of every list before (RFC 5280 §5.2.3).
    var number: UInt64
    var thisUpdate: Date
    var nextUpdate: Date
    var entries: [Entry]

    private enum Identifier {
        static let crlNumber: ASN1ObjectIdentifier = [2, 5, 29, 20]
        static let reasonCode: ASN1ObjectIdentifier = [2, 5, 29, 21]
        static let authorityKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 35]
    }

    /// The list, signed by `key`, in PEM with a line feed at its end.
    ///
    /// - Throws: when a date cannot be written, or the signature does not verify again.
    func pem(signedBy key: AuthorityKey) throws -> String {
        let body = try signedPart(by: key)
        let signature = try key.signature(for: body)
        var list = DER.Serializer()
        try list.appendConstructedNode(identifier: .sequence) { list in
            list.serializeRawBytes(body)
            try key.appendAlgorithm(to: &list)
            try list.serialize(ASN1BitString(bytes: ArraySlice(signature)))
        }
        // pemString ends without a line feed, and openssl cannot read two such files joined.
        return PEMDocument(type: "X509 CRL", derBytes: list.serializedBytes).pemString + "\n"
    }

    private func signedPart(by key: AuthorityKey) throws -> [UInt8] {
        var out = DER.Serializer()
        try out.appendConstructedNode(identifier: .sequence) { out in
            try out.serialize(1)
            try key.appendAlgorithm(to: &out)
            try out.serialize(issuer)
            try RevocationList.time(thisUpdate, &out)
            try RevocationList.time(nextUpdate, &out)
            // An empty list is left out as a whole (RFC 5280 §5.1.2.6).
            if !entries.isEmpty {
                try out.appendConstructedNode(identifier: .sequence) { out in
                    for entry in entries { try RevocationList.append(entry, &out) }
                }
            }
            try out.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { out in
                try out.appendConstructedNode(identifier: .sequence) { out in
                    try RevocationList.extension(Identifier.authorityKeyIdentifier, &out) { out in
                        out.appendConstructedNode(identifier: .sequence) { out in
                            out.appendPrimitiveNode(identifier: .init(tagWithNumber: 0, tagClass: .contextSpecific)) {
                                $0.append(contentsOf: keyIdentifier)
                            }
                        }
                    }
                    try RevocationList.extension(Identifier.crlNumber, &out) { try $0.serialize(number) }
                }
            }
        }
        return out.serializedBytes
    }

    private static func append(_ entry: Entry, _ out: inout DER.Serializer) throws {
        try out.appendConstructedNode(identifier: .sequence) { out in
            out.appendPrimitiveNode(identifier: .integer) { bytes in
                // A leading bit that is set would make the number negative.
                if entry.serial.first ?? 0x80 >= 0x80 { bytes.append(0) }
                bytes.append(contentsOf: entry.serial)
            }
            try time(entry.revokedAt, &out)
            guard let code = entry.reason.code else { return }
            try out.appendConstructedNode(identifier: .sequence) { out in
                try Self.extension(Identifier.reasonCode, &out) { out in
                    out.appendPrimitiveNode(identifier: .enumerated) { $0.append(code) }
                }
            }
        }
    }

    private static func `extension`(
        _ identifier: ASN1ObjectIdentifier, _ out: inout DER.Serializer, _ value: (inout DER.Serializer) throws -> Void
    ) throws {
        var inner = DER.Serializer()
        try value(&inner)
        let bytes = inner.serializedBytes
        try out.appendConstructedNode(identifier: .sequence) { out in
            try out.serialize(identifier)
            try out.serialize(ASN1OctetString(contentBytes: ArraySlice(bytes)))
        }
    }

    /// UTCTime until 2049, GeneralizedTime after (RFC 5280 §5.1.2.4).
    private static func time(_ date: Date, _ out: inout DER.Serializer) throws {
        var calendar = Calendar(identifier: .gregorian)
        guard let zone = TimeZone(secondsFromGMT: 0) else {
            throw AuthorityError(problem: "this system does not know UTC", remedy: "install its time zone data")
        }
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let (year, month, day) = (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
        let (hour, minute, second) = (parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
        if year < 2050 {
            try out.serialize(
                UTCTime(year: year, month: month, day: day, hours: hour, minutes: minute, seconds: second))
        } else {
            try out.serialize(
                GeneralizedTime(
                    year: year, month: month, day: day, hours: hour, minutes: minute, seconds: second,
                    fractionalSeconds: 0))
        }
    }
}
