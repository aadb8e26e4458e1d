import PicketEvents
import PicketLog

/// Where the records of a replay go when it writes a log.
protocol RecordSink {
    /// Takes rows of a batch, in order.
    mutating func append(_ batch: borrowing EventBatch, rows: Range<Int>) throws
    /// Takes one of Picket's own records.
    mutating func append(line: [UInt8], time: Int64) throws
    /// Tells the name of a feed before its first event.
    mutating func setName(_ name: String, of feed: FeedID)
    /// Everything was given.
    mutating func finish() throws
}
