/// Writes a whole log at once, for `replay --write-log`: blocks are sealed directly, without a write-ahead file. The
/// folder becomes a log with ``finish()``; before, no reader takes it for one, and after a crash it is written again.
package final class BulkLogWriter {
    /// The name of the log in its checkpoints.
    package let origin: String

    private let setup: LogSetup
    private let fileSystem: any LogFileSystem
    private let sealer: Sealer
    private var builder: BlockBuilder
    private let signing: Signing?

    /// Begins a log in `folder`, which must be empty or not exist.
    package init(
        folder path: String, options: LogOptions = LogOptions(), fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) {
        self.fileSystem = fileSystem
        let setup = try LogSetup(path, options, writeFormat: false, fileSystem)
        guard setup.created else {
            throw LogError(
                .notALog, path: path, problem: "is a log already; a bulk log is written whole",
                advice: "Name an empty folder or one that does not exist")
        }
        self.setup = setup
        origin = setup.format.origin
        var report = RecoveryReport()
        signing = try Signing.open(setup, options, lastSigned: nil, &report, fileSystem)
        let segments = try SegmentWriter(
            setup.folder, setup.format.shape, level: options.level, at: SegmentWriter.Position(), nextIndex: 0,
            fileSystem)
        sealer = Sealer(
            setup.folder, segments, tiles: TileWriter(setup.folder, setup.format.shape, fileSystem),
            sealing: options.sealing, signedIndex: .max, fileSystem)
        builder = BlockBuilder(shape: setup.format.shape, after: TreeFrontier())
    }

    /// The index of the next record: the number of records so far.
    package var nextIndex: UInt64 { builder.nextIndex }

    /// Appends the records. They are durable after ``finish()``.
    package func append(_ buffer: borrowing RecordBuffer) throws(LogError) {
        try RecordCheck.check(buffer, path: setup.folder.path)
        var row = 0
        while row < buffer.count {
            try sealer.waitForRoom()
            // Never more than a block at once, so that the waiting blocks stay few.
            let end = min(buffer.count, row + Int(setup.format.shape.blockRecords))
            builder.add(buffer, row..<end)
            sealer.seal(builder.takeCompleted())
            row = end
        }
    }

    /// Seals what is left, makes all of it durable, and makes the folder a log.
    package func finish() throws(LogError) {
        builder.endBlock()
        sealer.seal(builder.takeCompleted())
        try sealer.finish()
        if nextIndex > 0 { try signing?.sign(size: nextIndex, root: builder.frontier.head, keep: true) }
        try setup.finishFormat(fileSystem)
    }
}
