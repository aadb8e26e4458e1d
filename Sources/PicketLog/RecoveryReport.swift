/// What the start of a writer found and did. Its caller writes a `log` record of it when anything was done.
package struct RecoveryReport: Equatable, Sendable {
    /// The log did not exist and was created.
    package var created = false
    /// Records that were only in write-ahead files.
    package var recordsFromTail: UInt64 = 0
    /// Write-ahead files read.
    package var writeAheadFiles = 0
    /// Bytes of frames that a crash cut off, never acknowledged; a copy lies in `quarantine/`.
    package var tornFrameBytes = 0
    /// Bytes of blocks that a crash cut off, whose records are all still in the write-ahead files; a copy likewise.
    package var tornBlockBytes = 0
    /// What was done, in words, one clause each.
    package var notes: [String] = []

    package init() {}

    /// Whether the last writer ended without ``LogWriter/close()``.
    package var wasUnclean: Bool { !created && (writeAheadFiles > 0 || tornFrameBytes > 0 || tornBlockBytes > 0) }
}
