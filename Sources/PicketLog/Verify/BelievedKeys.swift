/// The keys in whose name a log may prove anything to others: the first, and each that is introduced by a record which a
/// believed key signed. The verifier asks the same while it hashes every record; this looks at as little as it can.
struct BelievedKeys {
    /// In the order of their introduction.
    private(set) var keys: [NoteKey] = []
    /// Why one that stands in KEYS is not among them.
    private(set) var refusal: LogError?

    private let folder: LogFolder
    private let fileSystem: any LogFileSystem

    static func read(
        _ folder: LogFolder, origin: String, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> BelievedKeys {
        let entries = try KeyList.read(folder, fileSystem).entries
        var belief = BelievedKeys(folder, fileSystem)
        guard let first = entries.first else { return belief }
        guard first.from == 0 else {
            belief.refusal = LogError.corrupt(folder.keys, "has a first key that does not sign from the beginning")
            return belief
        }
        belief.keys = [first.key]
        if entries.count > 1 { try belief.follow(entries, origin) }
        return belief
    }

    private init(_ folder: LogFolder, _ fileSystem: any LogFileSystem) {
        self.folder = folder
        self.fileSystem = fileSystem
    }

    private mutating func follow(_ entries: [KeyList.Entry], _ origin: String) throws(LogError) {
        let below = try PrunedList.read(folder, fileSystem).below(LogFormat.read(folder, fileSystem).shape)
        let notes = try notes()
        var tree = try LogTree(folder: folder.path, fileSystem: fileSystem)
        for entry in entries.dropFirst() {
            guard entry.from > 0 else {
                refuse("has a key that no record introduced: \(entry.key)")
                continue
            }
            // Retention deleted its introduction: it is believed as the first is, on the log's own word.
            if entry.from <= below {
                keys.append(entry.key)
                continue
            }
            let index = entry.from - 1
            guard OwnRecord.introduces(entry.key, try OwnRecord.line(at: index, folder, fileSystem)) else {
                refuse("has a key that record \(index) does not introduce: \(entry.key)", index)
                continue
            }
            let believed = entries.filter { keys.contains($0.key) }
            let vouching = notes.first { note in
                guard let checkpoint = Checkpoint(text: note.text), checkpoint.origin == origin,
                    checkpoint.size >= entry.from, let signers = note.signers(among: believed.map(\.key))
                else { return false }
                return believed.contains { $0.covers(checkpoint.size) && signers.contains($0.key) }
            }
            guard let vouching, let checkpoint = Checkpoint(text: vouching.text) else {
                refuse("has a key whose introduction, record \(index), no key before it signed", index)
                continue
            }
            guard try tree.head(of: checkpoint.size) == checkpoint.root else {
                throw LogError.corrupt(
                    folder.path, "is not what the checkpoint of \(checkpoint.size) records signed", index: index)
            }
            keys.append(entry.key)
        }
    }

    private mutating func refuse(_ problem: String, _ index: UInt64? = nil) {
        if refusal == nil { refusal = LogError.corrupt(folder.keys, problem, index: index) }
    }

    /// Everything that was signed and kept, the oldest first.
    private func notes() throws(LogError) -> [SignedNote] {
        let history = try fileSystem.contents(of: folder.checkpoints, limit: CheckpointHistory.byteLimit)
        let newest = try fileSystem.contents(of: folder.checkpoint, limit: SignedNote.byteLimit)
        return CheckpointHistory.parse(history ?? []).notes + [newest.flatMap { SignedNote($0) }].compactMap { $0 }
    }
}
