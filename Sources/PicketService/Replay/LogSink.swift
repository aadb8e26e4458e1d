import PicketEvents
import PicketLog

/// Writes the records of a replay into a new log folder.
struct LogSink: RecordSink {
    private let writer: BulkLogWriter
    private var lines = CanonicalLine()
    private var buffer = RecordBuffer()

    /// Records gathered before they are given to the writer: a block, so that it has something to seal.
    private static let gathered = 1_024

    /// - Throws: `LogError` when the folder cannot be made or holds a log already.
    init(folder: String, level: Int, signers: [NoteSigner] = []) throws {
        var options = LogOptions(level: level)
        options.signers = signers
        writer = try BulkLogWriter(folder: folder, options: options)
    }

    mutating func setName(_ name: String, of feed: FeedID) { lines.setName(name, of: feed) }

    mutating func append(_ batch: borrowing EventBatch, rows: Range<Int>) throws {
        for row in rows {
            buffer.append(time: batch.received[row]) { [lines] out in lines.append(row, of: batch, to: &out) }
            if buffer.count >= LogSink.gathered { try drain() }
        }
    }

    mutating func append(line: [UInt8], time: Int64) throws {
        buffer.append(line: line, time: time)
        if buffer.count >= LogSink.gathered { try drain() }
    }

    mutating func finish() throws {
        try drain()
        try writer.finish()
    }

    private mutating func drain() throws {
        guard !buffer.isEmpty else { return }
        try writer.append(buffer)
        buffer.removeAll()
    }
}
