/// Consecutive records as a reader gives them.
package struct LogBlock: Equatable, Sendable {
    /// The index of the first record.
    package var firstIndex: UInt64
    /// Records.
    package var count: Int
    /// The lines, each ended by LF.
    package var bytes: [UInt8]

    package init(firstIndex: UInt64, count: Int, bytes: [UInt8]) {
        self.firstIndex = firstIndex
        self.count = count
        self.bytes = bytes
    }

    /// The index after the last record.
    package var endIndex: UInt64 { firstIndex + UInt64(count) }
}
