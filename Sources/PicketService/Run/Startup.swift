import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog

/// Brings detection and decoders to where the log ends: what a start does before it reads any feed.
struct Startup {
    /// Detection after the last record.
    private(set) var detector = Detector(profiles: [])
    private(set) var replay = LogReplay()
    /// Violations that the records cause and that are not in the log: a crash came between the two.
    private(set) var unwritten: [Violation] = []
    /// Is given the violations that the records cause, in their order.
    var observe: ([Violation]) -> Void = { _ in }
    /// By index of the configured feeds: the decoder that has learned what the log holds of its feed; nil when the
    /// format is not known yet.
    private(set) var decoders: [(any FeedDecoder)?]
    /// The same for feeds that are messages of a broker; nil for the others.
    private(set) var messages: [MessageDecoder?]
    /// By the names of their feeds: decoders of the files that a pattern found in an earlier run.
    private(set) var others: [String: any FeedDecoder] = [:]
    private let feeds: [Configuration.Feed]
    /// By index of the configured feeds: what their decoders are told.
    let options: [FeedOptions]

    /// The configured feeds get the first ids, in their order.
    init(feeds: [Configuration.Feed], fleet: FleetInForce) {
        self.feeds = feeds
        let options = feeds.map { $0.options(fleet) }
        self.options = options
        decoders = feeds.enumerated().map { index, feed in
            feed.format?.decoder(feed: FeedID(index), options: options[index])
        }
        messages = feeds.enumerated().map { index, feed in
            guard case .mqtt(let subscription) = feed.source else { return nil }
            return MessageDecoder(
                format: feed.format ?? BrokerSubscription.format(of: subscription.topics), feed: FeedID(index),
                options: options[index])
        }
        for feed in feeds { _ = replay.feedID(named: feed.name) }
    }

    /// The feed called `name`, of this run or an earlier one.
    mutating func feedID(named name: String) -> FeedID { replay.feedID(named: name) }

    /// Reads the log in `folder`, with the profiles that were in force at each record.
    ///
    /// - Throws: `LogError` when the log cannot be read.
    mutating func read(folder: String) throws {
        var reader = try LogReader(folder: folder)
        // Derived transitions come out in the order in which they were written: those beyond the written ones are new.
        var derived: [Violation] = []
        var written = 0
        while let block = try reader.next() {
            var batch = EventBatch()
            replay.take(
                block, into: &detector, profiles: .log(folder: folder), observe: { batch = $0 },
                written: { written += 1 },
                report: {
                    derived += $0
                    observe($0)
                })
            learn(batch)
            // Memory stays bounded: what is written is told and done.
            let done = min(written, derived.count)
            derived.removeFirst(done)
            written -= done
        }
        unwritten = derived
        // A feed whose format was recognised and that has had lines without events only.
        for index in feeds.indices where decoders[index] == nil {
            decoders[index] = replay.format(of: FeedID(index))?
                .decoder(feed: FeedID(index), options: options[index])
        }
    }

    /// Until when the run before this one may have listened to a feed: the newest `received` in the log. Nil where the log
    /// does not know the feed.
    func lastRun(of feed: FeedID) -> Int64? { replay.format(of: feed) == nil ? nil : replay.newestReceived }

    /// Events of a file that a feed's pattern found.
    private mutating func learnOther(_ feed: FeedID, _ batch: EventBatch, _ rows: Range<Int>) {
        let name = replay.feedNames[Int(feed.index)]
        guard let parent = feeds.firstIndex(where: { name.hasPrefix($0.name + "/") }) else { return }
        if others[name] == nil {
            others[name] = replay.format(of: feed)?.decoder(feed: feed, options: options[parent])
        }
        others[name]?.absorb(batch, rows: rows)
    }

    /// Gives each decoder the events of its feed.
    private mutating func learn(_ batch: EventBatch) {
        var start = 0
        while start < batch.count {
            let feed = batch.head[start].feed
            var end = start + 1
            while end < batch.count, batch.head[end].feed == feed { end += 1 }
            let index = Int(feed.index)
            if index < feeds.count {
                if decoders[index] == nil, let format = replay.format(of: feed) {
                    decoders[index] = format.decoder(feed: feed, options: options[index])
                }
                decoders[index]?.absorb(batch, rows: start..<end)
                messages[index]?.absorb(batch, rows: start..<end)
            } else {
                learnOther(feed, batch, start..<end)
            }
            start = end
        }
    }
}
