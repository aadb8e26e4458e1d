/// Brings a log that was left in any state a crash can leave into the state a writer goes on from. It cuts off only what
/// was never acknowledged, or is still held by the write-ahead files; everything else that is not as it should be is an
/// error, and then nothing was changed that a second start would miss (audit-log.md §2.3: recovery is idempotent).
struct LogRecovery {
    /// Where a writer goes on.
    struct Result {
        var position: SegmentWriter.Position
        /// The tree over the sealed records.
        var frontier: TreeFrontier
        /// The records after them.
        var tail: RecordBuffer
        /// All write-ahead files there are, ascending.
        var files: [Sealer.RetiredFile]
        var report: RecoveryReport
        /// Records below were deleted by retention.
        var prunedBelow: UInt64
        /// The root of a full segment that still lacks its end.
        var missingEnd: TreeHash?
    }

    let folder: LogFolder
    let format: LogFormat
    let fileSystem: any LogFileSystem
    /// Records below were covered by a durable signed checkpoint: they cannot be torn.
    let signedIndex: UInt64

    private var report = RecoveryReport()

    init(_ folder: LogFolder, _ format: LogFormat, signedIndex: UInt64, _ fileSystem: any LogFileSystem) {
        self.folder = folder
        self.format = format
        self.signedIndex = signedIndex
        self.fileSystem = fileSystem
    }

    mutating func run() throws(LogError) -> Result {
        let writeAhead = try WriteAheadRecovery(folder, format, signedIndex: signedIndex, fileSystem).run(&report)
        var segments = SegmentRecovery(folder, format.shape, writeAhead, fileSystem)
        try segments.run(&report)
        let sealed = segments.frontier.size
        let end = max(sealed, writeAhead.endIndex)
        guard end >= signedIndex else {
            throw LogError.corrupt(
                folder.path, "ends at record \(end), but a checkpoint was signed for \(signedIndex)", index: end)
        }
        try writeAhead.checkGaps(sealed: sealed)
        let tail = writeAhead.records(from: sealed)
        try writeAhead.checkTreeHeads(after: segments.frontier, tail)
        report.recordsFromTail = UInt64(tail.count)
        return Result(
            position: segments.position, frontier: segments.frontier, tail: tail, files: writeAhead.retired,
            report: report, prunedBelow: segments.prunedBelow, missingEnd: segments.missingEnd)
    }
}
