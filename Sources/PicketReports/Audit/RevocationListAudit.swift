import Foundation
import PicketEvents
import PicketProfiles
import SwiftASN1

/// A list of revoked certificates (RFC 5280 §5): which serial numbers it names, and until when it is good.
struct RevocationListAudit {
    let path: String
    /// Unix ms.
    let now: Int64

    /// How long before its end a list is told, in milliseconds; of one that is made for a shorter time a third of that
    /// time: whoever signs a list for a week signs the next one before its last days.
    private static let soon: Int64 = 7 * 86_400_000

    /// Checks the list; gives the serial numbers on it with the times of their revocation, Unix ms.
    func check(_ audit: inout Audit) -> [String: Int64] {
        guard let data = audit.contents(path), let list = parse([UInt8](data)) else {
            audit.report(AuditFinding(.unreadable, path, "it is not a list of revoked certificates"))
            return [:]
        }
        audit.look(.crlExpired)
        if let next = list.nextUpdate {
            let day = Timestamp.format(next).prefix(10)
            if next <= now {
                audit.report(
                    AuditFinding(
                        .crlExpired, path, "it was good until \(day): a broker that has it refuses every certificate",
                        severity: .critical))
            } else if next - now < min(RevocationListAudit.soon, (next - list.issued) / 3) {
                audit.report(AuditFinding(.crlExpired, path, "it is good until \(day) only", severity: .medium))
            }
        }
        return list.revoked
    }

    private func parse(_ bytes: [UInt8]) -> (issued: Int64, nextUpdate: Int64?, revoked: [String: Int64])? {
        let text = String(decoding: bytes, as: UTF8.self)
        let der = text.contains("-----BEGIN") ? (try? PEMDocument(pemString: text))?.derBytes ?? [] : bytes
        guard let root = try? DER.parse(der), let list = children(root)?.first, var parts = children(list)?[...] else {
            return nil
        }
        if parts.first?.identifier == .integer { parts.removeFirst() }
        // Algorithm, issuer, and the time of this list.
        guard parts.count >= 3, let issued = parts.dropFirst(2).first.flatMap(time) else { return nil }
        parts = parts.dropFirst(3)
        var next: Int64?
        if let node = parts.first, let value = time(node) {
            next = value
            parts.removeFirst()
        }
        var revoked: [String: Int64] = [:]
        if let node = parts.first, node.identifier == .sequence {
            for entry in children(node) ?? [] {
                guard let parts = children(entry), parts.count >= 2, case .primitive(let bytes) = parts[0].content,
                    let since = time(parts[1])
                else { return nil }
                revoked[CertificateSerial.text(bytes)] = since
            }
        }
        return (issued, next, revoked)
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
