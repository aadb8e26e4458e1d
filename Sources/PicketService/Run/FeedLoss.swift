package import PicketEvents

/// What is missing of a feed before the events of an offer. Its `gap` record stands before them in the same frame, with the
/// place where reading goes on after it, so that a crash cannot separate the two.
package struct FeedLoss: Sendable {
    /// The stretch, in Unix milliseconds: `from` inclusive, `to` exclusive; nil for "until now".
    package var from: Int64
    package var to: Int64?
    package var cause: String
    /// How many events, where that is known.
    package var count: Int64?
    /// Where reading goes on behind what is missing.
    package var position: FeedRecord.Position?

    package init(from: Int64, to: Int64?, cause: String, count: Int64?, position: FeedRecord.Position?) {
        self.from = from
        self.to = to
        self.cause = cause
        self.count = count
        self.position = position
    }

    /// The record of it.
    func gap(received: Int64, name: String) -> GapRecord {
        let end = min(to ?? received, received)
        return GapRecord(
            received: received, name: name, from: min(from, end), to: end, cause: cause, lost: count)
    }
}
