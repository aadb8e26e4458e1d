import PicketEvents

/// Notices that the times of a feed jump: its source's clock was set, or another source speaks in its place.
///
/// Events may be late, and come after an outage with times of long ago; but a feed's clock does not go back, and it does not
/// run ahead of ours. So it has stepped forward when a time lies ahead of where the clock stood, and back when the newest
/// time of a look lies behind that of the look before, each by more than the tolerance. What one event alone says among
/// others of its second decides nothing.
struct FeedClock: Sendable {
    /// A step: the time that would have been the newest possible, and the one that came.
    struct Step: Equatable, Sendable {
        var expected: Int64
        var found: Int64
    }

    /// How far a feed goes back without having stepped: events of a feed are out of order by its lateness.
    private let tolerance: Int64
    /// How far the feed's clock is ahead of ours, as the last step showed; below zero where it is behind.
    private var offset: Int64 = 0
    /// The newest time at the last look.
    private var newest = Int64.min
    /// The newest time since then, and when it came.
    private var seen: (time: Int64, received: Int64)?
    /// When to look again.
    private var nextLook = Int64.min

    /// Looks are a second apart, so that events out of order within one are none.
    private static let lookEvery: Int64 = 1_000
    /// After a step: sources that disagree about the time, in one feed, must not fill the log.
    private static let restAfterStep: Int64 = 10_000

    init(lateness: Int64) { tolerance = max(Limits.clockAhead, lateness) }

    /// An event with a time that its source has given.
    mutating func see(_ time: Int64, received: Int64) {
        if let seen, seen.time >= time { return }
        seen = (time, received)
    }

    /// What the events since the last look show; nil when that is nothing, or when it is too early for a look.
    ///
    /// - Parameter isLast: nothing comes after it.
    mutating func look(_ received: Int64, isLast: Bool = false) -> Step? {
        guard received >= nextLook || isLast, let (time, at) = seen else { return nil }
        seen = nil
        nextLook = received + FeedClock.lookEvery
        let before = newest
        newest = time
        let step: Step
        if time - (at + offset) > (offset == 0 ? Limits.clockAhead : tolerance) {
            step = Step(expected: at + offset, found: time)
        } else if before != .min, time < before - tolerance {
            // As far as the clock had come, or was believed to have.
            step = Step(expected: max(before, at + offset), found: time)
        } else {
            return nil
        }
        // Late by less than the tolerance is no wrong clock.
        offset = abs(time - at) <= tolerance ? 0 : time - at
        nextLook = received + FeedClock.restAfterStep
        return step
    }
}
