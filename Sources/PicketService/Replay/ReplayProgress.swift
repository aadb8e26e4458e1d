/// How far a replay has come.
package struct ReplayProgress: Sendable {
    /// Bytes or records that were read.
    package var done: UInt64
    /// Bytes or records there are; nil when nobody knows (a pipe, a compressed file).
    package var total: UInt64?

    package init(done: UInt64, total: UInt64?) {
        self.done = done
        self.total = total
    }
}
