/// A proof that one record is in a log (c2sp.org/tlog-proof): its index, the hashes on the way to the tree head, and a
/// signed checkpoint. With the record's line and the log's key it can be checked anywhere, without the log.
package struct RecordProof: Equatable, Sendable {
    package var index: UInt64
    package var hashes: [TreeHash]
    /// The signed checkpoint.
    package var note: SignedNote

    private static let firstLine = "c2sp.org/tlog-proof@v1"

    /// Hashes a proof can have: one for each level of the largest tree.
    private static let hashLimit = 64

    init(index: UInt64, hashes: [TreeHash], note: SignedNote) {
        self.index = index
        self.hashes = hashes
        self.note = note
    }

    /// Reads a proof file; nil when it is not one.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= SignedNote.byteLimit,
            let split = bytes.indices.dropLast().first(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }),
            let note = SignedNote(Array(bytes[(split + 2)...])),
            let head = String(validating: bytes[..<split], as: UTF8.self)
        else { return nil }
        let lines = head.split(separator: "\n", omittingEmptySubsequences: false)
        // Lines between the first and the index are allowed to others; ours has none, and one we cannot read is none.
        guard lines.count >= 2, lines.count <= 2 + RecordProof.hashLimit, lines[0] == RecordProof.firstLine,
            lines[1].hasPrefix("index "), let index = UInt64(lines[1].dropFirst(6)),
            String(index) == lines[1].dropFirst(6)
        else { return nil }
        var hashes: [TreeHash] = []
        for line in lines.dropFirst(2) {
            guard let bytes = Base64.decode(line), bytes.count == TreeHash.byteCount, let hash = TreeHash(bytes) else {
                return nil
            }
            hashes.append(hash)
        }
        self.init(index: index, hashes: hashes, note: note)
    }

    /// The proof file.
    package var bytes: [UInt8] {
        var text = "\(RecordProof.firstLine)\nindex \(index)\n"
        for hash in hashes { text += Base64.encode(hash.bytes) + "\n" }
        return Array(text.utf8) + [0x0A] + note.bytes
    }

    /// Whether this proves `line` (without line feed) to be in a log that one of `keys` signs.
    package func proves(_ line: [UInt8], keys: [NoteKey]) -> Bool {
        guard let checkpoint = Checkpoint(text: note.text), let signers = note.signers(among: keys), !signers.isEmpty,
            signers.contains(where: { $0.name == checkpoint.origin })
        else { return false }
        return holds(for: line, checkpoint)
    }

    /// Whether the hashes lead from `line` to the checkpoint's root.
    func holds(for line: [UInt8], _ checkpoint: Checkpoint) -> Bool {
        TreeProof.includes(
            TreeHash.leaf(line), at: index, in: checkpoint.size, root: checkpoint.root, proof: hashes)
    }
}

extension RecordProof {
    /// The hashes in base64, from the leaf up.
    package var hashTexts: [String] { hashes.map { Base64.encode($0.bytes) } }
}

extension Checkpoint {
    /// The tree head in base64, as the note has it.
    package var rootText: String { Base64.encode(root.bytes) }
}
