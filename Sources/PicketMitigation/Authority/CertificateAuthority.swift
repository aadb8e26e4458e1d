import Crypto
package import Foundation
import Glibc
import PicketEvents
import PicketLog
import SwiftASN1
import X509

/// A small certificate authority for the devices of one fleet: a key (EC P-256 where it is ours), its certificate, a register, and the
/// newest revocation list, in one folder. For fleets that have none; an existing one can be brought in.
package struct CertificateAuthority {
    /// The folder it lives in.
    package let folder: String

    /// Ten years: the authority outlives the devices that are given its certificate.
    package static let authorityDays = 3_650
    /// A year and a month: a yearly renewal has a month of patience.
    package static let deviceDays = 396
    /// A list is valid for a week; an expired one makes brokers refuse everybody, so it is made anew in half of that.
    package static let listDays = 7
    /// Clocks of devices are behind; a certificate is valid from this much before it was made.
    static let backdatedSeconds = 300.0
    /// The register of a hundred thousand devices has 20 MB.
    private static let registerBytes = 64 << 20

    package init(folder: String) {
        self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }

    package var certificateFile: String { "\(folder)/ca.crt" }
    package var keyFile: String { "\(folder)/ca.key" }
    package var listFile: String { "\(folder)/crl.pem" }
    private var registerFile: String { "\(folder)/register.json" }

    // MARK: What a person does

    /// Makes a new authority; an existing one is never touched.
    package func create(name: String, now: Date) throws {
        let key = P256.Signing.PrivateKey()
        let signer = Certificate.PrivateKey(key)
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: now - CertificateAuthority.backdatedSeconds,
            notValidAfter: now + Double(CertificateAuthority.authorityDays) * 86_400, issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: signer.publicKey)
            }, issuerPrivateKey: signer)
        try begin(
            keyPEM: key.pemRepresentation, certificatePEM: try certificate.serializeAsPEM().pemString,
            register: .init(),
            now: now)
    }

    /// Brings in an existing authority.
    ///
    /// - Parameters:
    ///   - certificate: the file of its certificate, PEM.
    ///   - key: the file of its private key, PEM.
    ///   - list: the file of its newest revocation list, PEM; nil where it has revoked nothing, or nothing that still
    ///     counts. Whom it revoked and we do not know gets in again.
    package func adopt(certificate: String, key: String, list: String?, now: Date) throws {
        let keyText = Self.first("PRIVATE KEY", in: try text(of: key))
        guard let privatePart = AuthorityKey(pem: keyText) else {
            throw AuthorityError(
                problem: "\(key) is no private key in PEM of a kind that is read: RSA, EC P-256, P-384 or P-521",
                remedy: "name another file; take the password from one that has it: openssl pkey -in \(key) -out ca.key"
            )
        }
        let pem = Self.first("CERTIFICATE", in: try text(of: certificate))
        guard let parsed = try? Certificate(pemEncoded: pem) else {
            throw AuthorityError(problem: "\(certificate) is no certificate in PEM", remedy: "name another file")
        }
        guard parsed.publicKey == privatePart.publicKey else {
            throw AuthorityError(
                problem: "\(certificate) and \(key) do not belong together",
                remedy: "name the two files of one authority")
        }
        if let usage = try parsed.extensions.keyUsage, !(usage.keyCertSign && usage.cRLSign) {
            throw AuthorityError(
                problem:
                    "\(certificate) may not sign \(usage.keyCertSign ? "revocation lists" : "certificates") (its key usage)",
                remedy:
                    "brokers would refuse its list, and with it every device: have it issued with keyCertSign and cRLSign"
            )
        }
        guard let constraints = try parsed.extensions.basicConstraints, case .isCertificateAuthority = constraints
        else {
            throw AuthorityError(
                problem: "\(certificate) is not the certificate of an authority", remedy: "name that of the issuer")
        }
        guard parsed.notValidAfter > now else {
            throw AuthorityError(problem: "\(certificate) has expired", remedy: "renew it first")
        }
        var register = AuthorityRegister()
        if let list { _ = register.takeOver(try formerList(list, of: parsed), until: parsed.notValidAfter) }
        try begin(keyPEM: keyText, certificatePEM: pem, register: register, now: now)
    }

    /// The first block of a PEM file whose title ends so: openssl writes the parameters of a curve before a key, and others a
    /// whole chain behind a certificate. The text itself where there is none.
    private static func first(_ title: String, in text: String) -> String {
        let blocks = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        return blocks.first { $0.discriminator.hasSuffix(title) }?.pemString ?? text
    }

    /// Issues a certificate for a device, with a new key.
    ///
    /// - Returns: certificate and private key in PEM, and the serial number.
    package func issue(
        name: String, days: Int = CertificateAuthority.deviceDays, now: Date
    ) throws -> (certificate: String, key: String, serial: String) {
        try issue(names: [name], days: days, now: now)[0]
    }

    /// Issues certificates for many devices, with one entry of the register each, and one writing of it.
    package func issue(
        names: [String], days: Int = CertificateAuthority.deviceDays, now: Date
    ) throws -> [(certificate: String, key: String, serial: String)] {
        for name in names { try CertificateAuthority.check(name) }
        return try locked {
            var register = try register()
            let issued = try names.map { name in
                let issued = try sign(name: name, until: now + Double(days) * 86_400, now: now)
                register.entries.append(
                    AuthorityRegister.Entry(
                        serial: issued.serial, name: name, issuedAt: whole(now), expiresAt: whole(issued.end)))
                return (issued.certificate, issued.key, issued.serial)
            }
            try save(register)
            return issued
        }
    }

    private static func check(_ name: String) throws {
        guard !name.isEmpty, name.utf8.count <= 64, SafeName.problem(name) == nil else {
            throw AuthorityError(
                problem: "`\(SafeName.visible(name))` cannot be the name of a device: "
                    + (SafeName.problem(name) ?? "it has 1 to 64 bytes (RFC 5280, ub-common-name)"),
                remedy: "use letters, digits, `-`, `_`, `.` and `:`")
        }
    }

    /// Revokes a certificate, and writes a new list. A serial that the register does not know is revoked too: an authority
    /// that was brought in has issued others before. One that is revoked already stays as it was.
    ///
    /// - Returns: the entry.
    @discardableResult
    package func revoke(serial text: String, reason: RevocationReason, now: Date) throws -> AuthorityRegister.Entry {
        guard let serial = CertificateSerial.normal(text) else {
            throw AuthorityError(
                problem: "`\(SafeName.visible(text))` is no serial number",
                remedy: "it is hexadecimal, at most 20 bytes")
        }
        return try locked {
            var register = try register()
            let index: Int
            if let known = register.entries.firstIndex(where: { $0.serial == serial }) {
                index = known
            } else {
                let (issuer, _) = try load()
                index = register.entries.count
                register.entries.append(
                    AuthorityRegister.Entry(
                        serial: serial, name: "", issuedAt: whole(now), expiresAt: whole(issuer.notValidAfter)))
            }
            if register.entries[index].revokedAt == nil {
                register.entries[index].revokedAt = whole(now)
                register.entries[index].reason = reason
            }
            try writeList(&register, now)
            return register.entries[index]
        }
    }

    /// Writes a new revocation list.
    package func renewList(now: Date) throws {
        try locked {
            var register = try register()
            try writeList(&register, now)
        }
    }

    /// What was issued and revoked.
    package func register() throws -> AuthorityRegister {
        guard let data = FileManager.default.contents(atPath: registerFile), data.count <= Self.registerBytes else {
            throw AuthorityError(
                problem: "there is no certificate authority in \(folder)", remedy: "make one with picket ca init")
        }
        do {
            return try Self.decoder.decode(AuthorityRegister.self, from: data)
        } catch {
            throw AuthorityError(problem: "\(registerFile) cannot be read: \(error)", remedy: "restore it from a copy")
        }
    }

    /// The newest list in PEM.
    package func list() throws -> String { try text(of: listFile) }

    /// Puts the newest list where a broker reads it, unless it is there. Nobody writes a newer one meanwhile: an old list
    /// in its place would let in whom that one revokes.
    ///
    /// - Returns: SHA-256 of the list, and whether another one was there.
    /// - Throws: ``AuthorityError`` also where the list in place revokes whom ours does not, or has a higher number.
    @discardableResult
    package func install(in revocation: BrokerRevocation) throws -> (sha256: String, isNew: Bool) {
        try locked {
            let list = try list()
            let installed = revocation.installed()
            let isNew = installed != list
            if isNew, let installed {
                try checkNothingIsForgotten(in: installed, at: revocation.listFile, ours: list)
            }
            return (isNew ? try revocation.install(list) : BrokerRevocation.sha256(list), isNew)
        }
    }

    /// Whether the list is so old that a new one should be written: half of its time is over, or it cannot be read.
    package func listIsDue(now: Date) -> Bool {
        guard let text = try? list(), let end = InstalledList(pem: text)?.nextUpdate else { return true }
        // Whoever was killed between the register and the list has promised more than the list says.
        if let register = try? register(),
            !WrittenRevocationList.all(pem: text).contains(where: { $0.number >= UInt64(register.listNumber) })
        {
            return true
        }
        return end.timeIntervalSince(now) < Double(Self.listDays) * 86_400 / 2
    }

    // MARK: Files

    private func begin(
        keyPEM: String, certificatePEM: String, register: AuthorityRegister, now: Date
    ) throws {
        if !FileManager.default.fileExists(atPath: folder) {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        try locked {
            guard !FileManager.default.fileExists(atPath: keyFile) else {
                throw AuthorityError(
                    problem: "there is a certificate authority in \(folder) already",
                    remedy: "it is never replaced: name another folder")
            }
            try write(keyFile, keyPEM.hasSuffix("\n") ? keyPEM : keyPEM + "\n", secret: true)
            try write(certificateFile, certificatePEM.hasSuffix("\n") ? certificatePEM : certificatePEM + "\n")
            var register = register
            try writeList(&register, now)
        }
    }

    /// The number is durable before the list that has it: no two lists ever have the same.
    func writeList(_ register: inout AuthorityRegister, _ now: Date) throws {
        let (issuer, key) = try load()
        register.listNumber += 1
        try renewCanary(&register, now)
        try save(register)
        // What has expired is refused without a list.
        let canaries = (register.canaries ?? []).filter { $0.expiresAt > now }.map { canary in
            RevocationList.Entry(
                serial: AuthorityRegister.bytes(canary.serial), revokedAt: whole(now), reason: .unspecified)
        }
        let revoked = register.entries.compactMap { entry -> RevocationList.Entry? in
            guard let at = entry.revokedAt else { return nil }
            return RevocationList.Entry(
                serial: AuthorityRegister.bytes(entry.serial), revokedAt: at, reason: entry.reason ?? .unspecified)
        }
        let list = RevocationList(
            issuer: issuer.subject, keyIdentifier: try keyIdentifier(issuer), number: register.listNumber,
            // A broker whose clock is behind refuses everybody while its list is not valid yet.
            thisUpdate: now - Self.backdatedSeconds, nextUpdate: now + Double(Self.listDays) * 86_400,
            entries: revoked + canaries)
        try write(listFile, try list.pem(signedBy: key))
    }

    func load() throws -> (certificate: Certificate, key: AuthorityKey) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: keyFile)
        guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue else {
            throw AuthorityError(
                problem: "there is no certificate authority in \(folder)", remedy: "make one with picket ca init")
        }
        guard mode & 0o077 == 0 else {
            throw AuthorityError(
                problem: "others than its owner may read \(keyFile)",
                remedy: "run `chmod 600 \(keyFile)`; if somebody may have read it, make a new authority")
        }
        guard let key = AuthorityKey(pem: try text(of: keyFile)) else {
            throw AuthorityError(problem: "\(keyFile) is no private key", remedy: "restore it from a copy")
        }
        return (try Certificate(pemEncoded: try text(of: certificateFile)), key)
    }

    func keyIdentifier(_ issuer: Certificate) throws -> [UInt8] {
        if let own = try issuer.extensions.subjectKeyIdentifier { return Array(own.keyIdentifier) }
        return Array(SubjectKeyIdentifier(hash: issuer.publicKey).keyIdentifier)
    }

    private func save(_ register: AuthorityRegister) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        encoder.dateEncodingStrategy = .secondsSince1970
        try write(registerFile, String(decoding: try encoder.encode(register), as: UTF8.self) + "\n", secret: true)
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return decoder
    }

    func text(of path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AuthorityError(problem: "\(path) cannot be read", remedy: "check the path and its permissions")
        }
        return String(decoding: data, as: UTF8.self)
    }

    func write(_ path: String, _ text: String, secret: Bool = false) throws {
        try RealFileSystem().replaceFile(path, in: folder, with: Array(text.utf8), secret: secret)
    }

    /// Two commands, or a command and the daemon, must not write at once.
    func locked<T>(_ body: () throws -> T) throws -> T {
        guard FileManager.default.fileExists(atPath: folder) else {
            throw AuthorityError(
                problem: "there is no certificate authority in \(folder)", remedy: "make one with picket ca init")
        }
        let lock = try RealFileSystem().lock("\(folder)/lock")
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    func whole(_ date: Date) -> Date { Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down)) }
}
