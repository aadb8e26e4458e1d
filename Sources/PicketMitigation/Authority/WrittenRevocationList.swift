import Foundation
import SwiftASN1
import X509

/// A revocation list that somebody wrote, as it is read (RFC 5280 §5.1): whom it revokes, its number, and who signed it.
struct WrittenRevocationList {
    /// 0 where it has none; the largest where it is larger than that.
    var number: UInt64 = 0
    /// Whether it holds only what has changed since another one.
    var isDelta = false
    var entries: [RevocationList.Entry] = []

    private var signedPart: [UInt8] = []
    private var algorithm: Certificate.SignatureAlgorithm?
    private var signature: [UInt8] = []

    private enum Identifier {
        static let crlNumber: ASN1ObjectIdentifier = [2, 5, 29, 20]
        static let reasonCode: ASN1ObjectIdentifier = [2, 5, 29, 21]
        static let deltaIndicator: ASN1ObjectIdentifier = [2, 5, 29, 27]
        /// RFC 5758 §3.2 and RFC 8017 §A.2.4.
        static let algorithms: [ASN1ObjectIdentifier: Certificate.SignatureAlgorithm] = [
            [1, 2, 840, 10045, 4, 3, 2]: .ecdsaWithSHA256, [1, 2, 840, 10045, 4, 3, 3]: .ecdsaWithSHA384,
            [1, 2, 840, 10045, 4, 3, 4]: .ecdsaWithSHA512, [1, 2, 840, 113549, 1, 1, 11]: .sha256WithRSAEncryption,
            [1, 2, 840, 113549, 1, 1, 12]: .sha384WithRSAEncryption,
            [1, 2, 840, 113549, 1, 1, 13]: .sha512WithRSAEncryption,
        ]
    }

    /// All lists of a file in PEM that can be read; a broker's file may hold those of several authorities.
    static func all(pem: String) -> [WrittenRevocationList] {
        let documents = (try? PEMDocument.parseMultiple(pemString: pem)) ?? []
        return documents.filter { $0.discriminator == "X509 CRL" }.compactMap {
            try? WrittenRevocationList(der: $0.derBytes)
        }
    }

    /// Whether the key of `certificate` signed it.
    func isSigned(by certificate: Certificate) -> Bool {
        guard let algorithm else { return false }
        return certificate.publicKey.isValidSignature(signature, for: signedPart, signatureAlgorithm: algorithm)
    }

    private init(der: [UInt8]) throws {
        let parts = try Self.children(try DER.parse(der))
        guard parts.count == 3 else { throw Self.unreadable("a list has three parts") }
        signedPart = Array(parts[0].encodedBytes)
        if let first = try Self.children(parts[1]).first {
            algorithm = Identifier.algorithms[try ASN1ObjectIdentifier(derEncoded: first)]
        }
        signature = Array(try ASN1BitString(derEncoded: parts[2]).bytes)
        var isAfterDates = false
        for field in try Self.children(parts[0]) {
            if InstalledList.date(field) != nil {
                isAfterDates = true
            } else if isAfterDates, field.identifier == .sequence {
                entries = try Self.children(field).map(Self.entry)
            } else if field.identifier == .init(tagWithNumber: 0, tagClass: .contextSpecific) {
                for extensions in try Self.children(field) { try read(extensions) }
            }
        }
        guard isAfterDates else { throw Self.unreadable("a list has a date") }
    }

    private mutating func read(_ extensions: ASN1Node) throws {
        for (identifier, value) in try Self.extensions(extensions) {
            switch identifier {
            case Identifier.crlNumber:
                let digits = try Self.bytes(try DER.parse(value)).drop { $0 == 0 }
                number = digits.count > 8 ? .max : digits.reduce(0) { $0 << 8 | UInt64($1) }
            case Identifier.deltaIndicator: isDelta = true
            default: break
            }
        }
    }

    private static func entry(_ node: ASN1Node) throws -> RevocationList.Entry {
        let fields = try children(node)
        guard fields.count >= 2, let at = InstalledList.date(fields[1]) else { throw unreadable("an entry has a date") }
        var reason = RevocationReason.unspecified
        if fields.count > 2 {
            for (identifier, value) in try extensions(fields[2]) where identifier == Identifier.reasonCode {
                let code = try bytes(try DER.parse(value)).last
                // What was only held is revoked for good here: nobody tells us when a hold ends.
                reason = RevocationReason.allCases.first { $0.code == code } ?? .unspecified
            }
        }
        return RevocationList.Entry(serial: Array(try bytes(fields[0]).drop { $0 == 0 }), revokedAt: at, reason: reason)
    }

    private static func extensions(_ node: ASN1Node) throws -> [(ASN1ObjectIdentifier, [UInt8])] {
        try children(node).map { node in
            let fields = try children(node)
            guard let first = fields.first, let last = fields.last, fields.count > 1 else {
                throw unreadable("an extension has a value")
            }
            return (try ASN1ObjectIdentifier(derEncoded: first), Array(try ASN1OctetString(derEncoded: last).bytes))
        }
    }

    private static func children(_ node: ASN1Node) throws -> [ASN1Node] {
        guard case .constructed(let nodes) = node.content else { throw unreadable("it has parts") }
        return Array(nodes)
    }

    private static func bytes(_ node: ASN1Node) throws -> [UInt8] {
        guard case .primitive(let bytes) = node.content else { throw unreadable("it is a number") }
        return Array(bytes)
    }

    private static func unreadable(_ expected: String) -> AuthorityError {
        AuthorityError(problem: "the revocation list cannot be read: \(expected)", remedy: "name another file")
    }
}
