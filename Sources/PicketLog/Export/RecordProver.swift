/// Proves records of a log, all with the same checkpoint: its newest.
package struct RecordProver {
    /// What every proof ends with.
    package let note: SignedNote
    /// The same, read.
    package let checkpoint: Checkpoint
    /// The keys that signed it, in the order of its signatures.
    package let signers: [NoteKey]

    private let path: String
    private let fileSystem: any LogFileSystem
    private var tree: LogTree

    /// Proves with the first kept checkpoint that covers record `index`, so that a log that grows on does not change what
    /// is proved of its past; with the newest where no earlier one does.
    ///
    package init(
        folder path: String, covering index: UInt64, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) {
        try self.init(folder: path, covering: index, signedBy: nil, fileSystem: fileSystem)
    }

    /// - Parameter keys: one of these must have signed it, where they are given: checkpoints of other keys are passed over.
    init(
        folder path: String, covering index: UInt64, signedBy keys: [NoteKey]?,
        fileSystem: any LogFileSystem
    ) throws(LogError) {
        let history = LogFolder(path).checkpoints
        // A note that says of itself that it covers the record is believed only when a key of the log signed it.
        if let bytes = try fileSystem.contents(of: history, limit: CheckpointHistory.byteLimit) {
            for note in CheckpointHistory.parse(bytes).notes {
                guard let checkpoint = Checkpoint(text: note.text), checkpoint.size > index else { continue }
                if let keys, note.signers(among: keys)?.isEmpty ?? true { continue }
                try self.init(folder: path, note, checkpoint, from: history, fileSystem)
                return
            }
        }
        try self.init(folder: path, fileSystem: fileSystem)
        guard let keys, !signers.contains(where: keys.contains) else { return }
        throw LogError.corrupt(
            LogFolder(path).keys, "has a key whose introduction, record \(index), no key before it signed", index: index
        )
    }

    private init(
        folder path: String, _ note: SignedNote, _ checkpoint: Checkpoint, from file: String,
        _ fileSystem: any LogFileSystem
    ) throws(LogError) {
        signers = try RecordProver.signers(of: note, checkpoint, from: file, LogFolder(path), fileSystem)
        self.path = path
        self.fileSystem = fileSystem
        self.note = note
        self.checkpoint = checkpoint
        tree = try LogTree(folder: path, fileSystem: fileSystem)
    }

    package init(folder path: String, fileSystem: any LogFileSystem = RealFileSystem()) throws(LogError) {
        let folder = LogFolder(path)
        guard let bytes = try fileSystem.contents(of: folder.checkpoint, limit: SignedNote.byteLimit) else {
            throw LogError(
                .missing, path: folder.checkpoint, problem: "there is no checkpoint",
                advice: "Only a signed log can prove anything")
        }
        guard let note = SignedNote(bytes), let checkpoint = Checkpoint(text: note.text) else {
            throw LogError.corrupt(folder.checkpoint, "is not a signed checkpoint")
        }
        try self.init(folder: path, note, checkpoint, from: folder.checkpoint, fileSystem)
    }

    /// The keys of the log that signed `note`, all of them believed: what anybody wrote into KEYS proves nothing. A proof that ends with another note would prove nothing to anybody, and look
    /// as if it did.
    private static func signers(
        of note: SignedNote, _ checkpoint: Checkpoint, from file: String, _ folder: LogFolder,
        _ fileSystem: any LogFileSystem
    ) throws(LogError) -> [NoteKey] {
        let origin = try LogFormat.read(folder, fileSystem).origin
        let keys = try KeyList.read(folder, fileSystem).entries
        let size = checkpoint.size
        guard checkpoint.origin == origin else {
            throw LogError.corrupt(file, "has a checkpoint of '\(checkpoint.origin)', and the log is '\(origin)'")
        }
        guard let signers = note.signers(among: keys.map(\.key)) else {
            throw LogError.corrupt(file, "has a false signature of the checkpoint of \(size) records")
        }
        guard !signers.isEmpty, note.signatures.count == signers.count,
            signers.allSatisfy({ signer in keys.contains { $0.key == signer && $0.covers(size) } })
        else {
            throw LogError.corrupt(file, "has a checkpoint of \(size) records that no key of the log signed")
        }
        let belief = try BelievedKeys.read(folder, origin: origin, fileSystem)
        guard signers.allSatisfy(belief.keys.contains) else {
            throw belief.refusal
                ?? LogError.corrupt(file, "has a checkpoint of \(size) records by a key that nobody vouches for")
        }
        return signers
    }

    /// The proof of record `index`, and its line.
    ///
    /// - Throws: `missing` when no checkpoint covers the record yet, `corrupt` when the log is not what was signed.
    package mutating func proof(of index: UInt64) throws(LogError) -> (proof: RecordProof, line: [UInt8]) {
        guard index < checkpoint.size else {
            throw LogError(
                .missing, path: path, problem: "record \(index) is not covered by a checkpoint yet",
                advice: "The newest covers \(checkpoint.size) records; a live log signs again within a second")
        }
        let hashes = try tree.inclusionProof(of: index, in: checkpoint.size)
        let line: [UInt8]
        if let known = tree.line(of: index) { line = known } else { line = try read(index) }
        let proof = RecordProof(index: index, hashes: hashes, note: note)
        // What the files say is believed only where it leads to what was signed.
        guard proof.holds(for: line, checkpoint) else {
            throw LogError.corrupt(
                path, "is not what the checkpoint of \(checkpoint.size) records signed", index: index)
        }
        return (proof, line)
    }

    private func read(_ index: UInt64) throws(LogError) -> [UInt8] {
        var reader = try LogReader(folder: path, from: index, fileSystem: fileSystem)
        guard let block = try reader.next() else {
            throw LogError(.missing, path: path, problem: "record \(index) is not there", index: index)
        }
        return Array(block.bytes.prefix { $0 != 0x0A })
    }
}
