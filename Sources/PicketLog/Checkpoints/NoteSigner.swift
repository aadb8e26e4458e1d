import Crypto

/// A private key that signs notes. Its text is the form of Go's note package: `PRIVATE+KEY+name+hash+base64`.
package struct NoteSigner: Sendable {
    /// The public half.
    package let key: NoteKey
    private let privateKey: Curve25519.Signing.PrivateKey

    /// A new key from the system's random numbers, for the log `name`.
    package init?(newFor name: String) {
        self.init(name: name, privateKey: Curve25519.Signing.PrivateKey())
    }

    /// Reads the text of a key file.
    package init?(_ text: String) {
        let prefix = "PRIVATE+KEY+"
        guard text.hasPrefix(prefix) else { return nil }
        let parts = text.dropFirst(prefix.count).split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(parts[2]), bytes.count == 33, bytes[0] == NoteKey.ed25519,
            let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes[1...])
        else { return nil }
        self.init(name: String(parts[0]), privateKey: privateKey)
        guard parts[1] == key.idText else { return nil }
    }

    private init?(name: String, privateKey: Curve25519.Signing.PrivateKey) {
        guard let key = NoteKey(name: name, publicKey: Array(privateKey.publicKey.rawRepresentation)) else {
            return nil
        }
        self.key = key
        self.privateKey = privateKey
    }

    /// The key as the text of its file. Whoever has it can sign for the log.
    package var secretText: String {
        "PRIVATE+KEY+\(key.name)+\(key.idText)+\(Base64.encode([NoteKey.ed25519] + Array(privateKey.rawRepresentation)))"
    }

    /// The signature of `text`: the id of the key and 64 bytes. Nil when the library refuses, which it does not.
    func sign(_ text: [UInt8]) -> NoteSignature? {
        guard let signature = try? privateKey.signature(for: text) else { return nil }
        return NoteSignature(name: key.name, keyID: key.id, bytes: Array(signature))
    }
}
