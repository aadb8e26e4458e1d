import PicketEvents

/// Writes a log as it happens. ``append(_:)`` returns when its records are durable; complete blocks are compressed into
/// segments beside it. It has one owner and is not safe to share.
package final class LogWriter {
    /// What the start found and did.
    package let recovery: RecoveryReport
    /// The name of the log in its checkpoints.
    package let origin: String

    let setup: LogSetup
    let fileSystem: any LogFileSystem
    private let options: LogOptions
    private let sealer: Sealer
    /// Nil when the log is not signed.
    let signing: Signing?
    /// Nil when no room is kept for a full disk.
    let reserve: LogReserve?
    private var writeAhead: WriteAheadWriter
    private var builder: BlockBuilder
    private let clock = ContinuousClock()
    /// When the oldest record that is in no block yet was appended.
    private var openSince: ContinuousClock.Instant?
    /// Up to where, and when, a checkpoint was last asked for.
    private var checkpointed: (size: UInt64, at: ContinuousClock.Instant)
    /// When a record was last appended.
    private var appendedAt: ContinuousClock.Instant
    /// Why nothing is written any more.
    private var stopped: LogError?

    /// Opens the log in `folder`, creating it if there is none, and recovers it.
    ///
    /// - Throws: `locked` when another process writes it, `corrupt` when durable bytes are missing or different.
    package init(
        folder path: String, options: LogOptions = LogOptions(), fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) {
        self.options = options
        self.fileSystem = fileSystem
        let setup = try LogSetup(path, options, writeFormat: true, fileSystem)
        self.setup = setup
        origin = setup.format.origin
        let lastSigned = try Signing.lastSigned(setup.folder, setup.format, fileSystem)
        var start = LogRecovery(setup.folder, setup.format, signedIndex: lastSigned?.size ?? 0, fileSystem)
        let found = try start.run()
        var report = found.report
        report.created = setup.created
        signing = try Signing.open(setup, options, lastSigned: lastSigned, &report, fileSystem)
        recovery = report
        reserve =
            options.reserveBytes > 0 ? LogReserve(setup.folder, bytes: options.reserveBytes, fileSystem) : nil
        checkpointed = (lastSigned?.size ?? 0, clock.now)
        appendedAt = clock.now
        var segments = try SegmentWriter(
            setup.folder, setup.format.shape, level: options.level, at: found.position,
            nextIndex: found.frontier.size, fileSystem)
        if let root = found.missingEnd { try segments.end(root: root) }
        let tiles = TileWriter(setup.folder, setup.format.shape, fileSystem)
        sealer = Sealer(
            setup.folder, segments, tiles: tiles, sealing: options.sealing, signedIndex: signing?.signedSize ?? .max,
            fileSystem)
        if let tile = try tiles.missing(below: found.frontier.size, from: found.prunedBelow) { sealer.restore(tile) }
        // A file without records has the name that the next file will have: it must not be removed behind its back.
        let unused = found.files.last { $0.firstIndex == $0.endIndex }
        writeAhead = WriteAheadWriter(
            setup.folder, origin: origin, fileLimit: options.writeAheadBytes, unused: unused?.firstIndex, fileSystem)
        builder = BlockBuilder(shape: setup.format.shape, after: found.frontier)
        builder.add(found.tail, 0..<found.tail.count)
        if builder.openCount > 0 { openSince = clock.now }
        sealer.seal(builder.takeCompleted())
        for file in found.files where file != unused { sealer.retire(file) }
        if signing?.isBehind == true { requestCheckpoint(keep: true) }
        // A start on a full disk is no error: the first append will say so.
        _ = try reserve?.take()
    }

    /// The folder of the log.
    package var path: String { setup.folder.path }

    /// The index of the next record: the number of records in the log.
    package var nextIndex: UInt64 { builder.nextIndex }

    /// Whether nothing was appended for so long that a heartbeat is due. The wall clock, which may be set, has no say.
    package var isSilent: Bool { clock.now - appendedAt >= options.heartbeatAfter }

    /// Appends the records and returns when they are durable. Up to ``LogLimits/frameBytes`` they are one frame, and a
    /// crash keeps all of them or none; more are split, and ``nextIndex`` tells how many an error let through.
    ///
    /// - Throws: `full` when there is no room: nothing was written, and the same call may be repeated. `invalidRecord`
    ///   before anything is written. Any other error stops the writer; its `outcome` says what became of the records.
    package func append(_ buffer: borrowing RecordBuffer) throws(LogError) {
        if let stopped { throw stopped }
        try RecordCheck.check(buffer, path: setup.folder.path)
        var row = 0
        while row < buffer.count {
            let rows = row..<Self.frameEnd(buffer, from: row)
            try appendFrame(buffer, rows)
            row = rows.upperBound
        }
        appendedAt = clock.now
        sealIfDue()
        signIfDue()
    }

    /// Says that nothing arrived: signs what is not signed, and seals a short block when records have waited long enough for a full one.
    package func idle() throws(LogError) {
        if let stopped { throw stopped }
        sealIfDue()
        signIfDue()
        try sealer.waitForRoom()
    }

    /// Ends the log in order: everything is sealed, signed and durable in segments, no write-ahead file is left, and the
    /// lock is given back when the writer is released. The writer does nothing more.
    package func close() throws(LogError) {
        if let stopped { throw stopped }
        stopped = LogError(.stopped, path: setup.folder.path, problem: "the writer was closed")
        builder.endBlock()
        sealer.seal(builder.takeCompleted())
        requestCheckpoint(keep: true)
        retireWriteAhead()
        try sealer.finish()
    }

    /// Seals what is there in a short block, whatever its age.
    package func sealOpenBlock() {
        builder.endBlock()
        sealer.seal(builder.takeCompleted())
        openSince = nil
    }

    private func sealIfDue() {
        guard let openSince, clock.now - openSince >= options.sealAfter else { return }
        sealOpenBlock()
    }

    /// Signs a checkpoint over all records now, and returns when it is published.
    package func signNow() throws(LogError) {
        if let stopped { throw stopped }
        requestCheckpoint(keep: true)
        try waitForSealing()
    }

    /// Waits until everything that was handed to the other queue is done.
    func waitForSealing() throws(LogError) { try sealer.finish() }

    /// At most a second after the last one, when there is anything new (DESIGN §6).
    private func signIfDue() {
        guard nextIndex > checkpointed.size, clock.now - checkpointed.at >= options.signAfter else { return }
        requestCheckpoint(keep: false)
    }

    /// Hands the tree head over to be signed. All records are durable: their frames were synced before they were added.
    private func requestCheckpoint(keep: Bool) {
        guard let signing, nextIndex > 0 else { return }
        let size = nextIndex
        let root = builder.frontier.head
        checkpointed = (size, clock.now)
        sealer.sign { () throws(LogError) in
            try signing.sign(size: size, root: root, keep: keep)
            return size
        }
    }

    private func appendFrame(_ buffer: borrowing RecordBuffer, _ rows: Range<Int>) throws(LogError) {
        do throws(LogError) {
            try sealer.waitForRoom()
            try writeFrame(buffer, rows)
        } catch {
            if error.kind != .full || error.outcome == .unknown { stopped = error }
            throw error
        }
        let start = builder.openCount
        builder.add(buffer, rows)
        let blocks = builder.takeCompleted()
        if builder.openCount == 0 {
            openSince = nil
        } else if start == 0 || !blocks.isEmpty {
            openSince = clock.now
        }
        sealer.seal(blocks)
    }

    /// Writes one frame; after an error that leaves the fate of a file open, once more into a new file.
    private func writeFrame(_ buffer: borrowing RecordBuffer, _ rows: Range<Int>) throws(LogError) {
        if writeAhead.isFull { retireWriteAhead() }
        if writeAhead.firstIndex == nil { try beginWriteAhead() }
        do throws(LogError) {
            try writeAhead.append(buffer, rows, firstIndex: nextIndex)
        } catch {
            guard error.outcome == .unknown else { throw error }
            // The file is left as it is. Its records below nextIndex count; the new file takes over from there.
            do throws(LogError) {
                try beginWriteAhead()
                try writeAhead.append(buffer, rows, firstIndex: nextIndex)
            } catch var second {
                second.outcome = .unknown
                second.problem = "\(error.problem), and then in a new file: \(second.problem)"
                throw second
            }
        }
    }

    private func beginWriteAhead() throws(LogError) {
        if let newest = writeAhead.newest, newest < nextIndex { retireWriteAhead() }
        try writeAhead.begin(at: nextIndex, treeHead: builder.frontier.head)
    }

    /// Leaves the present file to the sealer, which removes it when it is not needed. Its name must not be used again:
    /// it holds records, or the writer ends.
    private func retireWriteAhead() {
        if let first = writeAhead.end() {
            sealer.retire(Sealer.RetiredFile(firstIndex: first, endIndex: nextIndex))
        }
    }

    /// The row after the last one that fits into a frame with `row`.
    private static func frameEnd(_ buffer: borrowing RecordBuffer, from row: Int) -> Int {
        var end = row
        var size = 0
        while end < buffer.count {
            size += buffer.line(end).count + WriteAheadFrame.recordOverhead
            if size > LogLimits.frameBytes && end > row { break }
            end += 1
        }
        return end
    }
}
