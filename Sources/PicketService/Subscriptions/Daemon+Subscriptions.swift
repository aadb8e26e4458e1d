import PicketEvents

extension Daemon {
    /// By index of the feed: who published its messages, where its configuration asks; the pipeline tells it.
    func publishers(
        _ feeds: [Configuration.Feed], _ pipeline: Pipeline
    ) async -> [Int: PublisherRecords] {
        var found: [Int: PublisherRecords] = [:]
        for (index, feed) in feeds.enumerated() {
            guard case .mqtt(let subscription) = feed.source, let name = subscription.publishers,
                let source = feeds.firstIndex(where: { $0.name == name })
            else { continue }
            let records = PublisherRecords(topics: subscription.topics)
            found[index] = records
            await pipeline.tell(records, of: FeedID(source))
        }
        return found
    }
}

extension Pipeline {
    /// From now on `records` is told what `feed` brings.
    func tell(_ records: PublisherRecords, of feed: FeedID) { publishers.append((feed, records)) }
}
