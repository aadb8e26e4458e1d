import PicketEvents

/// The limits of the log's files. A reader refuses what exceeds them before it allocates anything.
package enum LogLimits {
    /// The longest record, in bytes without its line feed.
    package static let recordBytes = Limits.recordBytes

    /// The most bytes one frame of the write-ahead file holds (DESIGN §6): larger frames would make an append wait
    /// longer for its fdatasync than a person notices.
    package static let frameBytes = 4 << 20

    /// A write-ahead file is left and a new one begun when it has grown to this size: large enough that creating and
    /// deleting files costs nothing, small enough to be read whole into memory at the next start.
    package static let writeAheadBytes = 8 << 20

    /// The largest write-ahead file a reader accepts: the size above, one more frame, and what frames cost.
    package static let writeAheadReadBytes = 16 << 20

    /// The most uncompressed bytes of one block. A block that would grow beyond is sealed short, so that neither a
    /// writer nor a reader ever holds more, whatever the records are.
    package static let blockBytes = 8 << 20

    /// The largest member of a segment, in bytes: incompressible content grows by less than 1 %, and the header is
    /// less than 64 KiB.
    package static let memberBytes = blockBytes + blockBytes / 64 + (64 << 10)

    /// Blocks that wait to be sealed. Each is at most ``blockBytes``, usually 0.2 MB; a writer that is ahead by more
    /// waits.
    package static let waitingBlocks = 4

    /// The room a live log keeps for a full disk: a frame, the blocks that wait, and a checkpoint.
    package static let reserveBytes = 8 << 20

    /// Segments of a log. Their folders are named x000 to x999 with 1,000 segments each, so that a shell's `*` lists
    /// them in log order: 2.6e11 records at the standard shape, 82 years at 100 events a second.
    package static let segments: UInt64 = 1_000_000

    /// The largest FORMAT file, in bytes.
    package static let formatBytes = 64 << 10

    /// The longest origin line, in bytes: a name a person can still compare.
    package static let originBytes = 255
}
