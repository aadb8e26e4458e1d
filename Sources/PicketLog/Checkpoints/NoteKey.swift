import Crypto

/// A public key that verifies signed notes (c2sp.org/signed-note): its name, and an Ed25519 key.
package struct NoteKey: Hashable, Sendable, CustomStringConvertible {
    /// Ed25519 signatures of the text.
    static let ed25519: UInt8 = 1

    /// The name in the signature line; for a log its origin.
    package let name: String
    /// The 32 bytes of the public key.
    package let publicKey: [UInt8]
    /// The first four bytes of SHA-256(name ‖ LF ‖ algorithm ‖ public key), big-endian.
    package let id: UInt32

    init?(name: String, publicKey: [UInt8]) {
        guard LogFormat.isOrigin(name), publicKey.count == 32 else { return nil }
        self.name = name
        self.publicKey = publicKey
        id = NoteKey.id(name, [NoteKey.ed25519] + publicKey)
    }

    /// Reads `name+hash+base64(algorithm ‖ key)`; nil when it is not one, or its hash is not its own.
    package init?(_ text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let key = Base64.decode(parts[2]), key.count == 33, key[0] == NoteKey.ed25519 else {
            return nil
        }
        self.init(name: String(parts[0]), publicKey: Array(key[1...]))
        guard parts[1] == idText else { return nil }
    }

    /// The key as `name+hash+base64`, a line to give to an auditor.
    package var description: String { "\(name)+\(idText)+\(Base64.encode([NoteKey.ed25519] + publicKey))" }

    /// The id as eight hexadecimal digits.
    package var idText: String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Whether `signature` is this key's over `text`.
    func verifies(_ signature: [UInt8], of text: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: text)
    }

    static func id(_ name: String, _ key: [UInt8]) -> UInt32 {
        let digest = Array(SHA256.hash(data: Array(name.utf8) + [0x0A] + key))
        return digest[..<4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
