package import PicketEvents

/// Gives live events their place in time (DESIGN §5, engine time, live): `received` is the wall clock and never falls;
/// a time ahead of it counts as now.
package struct LiveSequencer: Sendable {
    /// The newest `received` given so far.
    package private(set) var received = Int64.min

    /// - Parameter received: the newest `received` in the log, so that a clock that was set back does not show.
    package init(after received: Int64 = .min) { self.received = received }

    /// Reads the wall clock as `received`, never below what was given before.
    package mutating func now(wallClock: Int64) -> Int64 {
        received = max(received, wallClock)
        return received
    }

    /// Stamps all events of `batch` as received at `received`. Those with a time more than five minutes ahead of that are
    /// marked `clock: ahead`: what they say of their time is kept, and believed by nobody.
    ///
    /// - Parameter lateness: of the feed, in milliseconds; device-claimed times older than that are raised to it.
    package static func stamp(_ batch: inout EventBatch, received: Int64, lateness: Int64) {
        var ahead: [Int] = []
        for row in 0..<batch.count {
            let head = batch.head[row]
            batch.received[row] = received
            if !head.flags.contains(.hasTime) { batch.time[row] = received }
            if head.kind != .rejected, batch.isAhead(row) { ahead.append(row) }
            batch.engineTime[row] = engineTime(
                batch.time[row], received: received, lateness: lateness, isDeviceClaimed: head.kind.isDeviceClaimed)
        }
        guard !ahead.isEmpty else { return }
        let text = batch.appendText("ahead".utf8)
        batch.add(EventBatch.Attribute(key: .clock, text: text), to: ahead)
    }

    /// The engine time of an event of a live feed.
    package static func engineTime(
        _ time: Int64, received: Int64, lateness: Int64, isDeviceClaimed: Bool
    ) -> Int64 {
        isDeviceClaimed ? min(max(time, received - lateness), received) : min(time, received)
    }
}
