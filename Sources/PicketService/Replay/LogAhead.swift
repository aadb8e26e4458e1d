import PicketLog

/// The blocks of a log in order, decompressed ahead by a thread of its own. From the first large block on, which only a
/// hostile or a very odd log has, there is no other thread: then memory counts more than time.
struct LogAhead {
    private let folder: String
    private let ahead: ReadAhead<LogBlock>
    /// The record after the last block that came from ``ahead``.
    private var position: UInt64 = 0
    /// Reads what ``ahead`` does not.
    private var reader: LogReader?

    /// Blocks that wait, 0.2 MB each: enough that neither thread waits for the other's odd slow block.
    private static let blocks = 4
    /// From this size on a block is large.
    private static let largeBytes = 1 << 20

    init(folder: String) {
        self.folder = folder
        ahead = ReadAhead(depth: LogAhead.blocks) {
            var reader = try LogReader(folder: folder)
            return {
                guard let block = try reader.next(), block.bytes.count < LogAhead.largeBytes else { return nil }
                return block
            }
        }
    }

    /// The next records; nil at the end.
    ///
    /// - Throws: `LogError` with the place where the log is damaged.
    mutating func next() throws -> LogBlock? {
        if reader == nil {
            if let block = try ahead.next() {
                position = block.endIndex
                return block
            }
            reader = try LogReader(folder: folder, from: position)
        }
        return try reader?.next()
    }
}
