import PicketEvents

/// What a decoder must remember of input that became no events yet, in the log: whoever sent it may forget it as soon as it
/// is acknowledged, so that it came must be durable before, or a run that is killed takes it along untold.
struct DecoderMemory {
    private let feed: FeedID
    /// What stands in the log as the place of the feed.
    private let place: String
    /// What is in the log.
    private var written: String?

    /// - Parameter remembered: what the log says; nil for nothing.
    init(feed: FeedID, place: String, remembered: String?) {
        self.feed = feed
        self.place = place
        written = remembered
    }

    /// Makes events durable, and what the decoder remembers behind them.
    mutating func keep(_ batches: [EventBatch], context: String?, in pipeline: Pipeline) async throws {
        var offers = batches.map { batch in
            Pipeline.Offer(feed: feed, batch: batch, rows: 0..<batch.count, position: nil)
        }
        if context != written {
            if offers.isEmpty {
                offers.append(Pipeline.Offer(feed: feed, batch: EventBatch(), rows: 0..<0, position: nil))
            }
            offers[offers.count - 1].position = FeedRecord.Position(
                path: place, inode: 0, offset: 0, head: "", headBytes: 0, context: context)
            offers[offers.count - 1].isOtherFile = true
        }
        for offer in offers { try await pipeline.take(offer) }
        written = context
    }
}
