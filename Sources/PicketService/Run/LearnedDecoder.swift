import PicketFeeds

/// What an earlier run knew of a feed that has no place to read on from: whoever sends goes on where he is.
struct LearnedDecoder: Sendable {
    /// It has the events of the feed that are in the log.
    private let decoder: any FeedDecoder
    /// What it must remember of input that became no events; nil for nothing.
    let context: String?

    /// - Parameter decoder: nil where the log does not know the feed, which makes nil.
    init?(_ decoder: (any FeedDecoder)?, context: String?) {
        guard let decoder else { return nil }
        self.decoder = decoder
        self.context = context
    }

    /// The decoder, where the feed still has its format.
    func decoder(_ format: FeedFormat) -> (any FeedDecoder)? {
        guard decoder.format == format else { return nil }
        var decoder = decoder
        if let context { decoder.restore(context: context) }
        return decoder
    }
}
