import Foundation
import PicketEvents
import PicketProfiles
import SwiftASN1
import X509

/// Lists of revoked certificates (RFC 5280 §5): whom they name, until when they are good, and who signed them how. A broker's
/// file may hold those of several authorities.
struct RevocationListAudit {
    let path: String
    /// Unix ms.
    let now: Int64

    /// How long before its end a list is told, in milliseconds; of one that is made for a shorter time a third of that
    /// time: whoever signs a list for a week signs the next one before its last days.
    private static let soon: Int64 = 7 * 86_400_000

    /// One list.
    private struct List {
        var issuer: String
        var issued: Int64
        var nextUpdate: Int64?
        var revoked: [String: Int64] = [:]
        var signedPart: [UInt8]
        var algorithm: ASN1ObjectIdentifier
        var signature: [UInt8]
    }

    /// RFC 5758 §3.2, RFC 8017 §A.2.4 and RFC 8410 §3.
    private static let algorithms: [ASN1ObjectIdentifier: Certificate.SignatureAlgorithm] = [
        [1, 2, 840, 10045, 4, 3, 2]: .ecdsaWithSHA256, [1, 2, 840, 10045, 4, 3, 3]: .ecdsaWithSHA384,
        [1, 2, 840, 10045, 4, 3, 4]: .ecdsaWithSHA512, [1, 2, 840, 113549, 1, 1, 11]: .sha256WithRSAEncryption,
        [1, 2, 840, 113549, 1, 1, 12]: .sha384WithRSAEncryption,
        [1, 2, 840, 113549, 1, 1, 13]: .sha512WithRSAEncryption, [1, 3, 101, 112]: .ed25519,
    ]
    /// RFC 4055 §3.1: its hash stands in the parameters.
    private static let pss: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 10]
    /// MD2, MD5 and SHA-1 with RSA, SHA-1 with DSA and with ECDSA.
    private static let weak: [ASN1ObjectIdentifier: String] = [
        [1, 2, 840, 113549, 1, 1, 2]: "MD2", [1, 2, 840, 113549, 1, 1, 4]: "MD5",
        [1, 2, 840, 113549, 1, 1, 5]: "SHA-1", [1, 3, 14, 3, 2, 29]: "SHA-1", [1, 2, 840, 10040, 4, 3]: "SHA-1",
        [1, 2, 840, 10045, 4, 1]: "SHA-1",
    ]

    /// Checks the lists, and adds whom they revoke.
    func check(_ audit: inout Audit, _ revoked: inout Revocations) {
        let lists = audit.contents(path).flatMap { parseAll([UInt8]($0)) } ?? []
        guard !lists.isEmpty else {
            audit.report(AuditFinding(.unreadable, path, "it is not a list of revoked certificates"))
            return
        }
        for list in lists {
            revoked.add(issuer: list.issuer)
            for (serial, since) in list.revoked { revoked.add(serial, .init(issuer: list.issuer, since: since)) }
            check(list, lists.count > 1 ? "\(path) issuer \(list.issuer)" : path, &audit)
        }
    }

    private func check(_ list: List, _ resource: String, _ audit: inout Audit) {
        audit.look(.crlExpired, .crlWeakSignature)
        if let next = list.nextUpdate {
            let day = Timestamp.format(next).prefix(10)
            if next <= now {
                audit.report(
                    AuditFinding(
                        .crlExpired, resource,
                        "it was good until \(day): a broker that has it refuses every certificate", severity: .critical)
                )
            } else if next - now < min(RevocationListAudit.soon, (next - list.issued) / 3) {
                audit.report(
                    AuditFinding(.crlExpired, resource, "it is good until \(day) only", severity: .medium))
            }
        } else {
            let day = Timestamp.format(list.issued).prefix(10)
            audit.report(
                AuditFinding(
                    .crlExpired, resource,
                    "it was made on \(day) and does not say until when it is good: a broker takes it for ever",
                    severity: .medium))
        }
        if let hash = RevocationListAudit.weak[list.algorithm] {
            audit.report(AuditFinding(.crlWeakSignature, resource, "it is signed with \(hash)"))
        }
        // Who may sign is known only where an authority was looked at.
        let authorities = audit.issuers.authorities
        guard !authorities.isEmpty, !audit.issuers.hasUnknown else { return }
        audit.look(.crlUnknownIssuer)
        let issuers = authorities.filter { "\($0.subject)" == list.issuer }
        if issuers.isEmpty {
            let known = Set(authorities.map { "\($0.subject)" }).sorted().prefix(5).joined(separator: "; ")
            audit.report(
                AuditFinding(
                    .crlUnknownIssuer, resource,
                    "\(list.issuer) issued it, which is none of the authorities that were looked at (\(known))"))
            return
        }
        guard let algorithm = RevocationListAudit.algorithms[list.algorithm] else {
            // One with a broken hash is a finding already, whoever signed it.
            guard RevocationListAudit.weak[list.algorithm] == nil else { return }
            let name = list.algorithm == RevocationListAudit.pss ? "RSA-PSS" : "the algorithm \(list.algorithm)"
            audit.report(
                AuditFinding(
                    .crlUnknownIssuer, resource,
                    "it names \(list.issuer), and whether that signed it was not checked: it is signed with \(name); "
                        + "`openssl crl -in \(path) -CAfile CERTIFICATE -noout` checks it",
                    severity: .low))
            return
        }
        if !issuers.contains(where: {
            $0.publicKey.isValidSignature(list.signature, for: list.signedPart, signatureAlgorithm: algorithm)
        }) {
            audit.report(
                AuditFinding(
                    .crlUnknownIssuer, resource, "it names \(list.issuer), whose key did not sign it",
                    severity: .critical))
        }
    }

    private func parseAll(_ bytes: [UInt8]) -> [List]? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("-----BEGIN") else { return parse(bytes).map { [$0] } }
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        // One that cannot be read is no reason to take the others for all.
        var lists: [List] = []
        for document in documents where document.discriminator == "X509 CRL" {
            guard let list = parse(document.derBytes) else { return nil }
            lists.append(list)
        }
        return lists
    }

    private func parse(_ der: [UInt8]) -> List? {
        guard let root = try? DER.parse(der), let outer = children(root), outer.count == 3,
            var parts = children(outer[0])?[...],
            let algorithm = children(outer[1])?.first.flatMap({ try? ASN1ObjectIdentifier(derEncoded: $0) }),
            let signature = try? ASN1BitString(derEncoded: outer[2])
        else { return nil }
        if parts.first?.identifier == .integer { parts.removeFirst() }
        // Algorithm, issuer, and the time of this list.
        guard parts.count >= 3, let issued = parts.dropFirst(2).first.flatMap(time),
            let issuer = parts.dropFirst().first.flatMap({ try? DistinguishedName(derEncoded: $0) })
        else { return nil }
        parts = parts.dropFirst(3)
        var list = List(
            issuer: "\(issuer)", issued: issued, signedPart: Array(outer[0].encodedBytes), algorithm: algorithm,
            signature: Array(signature.bytes))
        if let node = parts.first, let value = time(node) {
            list.nextUpdate = value
            parts.removeFirst()
        }
        if let node = parts.first, node.identifier == .sequence {
            for entry in children(node) ?? [] {
                guard let parts = children(entry), parts.count >= 2, case .primitive(let bytes) = parts[0].content,
                    let since = time(parts[1])
                else { return nil }
                list.revoked[CertificateSerial.text(bytes)] = since
            }
        }
        return list
    }

    private func children(_ node: ASN1Node) -> [ASN1Node]? {
        guard case .constructed(let nodes) = node.content else { return nil }
        return Array(nodes)
    }

    /// UTCTime or GeneralizedTime, Unix ms (RFC 5280 §5.1.2.4).
    private func time(_ node: ASN1Node) -> Int64? {
        guard case .primitive(let bytes) = node.content else { return nil }
        var digits = String(decoding: bytes, as: UTF8.self)
        if node.identifier == .utcTime {
            guard let year = Int(digits.prefix(2)) else { return nil }
            digits = (year < 50 ? "20" : "19") + digits
        } else if node.identifier != .generalizedTime {
            return nil
        }
        let d = Array(digits)
        guard d.count == 15, d[14] == "Z" else { return nil }
        return Timestamp.parse(
            "\(String(d[0..<4]))-\(String(d[4..<6]))-\(String(d[6..<8]))T\(String(d[8..<10])):\(String(d[10..<12])):"
                + "\(String(d[12..<14]))Z")
    }
}
