/// What a log commits to (c2sp.org/tlog-checkpoint): that its first `size` records have this tree head.
package struct Checkpoint: Hashable, Sendable {
    /// The name of the log.
    package var origin: String
    /// Records.
    package var size: UInt64
    /// The tree head over them.
    package var root: TreeHash

    init(origin: String, size: UInt64, root: TreeHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads the text of a note: origin, size, root. Further lines are allowed by the specification, but say nothing
    /// anybody can check; ours have none, and others are refused.
    package init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, LogFormat.isOrigin(String(lines[0])), let size = UInt64(lines[1]),
            String(size) == lines[1], let bytes = Base64.decode(lines[2]), bytes.count == TreeHash.byteCount,
            let root = TreeHash(bytes)
        else { return nil }
        self.init(origin: String(lines[0]), size: size, root: root)
    }

    /// The text that is signed.
    package var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    /// The checkpoint as a note signed by all of `signers`; nil when one fails.
    func signed(by signers: [NoteSigner]) -> SignedNote? {
        let bytes = Array(text.utf8)
        let signatures = signers.compactMap { $0.sign(bytes) }
        guard signatures.count == signers.count, !signatures.isEmpty else { return nil }
        return SignedNote(text: text, signatures: signatures)
    }
}
