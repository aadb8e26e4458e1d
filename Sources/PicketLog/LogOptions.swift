/// How a log is written. All have defaults; none changes what an existing log means.
package struct LogOptions: Sendable {
    /// Where blocks are compressed and appended to their segment.
    package enum Sealing: Sendable {
        /// On a queue of its own, beside the appends.
        case background
        /// Within the append that fills the block: the order of file operations is then fixed, which tests need.
        case inline
    }

    /// zlib's level, 1 (fastest) to 9 (smallest). 6: 9 costs three times as much for 6 %, 1 is 30 % larger.
    package var level = 6
    /// The name of the log in its checkpoints: a host and path without scheme, as `example.com/picket/north`. Only used
    /// when the log is created; nil makes a random one.
    package var origin: String?
    /// Only used when the log is created.
    package var shape = LogShape.standard
    package var sealing = Sealing.background
    /// Records that wait longer than this for a full block are sealed in a short one.
    package var sealAfter = Duration.seconds(60)
    /// The size at which a new write-ahead file is begun, in bytes.
    package var writeAheadBytes = LogLimits.writeAheadBytes
    /// Room kept on the disk for the day when it is full, in bytes; 0 for none.
    package var reserveBytes = 0

    /// The keys that sign the log's checkpoints; none for a log that proves nothing.
    package var signers: [NoteSigner] = []
    /// The longest time between two checkpoints while records come.
    package var signAfter = Duration.seconds(1)
    /// The silence after which a record is due that only says that the log is written: with the second until it is
    /// signed, two checkpoints are never more than 60 s apart (DESIGN §6).
    package var heartbeatAfter = Duration.seconds(57)
    /// Is given every checkpoint that was published, on the writer's other queue: an anchor outside this machine.
    package var publish: (@Sendable (SignedNote) -> Void)?

    package init(level: Int = 6, origin: String? = nil) {
        self.level = level
        self.origin = origin
    }

    /// Refuses what zlib or a checkpoint would refuse later.
    func check(path: String) throws(LogError) {
        guard (1...9).contains(level) else {
            throw LogError(
                .invalidOption, path: path, problem: "compression level \(level) does not exist",
                advice: "Use 1 (fastest) to 9 (smallest)")
        }
        if let origin, !LogFormat.isOrigin(origin) {
            throw LogError(
                .invalidOption, path: path, problem: "origin '\(origin)' cannot name a log",
                advice: "Use a name such as example.com/picket/north: no spaces, no '+', at most 255 bytes")
        }
    }
}
