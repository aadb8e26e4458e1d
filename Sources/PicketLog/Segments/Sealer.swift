import Dispatch
import PicketLocks

/// Compresses complete blocks and appends them to segments, beside the appends to the write-ahead file, and removes
/// write-ahead files whose records are all sealed, durable and signed.
///
/// A full disk stops it without harm: the blocks wait, the write-ahead file holds them, and every later call tries
/// again. Any other error stops it for good.
final class Sealer: Sendable {
    /// What the appending side needs to know, never held during work.
    private struct Progress {
        var waiting: [Block] = []
        var retired: [RetiredFile] = []
        var checkpoint: Signature?
        /// A tile that a crash left unwritten.
        var missingTile: Tile?
        var error: LogError?
        var durableIndex: UInt64
        /// Records below are covered by a signed checkpoint, or need none.
        var signedIndex: UInt64
    }

    /// Signs a checkpoint; returns its size.
    typealias Signature = @Sendable () throws(LogError) -> UInt64

    /// A write-ahead file that is no longer written.
    struct RetiredFile: Equatable, Sendable {
        var firstIndex: UInt64
        var endIndex: UInt64
    }

    private let folder: LogFolder
    private let fileSystem: any LogFileSystem
    private let writer: Locked<SegmentWriter>
    private let tiles: TileWriter
    private let progress: Locked<Progress>
    /// Nil when blocks are sealed within the append.
    private let queue: DispatchQueue?

    init(
        _ folder: LogFolder, _ writer: sending SegmentWriter, tiles: TileWriter, sealing: LogOptions.Sealing,
        signedIndex: UInt64, _ fileSystem: any LogFileSystem
    ) {
        self.tiles = tiles
        self.folder = folder
        self.fileSystem = fileSystem
        progress = Locked(Progress(durableIndex: writer.durableIndex, signedIndex: signedIndex))
        self.writer = Locked(writer)
        queue = sealing == .background ? DispatchQueue(label: "picket.log.sealer") : nil
    }

    /// Hands over complete blocks in order.
    func seal(_ blocks: [Block]) {
        guard !blocks.isEmpty else { return }
        progress.withLock { $0.waiting.append(contentsOf: blocks) }
        work()
    }

    /// Says that a write-ahead file will not grow any more: it is removed once it is not needed.
    func retire(_ file: RetiredFile) {
        progress.withLock { $0.retired.append(file) }
        work()
    }

    /// Signs a checkpoint after everything handed over before. A newer one replaces one that waits.
    func sign(_ checkpoint: @escaping Signature) {
        progress.withLock { $0.checkpoint = checkpoint }
        work()
    }

    /// Waits while too many blocks wait, so that a writer faster than the compressor is slowed down, not its memory
    /// filled. Throws when the blocks cannot be sealed.
    func waitForRoom() throws(LogError) {
        if let error = progress.withLock({ $0.error }), error.kind != .full { throw error }
        guard progress.withLock({ $0.waiting.count }) >= LogLimits.waitingBlocks else { return }
        work()
        queue?.sync {}
        let (count, error) = progress.withLock { ($0.waiting.count, $0.error) }
        if count >= LogLimits.waitingBlocks, let error { throw error }
    }

    /// Waits until everything handed over is sealed and durable, and all that is no longer needed is removed.
    func finish() throws(LogError) {
        work()
        queue?.sync {}
        if let error = progress.withLock({ $0.error }) { throw error }
        try syncSegment()
        try removeRetired()
    }

    /// The index below which all records are sealed and durable in segments.
    var durableIndex: UInt64 { progress.withLock { $0.durableIndex } }

    /// Writes a tile that a crash left unwritten, before anything else.
    func restore(_ tile: Tile) {
        progress.withLock { $0.missingTile = tile }
        work()
    }

    private func work() {
        if let queue { queue.async { self.drain() } } else { drain() }
    }

    /// Seals what waits; runs on the queue.
    private func drain() {
        // Whatever a full disk stopped is tried again; after any other error nothing is touched.
        let isStopped = progress.withLock { progress in
            if progress.error?.kind == .full { progress.error = nil }
            return progress.error != nil
        }
        if isStopped { return }
        do throws(LogError) {
            if let tile = progress.withLock({ $0.missingTile }) {
                try tiles.write(tile)
                progress.withLock { $0.missingTile = nil }
            }
            while let block = progress.withLock({ $0.waiting.first }) {
                try append(block)
                progress.withLock { _ = $0.waiting.removeFirst() }
            }
            try signNext()
            // Syncing once per write-ahead file rather than per block: until then that file holds the records.
            let sealed = writer.withLock { $0.nextIndex }
            let isDue = progress.withLock { progress in
                progress.retired.contains { $0.endIndex <= sealed && $0.endIndex > progress.durableIndex }
            }
            if isDue { try syncSegment() }
            try removeRetired()
        } catch {
            progress.withLock { $0.error = error }
        }
    }

    private func signNext() throws(LogError) {
        guard let checkpoint = progress.withLock({ $0.checkpoint }) else { return }
        // Taken only now: a newer one may have come meanwhile, and is signed at the next turn.
        progress.withLock { $0.checkpoint = nil }
        do throws(LogError) {
            let size = try checkpoint()
            progress.withLock { $0.signedIndex = max($0.signedIndex, size) }
        } catch {
            progress.withLock { if $0.checkpoint == nil { $0.checkpoint = checkpoint } }
            throw error
        }
    }

    private func append(_ block: Block) throws(LogError) {
        let result = writer.withLock { writer in Result { () throws(LogError) in try writer.append(block) } }
        try result.get()
        noteDurable()
        if let tile = block.tile { try tiles.write(tile) }
    }

    private func syncSegment() throws(LogError) {
        let result = writer.withLock { writer in Result { () throws(LogError) in try writer.sync() } }
        try result.get()
        noteDurable()
    }

    private func noteDurable() {
        let durable = writer.withLock { $0.durableIndex }
        progress.withLock { $0.durableIndex = durable }
    }

    private func removeRetired() throws(LogError) {
        let removable = progress.withLock { progress in
            let limit = min(progress.durableIndex, progress.signedIndex)
            // Oldest first and without gaps, so that a crash between two removals leaves the newer ones.
            let files = progress.retired.prefix { $0.endIndex <= limit }
            progress.retired.removeFirst(files.count)
            return Array(files)
        }
        guard !removable.isEmpty else { return }
        for file in removable { try fileSystem.remove(folder.writeAheadFile(file.firstIndex)) }
        try fileSystem.syncFolder(folder.writeAhead)
    }
}
