import Crypto
import Foundation
import PicketEvents
import SwiftASN1
import X509

/// What the authority signs.
extension CertificateAuthority {
    /// A certificate with a key of its own, in PEM.
    struct Issued {
        var certificate: String
        var key: String
        /// In the form of the register.
        var serial: String
        var end: Date
    }

    /// Signs a certificate; the caller writes it into the register.
    ///
    /// - Parameter wanted: how long it is to be valid; never longer than the authority itself.
    func sign(name: String, until wanted: Date, now: Date) throws -> Issued {
        let (issuer, signer) = try load()
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let serial = Certificate.SerialNumber()
        let end = min(wanted, issuer.notValidAfter)
        let names = AlternativeName.names(of: name)
        let certificate = try Certificate(
            version: .v3, serialNumber: serial, publicKey: key.publicKey,
            notValidBefore: now - Self.backdatedSeconds, notValidAfter: end,
            issuer: issuer.subject, subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: signer.algorithm,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.clientAuth, .serverAuth])
                // Without it no client believes a broker: the common name says nothing to them any more (RFC 9525).
                if !names.isEmpty { SubjectAlternativeNames(names) }
                SubjectKeyIdentifier(hash: key.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: try keyIdentifier(issuer)[...])
            }, issuerPrivateKey: signer.key)
        return Issued(
            certificate: try certificate.serializeAsPEM().pemString + "\n",
            key: try key.serializeAsPEM().pemString + "\n",
            serial: CertificateSerial.text(serial.bytes), end: end)
    }

    // MARK: The canary

    /// The common name of canaries: nobody is called so.
    package static let canaryName = "picket-canary"
    /// Longer than the list that revokes it, so that nothing but the list can be why it is refused.
    private static let canaryDays = 2 * listDays
    /// For how long canaries that have expired are remembered: a year and a month, so that a broker that comes back after a
    /// season is no stranger, and the register does not grow for ever.
    private static let canaryMemoryDays = 396

    package var canaryCertificateFile: String { "\(folder)/canary.crt" }
    package var canaryKeyFile: String { "\(folder)/canary.key" }

    /// Makes the certificate that the next list revokes and none before it: a broker that refuses it has read that list. A
    /// broker that lets it in has not, or reads none at all.
    func renewCanary(_ register: inout AuthorityRegister, _ now: Date) throws {
        let issued = try sign(name: Self.canaryName, until: now + Double(Self.canaryDays) * 86_400, now: now)
        // A broker's list may be old, and its canaries must be known as ours: they are remembered for longer than they
        // are valid.
        let forgotten = now - Double(Self.canaryMemoryDays) * 86_400
        let others = (register.canaries ?? []).filter { $0.expiresAt > forgotten }
        register.canaries = others + [AuthorityRegister.Canary(serial: issued.serial, expiresAt: whole(issued.end))]
        try write(canaryKeyFile, issued.key, secret: true)
        try write(canaryCertificateFile, issued.certificate)
    }
}
