/// The limits of the byte sources, each with its reason.
package enum SourceLimits {
    /// How much of an input is looked at to recognise its format: room for the longest line.
    package static let peekBytes = 64 << 10

    /// Compressed bytes read at once. The memory of a gzip source is this and zlib's window (about 44 KiB), whatever
    /// the file promises to become.
    package static let compressedBytes = 64 << 10

    /// Bytes that one call of ``FileTail/read()`` takes from its file at most, so that a tail that has much to catch up
    /// with lets others work in between.
    package static let tailBytes = 1 << 20

    /// The fingerprint of a file is the hash of so many of its first bytes: several lines, each with its own time.
    package static let headBytes = 1_024

    /// How often a folder that changes while it is listed is listed again before it is left for the next time.
    package static let listings = 8

    /// How long a watch sleeps between two looks where the system cannot wake it.
    package static let pollInterval = Duration.milliseconds(50)
}
