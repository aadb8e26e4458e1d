import SwiftASN1
import X509

/// The private key of an authority: EC P-256, P-384 or P-521, or RSA. It signs with SHA-256, which every broker's TLS library
/// verifies.
struct AuthorityKey {
    let key: Certificate.PrivateKey
    let algorithm: Certificate.SignatureAlgorithm
    /// Of the algorithm, in lists (RFC 5758 §3.2, RFC 8017 §A.2.4).
    private let identifier: ASN1ObjectIdentifier
    /// RSA says that there are no parameters by a null, ECDSA by nothing.
    private let hasNull: Bool

    private static let kinds: [(Certificate.SignatureAlgorithm, ASN1ObjectIdentifier, hasNull: Bool)] = [
        (.ecdsaWithSHA256, [1, 2, 840, 10045, 4, 3, 2], false),
        (.sha256WithRSAEncryption, [1, 2, 840, 113549, 1, 1, 11], true),
    ]

    /// - Parameter pem: PKCS #8, SEC 1 or PKCS #1, without a password.
    /// - Returns: nil for what is no such key.
    init?(pem: String) {
        guard let key = try? Certificate.PrivateKey(pemEncoded: pem) else { return nil }
        self.init(key)
    }

    init?(_ key: Certificate.PrivateKey) {
        // A key knows its kind, and does not say it: it refuses to sign in the ways of others.
        guard let kind = Self.kinds.first(where: { (try? key.sign(bytes: [0], signatureAlgorithm: $0.0)) != nil })
        else {
            return nil
        }
        self.key = key
        (algorithm, identifier, hasNull) = kind
    }

    var publicKey: Certificate.PublicKey { key.publicKey }

    /// The bits of a signature, which verifies.
    ///
    /// - Throws: ``AuthorityError`` where it does not.
    func signature(for bytes: [UInt8]) throws -> [UInt8] {
        let signature = try key.sign(bytes: bytes, signatureAlgorithm: algorithm).rawRepresentation
        // A list that does not verify would shut out every device, or none.
        guard publicKey.isValidSignature(signature, for: bytes, signatureAlgorithm: algorithm) else {
            throw AuthorityError(problem: "the signature of the revocation list does not verify", remedy: "try again")
        }
        return signature
    }

    /// Appends the AlgorithmIdentifier.
    func appendAlgorithm(to out: inout DER.Serializer) throws {
        try out.appendConstructedNode(identifier: .sequence) { out in
            try out.serialize(identifier)
            if hasNull { out.appendPrimitiveNode(identifier: .null) { _ in } }
        }
    }
}
