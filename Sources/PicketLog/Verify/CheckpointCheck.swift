/// Reads everything that was signed and checks the signatures and the keys; the tree heads are compared later.
struct CheckpointCheck {
    /// A checkpoint whose signature is good, and where it stands.
    struct Claim {
        var checkpoint: Checkpoint
        var path: String
        var offset: Int?
        var signers: [NoteKey]
    }

    private let folder: LogFolder
    private let origin: String
    private(set) var claims: [Claim] = []
    /// Whether all that was kept can be read: without it nobody can say which key vouched for which.
    private(set) var isWhole = false
    /// What `state/signed` says, if it is there.
    private(set) var state: Checkpoint?

    init(
        _ folder: LogFolder, origin: String, _ fileSystem: any LogFileSystem, _ report: inout VerifyReport
    ) throws(LogError) {
        self.folder = folder
        self.origin = origin
        let newest = try fileSystem.contents(of: folder.checkpoint, limit: SignedNote.byteLimit)
        let history = try fileSystem.contents(of: folder.checkpoints, limit: CheckpointHistory.byteLimit)
        let stateBytes = try fileSystem.contents(of: folder.signedState, limit: SignedNote.byteLimit)
        if let history {
            let content = CheckpointHistory.parse(history)
            isWhole = !content.isTorn
            for (note, offset) in zip(content.notes, content.offsets) {
                add(note, folder.checkpoints, offset, &report)
            }
            if let problem = content.problem {
                report.add(.tampered, folder.checkpoints, problem, offset: content.end)
            } else if content.isTorn {
                report.add(.incomplete, folder.checkpoints, "ends within a checkpoint", offset: content.end)
            }
            for (earlier, later) in zip(claims, claims.dropFirst())
            where later.checkpoint.size < earlier.checkpoint.size {
                report.add(.tampered, folder.checkpoints, "the checkpoints are not in order", offset: later.offset)
            }
        }
        let kept = claims.last?.checkpoint.size ?? 0
        if let newest {
            if let note = SignedNote(newest) {
                add(note, folder.checkpoint, nil, &report)
            } else {
                report.add(.tampered, folder.checkpoint, "is not a signed note")
            }
        }
        checkPresence(newest != nil, history != nil, stateBytes, kept, &report)
        checkKeys(&report)
    }

    private mutating func checkPresence(
        _ hasNewest: Bool, _ hasHistory: Bool, _ stateBytes: [UInt8]?, _ kept: UInt64, _ report: inout VerifyReport
    ) {
        if !hasNewest, !hasHistory, stateBytes == nil {
            report.add(.incomplete, folder.checkpoint, "nothing is signed: there is no checkpoint")
            return
        }
        if !hasNewest { report.add(.incomplete, folder.checkpoint, "the newest checkpoint is not there") }
        if !hasHistory { report.add(.incomplete, folder.checkpoints, "the earlier checkpoints are not there") }
        guard let stateBytes else {
            report.add(.incomplete, folder.signedState, "what was signed last is not there")
            return
        }
        guard let text = String(validating: stateBytes, as: UTF8.self), let state = Checkpoint(text: text),
            state.origin == origin
        else {
            report.add(.tampered, folder.signedState, "is not what a signer of this log left")
            return
        }
        self.state = state
        if let last = claims.last, last.path == folder.checkpoint, last.checkpoint.size < kept {
            report.add(.tampered, folder.checkpoint, "is older than one that was kept, of \(kept) records")
        }
        if let largest = claims.map(\.checkpoint.size).max(), largest > state.size {
            report.add(.tampered, folder.signedState, "is older than the checkpoint of \(largest) records")
        }
    }

    private mutating func add(_ note: SignedNote, _ path: String, _ offset: Int?, _ report: inout VerifyReport) {
        guard let checkpoint = Checkpoint(text: note.text), checkpoint.origin == origin else {
            report.add(.tampered, path, "a checkpoint is not one of this log", offset: offset)
            return
        }
        guard let signers = note.signers(among: report.keys.map(\.key)) else {
            report.add(
                .tampered, path, "a signature of the checkpoint of \(checkpoint.size) records is false", offset: offset)
            return
        }
        if signers.isEmpty {
            report.add(
                .tampered, path, "no known key signed the checkpoint of \(checkpoint.size) records", offset: offset)
            return
        }
        // Readers of notes step over what they do not know. In the log's own files nothing is unknown, and a signature
        // that was damaged would look so.
        let known = Set(signers.map(\.id))
        guard note.signatures.allSatisfy({ $0.name == origin && known.contains($0.keyID) }) else {
            report.add(
                .tampered, path, "the checkpoint of \(checkpoint.size) records has a signature of no key of this log",
                offset: offset)
            return
        }
        for key in signers where report.keys.contains(where: { $0.key == key && !$0.covers(checkpoint.size) }) {
            report.add(
                .tampered, path,
                "key \(key.idText) signed a checkpoint of \(checkpoint.size) records, for which it was not in use",
                offset: offset)
            return
        }
        claims.append(Claim(checkpoint: checkpoint, path: path, offset: offset, signers: signers))
    }

    /// A key that is out of use has a last checkpoint, which nobody with only a newer key can make.
    private func checkKeys(_ report: inout VerifyReport) {
        for entry in report.keys {
            guard let to = entry.to else { continue }
            if !claims.contains(where: { $0.checkpoint.size == to && $0.signers.contains(entry.key) }) {
                report.add(
                    .incomplete, folder.checkpoints,
                    "the last checkpoint of key \(entry.key.idText), of \(to) records, is not there")
            }
        }
    }
}
