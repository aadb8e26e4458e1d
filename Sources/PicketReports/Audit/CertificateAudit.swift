import Foundation
import PicketEvents
import PicketProfiles
import SwiftASN1
import X509

/// Certificates in files: how long they are good, and how strong their keys are.
struct CertificateAudit {
    let plan: AuditPlan
    let paths: [String]
    /// Unix ms.
    let now: Int64

    private static let day: Int64 = 86_400_000
    /// Below this an RSA key is weak (NIST SP 800-131A).
    private static let rsaBits = 2_048

    /// Files that were read, by what their names lead to: in a folder of authorities each has a second name, its hash.
    private var seen: Set<String> = []

    init(plan: AuditPlan, paths: [String], now: Int64) {
        self.plan = plan
        self.paths = paths
        self.now = now
    }

    mutating func check(_ audit: inout Audit) {
        for path in paths { check(path, &audit) }
    }

    private mutating func check(_ path: String, _ audit: inout Audit) {
        // A folder is another when a file came or went.
        audit.watch(path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            audit.report(AuditFinding(.unreadable, path, "it is not there"))
            return
        }
        guard isFolder.boolValue else {
            read(path, &audit, isOnlyOne: true)
            return
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        // Names before hashes: they say more.
        let wanted = [".pem", ".crt", ".cer"]
        let named = names.sorted().filter { name in wanted.contains { name.hasSuffix($0) } }
        for name in named + names.sorted().filter(CertificateAudit.isHash) {
            read("\(path)/\(name)", &audit, isOnlyOne: false)
        }
    }

    /// Whether a file is called as OpenSSL looks for an authority in a `capath`: `5ed36f99.0`.
    private static func isHash(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit)
            && !parts[1].isEmpty && parts[1].allSatisfy(\.isWholeNumber)
    }

    private mutating func read(_ path: String, _ audit: inout Audit, isOnlyOne: Bool) {
        guard seen.insert(URL(fileURLWithPath: path).resolvingSymlinksInPath().path).inserted else { return }
        guard let data = audit.contents(path),
            let documents = try? PEMDocument.parseMultiple(pemString: String(decoding: data, as: UTF8.self))
        else {
            audit.report(AuditFinding(.unreadable, path, "it is not a certificate in PEM"))
            return
        }
        let certificates = documents.filter { $0.discriminator == "CERTIFICATE" }
        if certificates.isEmpty, isOnlyOne { audit.report(AuditFinding(.unreadable, path, "it holds no certificate")) }
        for (place, document) in certificates.enumerated() {
            let resource = certificates.count > 1 ? "\(path)#\(place + 1)" : path
            guard let certificate = try? Certificate(pemDocument: document) else {
                // The library refuses keys that are too short to be used; that is what this looks for.
                if let outline = CertificateOutline(der: document.derBytes),
                    let weakness = outline.rsaBits.flatMap({ weakness(bits: $0) })
                {
                    let check: AuditCheck = outline.isAuthority ? .caWeakKey : .certificateWeakKey
                    audit.look(check)
                    audit.issuers.hasUnknown = audit.issuers.hasUnknown || outline.isAuthority
                    audit.report(AuditFinding(check, resource, weakness))
                } else {
                    audit.report(AuditFinding(.unreadable, resource, "the certificate cannot be understood"))
                }
                continue
            }
            check(certificate, resource, &audit)
        }
    }

    private func check(_ certificate: Certificate, _ path: String, _ audit: inout Audit) {
        let isAuthority = isAuthority(certificate)
        let resource =
            "\(path) (\(certificate.subject), serial \(CertificateSerial.text(certificate.serialNumber.bytes)))"
        audit.issuers.add(certificate, isAuthority ? resource : nil)
        let ends = Int64(certificate.notValidAfter.timeIntervalSince1970 * 1_000)
        let begins = Int64(certificate.notValidBefore.timeIntervalSince1970 * 1_000)
        let expiring: AuditCheck = isAuthority ? .caExpiring : .certificateExpiring
        audit.look(expiring, isAuthority ? .caWeakKey : .certificateWeakKey)
        if !isAuthority { audit.look(.certificateExpired) }
        if ends <= now {
            audit.report(
                AuditFinding(
                    isAuthority ? .caExpiring : .certificateExpired, resource, "it expired on \(date(ends))",
                    severity: isAuthority ? .critical : nil))
        } else if ends - now <= Int64(plan.expiringDays) * CertificateAudit.day {
            audit.report(
                AuditFinding(
                    expiring, resource, "it expires on \(date(ends)), in \((ends - now) / CertificateAudit.day) days"))
        }
        if let old = isAuthority ? plan.oldAuthorityDays : plan.oldDays {
            let check: AuditCheck = isAuthority ? .caOld : .certificateOld
            audit.look(check)
            let age = (now - begins) / CertificateAudit.day
            if age >= Int64(old), ends > now {
                audit.report(AuditFinding(check, resource, "it has been in use for \(age) days"))
            }
        }
        if let weakness = weakness(certificate) {
            audit.report(AuditFinding(isAuthority ? .caWeakKey : .certificateWeakKey, resource, weakness))
        }
    }

    private func isAuthority(_ certificate: Certificate) -> Bool {
        if case .isCertificateAuthority = try? certificate.extensions.basicConstraints { true } else { false }
    }

    private func weakness(_ certificate: Certificate) -> String? {
        if "\(certificate.signatureAlgorithm)".uppercased().contains("SHA1") { return "it is signed with SHA-1" }
        return CertificateOutline.bits(ofKey: certificate.publicKey.subjectPublicKeyInfoBytes).flatMap {
            weakness(bits: $0)
        }
    }

    private func weakness(bits: Int) -> String? {
        bits < CertificateAudit.rsaBits ? "its RSA key has \(bits) bits" : nil
    }

    private func date(_ time: Int64) -> String { String(Timestamp.format(time).prefix(10)) }
}
