package import PicketEvents

/// Turns the lines of one feed into events. One decoder serves one feed; it may remember earlier lines.
///
/// A decoder never fails: what it cannot understand becomes a `rejected` event in its place, with reason, length and
/// hash (DESIGN §4), so that the events of a feed account for every line that could have been one.
///
/// How many events a line makes must not depend on what the decoder remembers: a live feed that restarts decodes lines
/// again from an earlier place and skips as many events as the log already holds.
package protocol FeedDecoder: Sendable {
    /// The format it reads.
    var format: FeedFormat { get }

    /// What the lines so far have shown that the feed can show.
    var visibility: Visibility { get }

    /// What must be remembered of earlier lines to go on from here in another process and is not in the events
    /// themselves; nil when nothing is pending. Small: it is written into the log.
    var context: String? { get }

    /// Goes on from `context`, as an earlier decoder returned it.
    mutating func restore(context: String)

    /// Learns from events of this feed that are already in the log what decoding them had taught (which user and
    /// address a client id stands for, say).
    mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>)

    /// Writes or reads what ``absorb(_:rows:)`` has taught, so that a start need not give it the whole log again.
    ///
    /// - Throws: `StateProblem` when what is read is not that.
    mutating func code(learned coder: inout StateCoder) throws

    /// Decodes whole lines.
    ///
    /// - Parameters:
    ///   - block: lines, each ended by LF except possibly the last one when `isLast`.
    ///   - isLast: nothing will ever follow: a line without LF is complete.
    ///   - limit: the most events wanted.
    /// - Returns: the events in the order of their lines, and how many bytes they came from. Fewer than the block
    ///   holds only when `limit` was reached; the rest is then given again.
    mutating func decode(_ block: consuming [UInt8], isLast: Bool, limit: Int) -> DecodedBlock
}

/// What a decoder made of a block.
package struct DecodedBlock: Sendable {
    /// The events; ``EventBatch/text`` begins with the block.
    package var batch: EventBatch
    /// For every event, the end of its line in the block: where reading goes on after it.
    package var lineEnds: [Int32]
    /// The bytes of the block that were read.
    package var consumed: Int

    package init(batch: EventBatch, lineEnds: [Int32], consumed: Int) {
        self.batch = batch
        self.lineEnds = lineEnds
        self.consumed = consumed
    }
}

/// Which groups of events a feed has shown that it can report. A behavior whose metric needs a group that was never
/// seen is *blind* in this feed; its silence means nothing.
package struct Visibility: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Clients that come and go.
    package static let connections = Visibility(rawValue: 1)
    /// Messages from devices.
    package static let publishes = Visibility(rawValue: 2)
    /// Messages to devices.
    package static let deliveries = Visibility(rawValue: 4)
    /// Subscriptions.
    package static let subscriptions = Visibility(rawValue: 8)
    /// Acts that the broker refused.
    package static let denials = Visibility(rawValue: 16)
    /// Refused connections.
    package static let refusals = Visibility(rawValue: 32)
    /// Metrics that devices report of themselves.
    package static let reports = Visibility(rawValue: 64)
    /// Error alerts of devices.
    package static let alerts = Visibility(rawValue: 128)
    /// What users and administrators do.
    package static let userActions = Visibility(rawValue: 256)
    /// Messages that a broker or a service has to say about itself.
    package static let serviceMessages = Visibility(rawValue: 512)
    /// Gauges of the broker.
    package static let gauges = Visibility(rawValue: 1_024)
    /// File exchanges.
    package static let transfers = Visibility(rawValue: 2_048)
}
