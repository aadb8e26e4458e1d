import PicketEvents

/// What the pipeline keeps of one live feed.
struct LiveFeedState {
    let feed: FeedID
    let name: String
    /// In milliseconds.
    let lateness: Int64
    /// `received` of the last position record of the feed.
    var positionWritten: Int64 = 0
    /// The newest position that is not in the log yet, of which all events are.
    var position: FeedRecord.Position?
    /// What its times say of its clock.
    var clock: FeedClock
    private var rejections = RejectionBudget()

    init(feed: FeedID, name: String, lateness: Int64) {
        self.feed = feed
        self.name = name
        self.lateness = lateness
        clock = FeedClock(lateness: lateness)
    }

    /// Whether one more `rejected` record fits into this second.
    mutating func admitsRejection(_ received: Int64) -> Bool { rejections.admits(received) }

    /// Counts `rejected` records by the second, so that a broken feed does not fill the log.
    private struct RejectionBudget {
        private var second = Int64.min
        private var written = 0

        mutating func admits(_ received: Int64) -> Bool {
            if received / 1_000 != second {
                second = received / 1_000
                written = 0
            }
            written += 1
            return written <= Limits.rejectedPerSecond
        }
    }
}
