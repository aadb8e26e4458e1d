/// Signs and publishes checkpoints. It never signs a size below one it signed before: what it signs next is durable in
/// `state/signed` before the signature exists, so that a log that was put back to an older copy is noticed.
struct CheckpointWriter {
    private let folder: LogFolder
    private let origin: String
    private let fileSystem: any LogFileSystem
    private let publish: (@Sendable (SignedNote) -> Void)?
    private let clock = ContinuousClock()
    /// The last size that was, or may have been, signed.
    private(set) var signedSize: UInt64
    private var history: (any LogFile)?
    private var historyEnd: Int
    private var historyAt: ContinuousClock.Instant?
    /// Why `checkpoints.log` is not written any more: nobody knows what is on the disk after such an error.
    private var failure: LogError?

    /// At most one checkpoint in this time is kept in `checkpoints.log`, so that a slow log does not consist of them.
    private var historyInterval: Duration { CheckpointHistory.interval(historyEnd) }

    init(
        _ folder: LogFolder, origin: String, signedSize: UInt64, historyEnd: Int,
        publish: (@Sendable (SignedNote) -> Void)?, _ fileSystem: any LogFileSystem
    ) {
        self.folder = folder
        self.origin = origin
        self.signedSize = signedSize
        self.historyEnd = historyEnd
        self.publish = publish
        self.fileSystem = fileSystem
    }

    /// Signs that the first `size` records have the head `root`; all of them are durable.
    ///
    /// - Parameter keep: also keeps it in `checkpoints.log` when one was kept less than a minute ago.
    mutating func sign(size: UInt64, root: TreeHash, by signers: [NoteSigner], keep: Bool) throws(LogError) {
        if let failure { throw failure }
        guard size >= signedSize else {
            throw LogError(
                .stopped, path: folder.signedState,
                problem: "a checkpoint of \(size) records was signed after one of \(signedSize)")
        }
        let checkpoint = Checkpoint(origin: origin, size: size, root: root)
        try fileSystem.replaceFile(folder.signedState, in: folder.state, with: Array(checkpoint.text.utf8))
        signedSize = size
        guard let note = checkpoint.signed(by: signers) else {
            throw LogError(.stopped, path: folder.path, problem: "signing failed")
        }
        // Published first: a checkpoint in the history is never newer than the one in `checkpoint`.
        try fileSystem.replaceFile(folder.checkpoint, in: folder.path, with: note.bytes)
        let now = clock.now
        if keep || historyAt.map({ now - $0 >= historyInterval }) ?? true {
            try append(note)
            historyAt = now
        }
        publish?(note)
    }

    private mutating func append(_ note: SignedNote) throws(LogError) {
        let file: any LogFile
        if let history {
            file = history
        } else if try fileSystem.status(folder.checkpoints) == nil {
            file = try fileSystem.open(folder.checkpoints, .create)
            try fileSystem.syncFolder(folder.path)
        } else {
            file = try fileSystem.open(folder.checkpoints, .write)
        }
        history = file
        let bytes = note.bytes + [0x0A]
        do throws(LogError) {
            try file.write(bytes, at: historyEnd)
        } catch {
            // A full disk: nothing of the note stays, and it comes again when there is room.
            if error.kind != .full { throw fail(error) }
            do throws(LogError) {
                try file.truncate(to: historyEnd)
            } catch let second {
                throw fail(second)
            }
            throw error
        }
        do throws(LogError) {
            try file.sync()
        } catch {
            throw fail(error)
        }
        historyEnd += bytes.count
    }

    /// The file is not touched again, whatever the error is called: a sync that is repeated succeeds and proves nothing. The
    /// next start reads what is there.
    private mutating func fail(_ error: LogError) -> LogError {
        history = nil
        var stop = error
        if error.kind == .full { stop.kind = .stopped }
        failure = stop
        return stop
    }
}
