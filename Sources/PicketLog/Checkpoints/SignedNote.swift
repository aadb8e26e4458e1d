/// One signature line of a note.
package struct NoteSignature: Hashable, Sendable {
    /// The name of the key.
    package var name: String
    /// The id of the key.
    package var keyID: UInt32
    /// What follows the id: for Ed25519 the 64 bytes of the signature.
    package var bytes: [UInt8]
}

/// A text with signatures (c2sp.org/signed-note): the text, an empty line, and one line for each signature.
package struct SignedNote: Equatable, Sendable {
    /// The text, with the line feed at its end.
    package var text: String
    package var signatures: [NoteSignature]

    /// Signatures a note may have; the specification asks readers to accept at least 16.
    private static let signatureLimit = 32
    /// Bytes a note may have: a checkpoint with every signature is a tenth of it.
    static let byteLimit = 64 << 10

    init(text: String, signatures: [NoteSignature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note; nil when it is not exactly one.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= SignedNote.byteLimit, String(validating: bytes, as: UTF8.self) != nil,
            bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }), bytes.last == 0x0A,
            // The text ends at the last empty line.
            let split = bytes.indices.dropLast().last(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A })
        else { return nil }
        text = String(decoding: bytes[...split], as: UTF8.self)
        signatures = []
        let lines = bytes[(split + 2)...].split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        guard !lines.isEmpty, lines.count <= SignedNote.signatureLimit else { return nil }
        for line in lines {
            let parts = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "\u{2014}", LogFormat.isOrigin(String(parts[1])),
                let value = Base64.decode(parts[2]), value.count > 4
            else { return nil }
            signatures.append(
                NoteSignature(
                    name: String(parts[1]), keyID: value[..<4].reduce(0) { $0 << 8 | UInt32($1) },
                    bytes: Array(value[4...])))
        }
    }

    /// The note as bytes.
    package var bytes: [UInt8] {
        var out = Array(text.utf8) + [0x0A]
        for signature in signatures {
            let id = (0..<4).reversed().map { UInt8(truncatingIfNeeded: signature.keyID >> UInt32($0 * 8)) }
            out += Array("\u{2014} \(signature.name) \(Base64.encode(id + signature.bytes))\n".utf8)
        }
        return out
    }

    /// The keys of `known` that signed this note. Signatures of other keys are ignored; a signature in the name of a
    /// known key that is not its own makes the whole note worthless: nil.
    package func signers(among known: [NoteKey]) -> [NoteKey]? {
        var found: [NoteKey] = []
        for signature in signatures {
            guard let key = known.first(where: { $0.name == signature.name && $0.id == signature.keyID }) else {
                continue
            }
            guard key.verifies(signature.bytes, of: Array(text.utf8)) else { return nil }
            if !found.contains(key) { found.append(key) }
        }
        return found
    }
}
