import PicketEvents
import PicketLocks

/// The keys a writer signs with, and what was signed before it began.
final class Signing: Sendable {
    private struct State {
        var writer: CheckpointWriter
        var signers: [NoteSigner]
        var keys: KeyList
    }

    private let folder: LogFolder
    private let fileSystem: any LogFileSystem
    private let state: Locked<State>

    /// The checkpoint in `state/signed`: the last that may have been signed.
    static func lastSigned(
        _ folder: LogFolder, _ format: LogFormat, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> Checkpoint? {
        guard let bytes = try fileSystem.contents(of: folder.signedState, limit: SignedNote.byteLimit) else {
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self), let checkpoint = Checkpoint(text: text),
            checkpoint.origin == format.origin
        else { throw LogError.corrupt(folder.signedState, "is not what a signer of this log left") }
        return checkpoint
    }

    /// Takes up signing after recovery: compares the log with what was signed, repairs the end of `checkpoints.log`,
    /// and checks that the keys of the log are at hand. Nil when the log is not signed.
    static func open(
        _ setup: LogSetup, _ options: LogOptions, lastSigned: Checkpoint?, _ report: inout RecoveryReport,
        _ fileSystem: any LogFileSystem
    ) throws(LogError) -> Signing? {
        let folder = setup.folder
        var keys = try KeyList.read(folder, fileSystem)
        if let lastSigned {
            var tree = try LogTree(folder: folder.path, fileSystem: fileSystem)
            guard try tree.head(of: lastSigned.size) == lastSigned.root else {
                throw LogError.corrupt(folder.path, "holds other records than those that were signed")
            }
        }
        for entry in keys.entries where entry.to == nil {
            guard options.signers.contains(where: { $0.key == entry.key }) else {
                throw LogError(
                    .missing, path: folder.keys,
                    problem: "the log is signed with key \(entry.key.idText), which is not given",
                    advice: "Give the private key, or retire it first")
            }
        }
        guard !options.signers.isEmpty else { return nil }
        for signer in options.signers {
            guard signer.key.name == setup.format.origin else {
                throw LogError(
                    .invalidOption, path: folder.path,
                    problem: "a key of '\(signer.key.name)' cannot sign the log '\(setup.format.origin)'")
            }
            if let entry = keys.entries.last(where: { $0.key == signer.key }) {
                guard entry.to == nil else {
                    throw LogError(
                        .invalidOption, path: folder.keys, problem: "key \(signer.key.idText) was retired")
                }
            } else if keys.entries.isEmpty {
                keys.entries.append(KeyList.Entry(key: signer.key, from: 0, to: nil))
                try fileSystem.replaceFile(folder.keys, in: folder.path, with: keys.encoded())
            } else {
                throw LogError(
                    .invalidOption, path: folder.keys,
                    problem: "key \(signer.key.idText) does not belong to the log yet",
                    advice: "Rotate the keys: the log itself must name a new key before it signs")
            }
        }
        let historyEnd = try repairHistory(folder, &report, fileSystem)
        let writer = CheckpointWriter(
            folder, origin: setup.format.origin, signedSize: lastSigned?.size ?? 0, historyEnd: historyEnd,
            publish: options.publish, fileSystem)
        let published = try published(folder, fileSystem)
        return Signing(
            folder, State(writer: writer, signers: options.signers, keys: keys),
            isBehind: lastSigned != nil && (published != lastSigned || historyEnd == 0), fileSystem)
    }

    /// The checkpoint in `checkpoint`, if one is there that can be read.
    private static func published(
        _ folder: LogFolder, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> Checkpoint? {
        guard let bytes = try fileSystem.contents(of: folder.checkpoint, limit: SignedNote.byteLimit) else {
            return nil
        }
        return SignedNote(bytes).flatMap { Checkpoint(text: $0.text) }
    }

    /// Whether a crash came between the decision to sign and the publication: then one is due at once.
    let isBehind: Bool

    private init(
        _ folder: LogFolder, _ state: sending State, isBehind: Bool, _ fileSystem: any LogFileSystem
    ) {
        self.isBehind = isBehind
        self.folder = folder
        self.fileSystem = fileSystem
        self.state = Locked(state)
    }

    /// Cuts off a checkpoint that was being appended when the machine went off; returns the size of what is left.
    private static func repairHistory(
        _ folder: LogFolder, _ report: inout RecoveryReport, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> Int {
        let path = folder.checkpoints
        guard let bytes = try fileSystem.contents(of: path, limit: CheckpointHistory.byteLimit) else { return 0 }
        let history = CheckpointHistory.parse(bytes)
        var end = history.end
        if history.problem != nil || history.isTorn {
            let rest = bytes[end...]
            // A note that a crash tore is the last, and lacks its end or a sector.
            let isTear = history.isTorn || Sector.hasZeros(bytes, end..<bytes.count, origin: 0)
            guard isTear, rest.count <= SignedNote.byteLimit else {
                throw LogError.corrupt(path, history.problem ?? "a checkpoint is damaged", offset: end)
            }
            report.notes.append("\(rest.count) bytes of a torn checkpoint moved to quarantine")
            try Quarantine.keep(Array(rest), of: path, at: end, folder, fileSystem)
            let file = try fileSystem.open(path, .write)
            try file.truncate(to: end)
            try file.sync()
        }
        end = min(end, bytes.count)
        return end
    }

    /// The last size that was, or may have been, signed.
    var signedSize: UInt64 { state.withLock { $0.writer.signedSize } }

    /// Signs and publishes; see ``CheckpointWriter``.
    func sign(size: UInt64, root: TreeHash, keep: Bool) throws(LogError) {
        let result = state.withLock { state in
            Result { () throws(LogError) in
                try state.writer.sign(size: size, root: root, by: state.signers, keep: keep)
            }
        }
        try result.get()
    }

    /// Adds a key that signs checkpoints from size `from` on, beside those there are.
    func add(_ signer: NoteSigner, from: UInt64) throws(LogError) {
        try change { state in
            state.keys.entries.append(KeyList.Entry(key: signer.key, from: from, to: nil))
            state.signers.append(signer)
        }
    }

    /// Ends the use of a key; the checkpoint of `size`, signed before this, is its last.
    func retire(_ key: NoteKey, at size: UInt64) throws(LogError) {
        try change { state in
            for index in state.keys.entries.indices where state.keys.entries[index].key == key {
                state.keys.entries[index].to = size
            }
            state.signers.removeAll { $0.key == key }
        }
    }

    /// Whether `key` signs now, and how many do.
    func status(of key: NoteKey) -> (signs: Bool, count: Int) {
        state.withLock { state in (state.signers.contains { $0.key == key }, state.signers.count) }
    }

    /// The list is durable before the change counts.
    private func change(_ body: (inout State) -> Void) throws(LogError) {
        let result = state.withLock { state in
            Result { () throws(LogError) in
                var next = state
                body(&next)
                try fileSystem.replaceFile(folder.keys, in: folder.path, with: next.keys.encoded())
                state = next
            }
        }
        try result.get()
    }
}
