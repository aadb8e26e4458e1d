import PicketEvents
import PicketLog

/// What a feed and the clock do is part of the record: that nobody reported, and that the clock was set, explains later what
/// was not seen.
extension Pipeline {
    /// How far the wall clock may run from the steady one between two looks before it counts as set, in milliseconds. NTP
    /// slews by half a millisecond a second at most; looks are a second apart.
    private static let clockStep: Int64 = 2_000

    /// Waits for a feed whose format only its first event will show: one that stays dead must not stay unseen.
    func expect(_ name: String, lateness: Int64) {
        counts.opened(name, format: nil, lateness: lateness, since: now())
    }

    /// Adds a record for each feed that fell silent, or never spoke in the time that it has, or speaks again; once for each
    /// time.
    func appendFeedStates(_ received: Int64) {
        for feed in counts.feeds {
            let state = feed.state(now: received)
            guard state == .silent || state == .live else { continue }
            let before = feedStates.updateValue(state, forKey: feed.name) ?? .waiting
            guard before != state, state == .silent || before == .silent else { continue }
            var line = RecordLine(received: received, kind: .feed)
            line.add("name", feed.name)
            line.add("state", state.rawValue)
            if let last = feed.lastEvent { line.add("last", time: last) }
            buffer.append(line: line.finish(), time: received)
            say(
                state == .silent
                    ? "feed \(feed.name): nothing came \(feed.lastEvent.map { "since " + Timestamp.format($0) } ?? "yet"); "
                        + "is its source there, and is it the one that the configuration names?"
                    : "feed \(feed.name): brings events again")
        }
    }

    /// Adds a record for each feed whose times have jumped, once for each step. Detection does not see it: it judges an event
    /// by its own time and by when it came (DESIGN §5).
    func appendFeedClocks(_ received: Int64) {
        for index in feeds.indices { appendFeedClock(index, received) }
    }

    /// The same for one feed.
    ///
    /// - Parameter isLast: nothing comes of it any more.
    func appendFeedClock(_ index: Int, _ received: Int64, isLast: Bool = false) {
        guard let step = feeds[index].clock.look(received, isLast: isLast) else { return }
        let name = feeds[index].name
        counts.stepped(name)
        var line = RecordLine(received: received, kind: .clock)
        line.add("name", name)
        line.add("expected", time: step.expected)
        line.add("found", time: step.found)
        buffer.append(line: line.finish(), time: received)
        say(
            "feed \(name): its times went \(step.found > step.expected ? "forward" : "back") by "
                + "\(abs(step.found - step.expected) / 1_000) s; they are kept as it says them, and none counts as later "
                + "than now")
    }

    /// Adds a record when the wall clock was set since the last look.
    ///
    /// - Parameters:
    ///   - wall: the wall clock itself, which may fall.
    ///   - steady: a clock that nobody sets.
    func appendClockStep(wall: Int64, steady: ContinuousClock.Instant, _ received: Int64) {
        defer { lastLook = (wall, steady) }
        guard let lastLook else { return }
        let passed = (steady - lastLook.steady).components
        let expected = lastLook.wall + passed.seconds * 1_000 + passed.attoseconds / 1_000_000_000_000_000
        guard abs(wall - expected) > Pipeline.clockStep else { return }
        var line = RecordLine(received: received, kind: .clock)
        line.add("expected", time: expected)
        line.add("found", time: wall)
        buffer.append(line: line.finish(), time: received)
        say(
            "picket: the clock was set by \((wall - expected) / 1_000) s; what feeds say of their times is kept as they say it"
        )
    }
}
