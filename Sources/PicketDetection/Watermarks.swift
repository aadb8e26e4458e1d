import PicketEvents

/// How far time has certainly passed, for each group of behaviors (DESIGN §5, watermark).
///
/// Behaviors that the same feeds can provide share one ``Clock``. A clock's watermark W is the least mark over its feeds,
/// and never falls. The mark of an idle feed is `received` of the current record minus its lateness: what it brings next may
/// be that old, also while others speak. So a trail that comes twenty minutes late holds back the windows of what it can
/// provide for twenty minutes, and nothing else; with one lateness for all feeds, only those that speak matter.
struct Watermarks: Sendable {
    /// What is known of one feed.
    struct Feed: Sendable {
        var name = ""
        var isOpen = false
        var mode = FeedRecord.Mode.live
        var lateness: Int64 = 10_000
        var provides = EventKindSet(rawValue: 0)
        /// The newest engine time of its broker-, server- or Picket-stamped events.
        var newestStamped = Int64.min
        /// `received` of its last event.
        var lastReceived = Int64.min

        /// Whether its mark holds the watermark back while the record received at `received` is handled.
        @inline(__always)
        func holds(_ received: Int64) -> Bool {
            guard isOpen else { return false }
            // A file that is replayed beside others holds them back from before its first line until its end.
            if mode == .replay { return true }
            guard lastReceived != .min, newestStamped != .min else { return false }
            return received &- lastReceived <= max(Limits.silentAfter, lateness)
        }
    }

    /// The watermark of one group of behaviors.
    struct Clock: Sendable {
        /// The feeds that can provide what the group measures, as indices.
        var feeds: [Int] = []
        var watermark = Int64.min
        /// The newest engine time accepted from those feeds.
        var newest = Int64.min
        /// The greatest lateness of those feeds.
        var greatestLateness: Int64 = 10_000
        /// The earliest boundary at which something is to be looked at; `Int64.max` when there is none.
        var nextWork = Int64.max
    }

    private(set) var feeds: [Feed] = []
    /// There is one feed and one clock, which it drives.
    private var isSimple = false
    var clocks: [Clock] = []
    /// For each set of kinds asked for, its clock.
    private var clockOfKinds: [EventKindSet: Int] = [:]
    /// By feed index, the clocks it drives.
    private(set) var clocksOfFeed: [[Int]] = []

    /// The clock of behaviors that look at `kinds`.
    func clock(of kinds: EventKindSet) -> Int { clockOfKinds[kinds] ?? 0 }

    /// Makes a feed known, or changes what is known of it.
    mutating func open(_ id: FeedID, name: String, mode: FeedRecord.Mode, lateness: Int64, provides: EventKindSet) {
        while feeds.count <= Int(id.index) { feeds.append(Feed()) }
        feeds[Int(id.index)].name = name
        feeds[Int(id.index)].isOpen = true
        feeds[Int(id.index)].mode = mode
        feeds[Int(id.index)].lateness = lateness
        feeds[Int(id.index)].provides = provides
    }

    /// A feed has ended: it holds nothing back any more.
    mutating func close(_ id: FeedID) {
        guard Int(id.index) < feeds.count else { return }
        feeds[Int(id.index)].isOpen = false
        isSimple = false
    }

    /// The index of the feed called `name`.
    func index(named name: String) -> Int? { feeds.firstIndex { $0.name == name } }

    /// Groups `kindSets` by the feeds that can provide them. Watermarks are kept: groups are joined only when they
    /// stand at the same time.
    mutating func group(_ kindSets: [EventKindSet]) {
        struct Key: Hashable {
            var feeds: [Int]
            var watermark: Int64
            var newest: Int64
        }
        var numbers: [Key: Int] = [:]
        var newClocks: [Clock] = []
        var newClockOfKinds: [EventKindSet: Int] = [:]
        for kinds in kindSets {
            let members = feeds.indices.filter { !feeds[$0].provides.isDisjoint(with: kinds) }
            let old = clockOfKinds[kinds].map { clocks[$0] } ?? clocks.first ?? Clock()
            let key = Key(feeds: members, watermark: old.watermark, newest: old.newest)
            if let number = numbers[key] {
                newClockOfKinds[kinds] = number
                continue
            }
            numbers[key] = newClocks.count
            newClockOfKinds[kinds] = newClocks.count
            var clock = Clock(feeds: members, watermark: old.watermark, newest: old.newest)
            clock.greatestLateness = members.map { feeds[$0].lateness }.max() ?? 10_000
            newClocks.append(clock)
        }
        clocks = newClocks
        clockOfKinds = newClockOfKinds
        clocksOfFeed = feeds.indices.map { feed in clocks.indices.filter { clocks[$0].feeds.contains(feed) } }
        isSimple = clocks.count == 1 && feeds.filter(\.isOpen).count == 1 && clocks[0].feeds.count == 1
        least = leastWatermark
    }

    /// The least watermark of the clocks that have feeds: time does not pass for what no feed can provide.
    private var leastWatermark: Int64 { clocks.lazy.filter { !$0.feeds.isEmpty }.map(\.watermark).min() ?? .min }

    /// The name of a feed; empty when it was never opened.
    func feedName(_ feed: Int) -> String { feed < feeds.count ? feeds[feed].name : "" }

    /// Something that is no event was counted at `time`.
    mutating func raiseNewest(feed: Int, to time: Int64) {
        guard feed < clocksOfFeed.count else { return }
        for clock in clocksOfFeed[feed] where time > clocks[clock].newest { clocks[clock].newest = time }
    }

    /// Takes note of an accepted event. Watermarks move only when they are advanced.
    @inline(__always)
    mutating func see(feed: Int, engineTime: Int64, received: Int64, isDeviceClaimed: Bool) {
        feeds[feed].lastReceived = received
        if !isDeviceClaimed, engineTime > feeds[feed].newestStamped { feeds[feed].newestStamped = engineTime }
    }

    /// The least watermark of all clocks: how far time has passed for everything.
    private(set) var least = Int64.min

    /// Moves every clock for an event of `feed` with engine time `time`.
    ///
    /// - Returns: whether a clock has reached a boundary that is to be looked at.
    @inline(__always)
    mutating func advanceAll(feed: Int, time: Int64, received: Int64) -> Bool {
        if isSimple {
            // One feed, one clock: nobody else can be idle or hold anything back.
            if time > clocks[0].newest { clocks[0].newest = time }
            guard feeds[feed].newestStamped != .min else { return advanceAll(received: received) }
            let mark = feeds[feed].newestStamped &- feeds[feed].lateness
            if mark > clocks[0].watermark {
                clocks[0].watermark = mark
                least = mark
            }
            return clocks[0].watermark >= clocks[0].nextWork
        }
        for clock in clocksOfFeed[feed] where time > clocks[clock].newest { clocks[clock].newest = time }
        return advanceAll(received: received)
    }

    /// Whether an event of `feed` comes too late for some window.
    @inline(__always)
    func isLate(_ time: Int64, feed: Int) -> Bool {
        if isSimple { return time < clocks[0].watermark }
        for clock in clocksOfFeed[feed] where time < clocks[clock].watermark { return true }
        return false
    }

    /// Moves every clock for a record received at `received`.
    ///
    /// - Returns: whether a clock has reached a boundary that is to be looked at.
    mutating func advanceAll(received: Int64) -> Bool {
        var reached = false
        var newLeast = Int64.max
        // A clock without feeds stands still: the feed that is opened for it later may bring what is old.
        for clock in clocks.indices where !clocks[clock].feeds.isEmpty {
            advance(clock, received)
            newLeast = min(newLeast, clocks[clock].watermark)
            if clocks[clock].watermark >= clocks[clock].nextWork { reached = true }
        }
        least = newLeast == .max ? .min : newLeast
        return reached
    }

    private mutating func advance(_ clock: Int, _ received: Int64) {
        var leastMark = Int64.max
        for feed in clocks[clock].feeds where feeds[feed].isOpen {
            guard feeds[feed].holds(received) else {
                leastMark = min(leastMark, received - feeds[feed].lateness)
                continue
            }
            let newest = feeds[feed].newestStamped
            // A replayed file that has not spoken yet holds everything back.
            if newest == .min { return }
            leastMark = min(leastMark, newest - feeds[feed].lateness)
        }
        // All of them have ended.
        if leastMark == .max { leastMark = received - clocks[clock].greatestLateness }
        if leastMark > clocks[clock].watermark { clocks[clock].watermark = leastMark }
    }

    /// Nothing that comes later may fall before `time` for the group of `clock`.
    mutating func raise(clock: Int, to time: Int64) {
        clocks[clock].watermark = max(clocks[clock].watermark, time)
        least = leastWatermark
    }
}

extension Watermarks: StateCoded {
    /// It follows from the clocks.
    static let rebuilt = ["clocksOfFeed"]

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("feeds", &feeds)
        try coder.field("isSimple", &isSimple)
        try coder.field("clocks", &clocks)
        try coder.field("clockOfKinds") { coder in
            var numbers = clockOfKinds.reduce(into: [:]) { $0[Int($1.key.rawValue)] = $1.value }
            try numbers.code(&coder)
            guard coder.isReading else { return }
            clockOfKinds = [:]
            for (kinds, clock) in numbers {
                guard let bits = UInt32(exactly: kinds), clocks.indices.contains(clock) else {
                    throw StateProblem("there is no clock \(clock)")
                }
                clockOfKinds[EventKindSet(rawValue: bits)] = clock
            }
        }
        try coder.field("least", &least)
        guard coder.isReading else { return }
        guard !clocks.isEmpty, clocks.allSatisfy({ $0.feeds.allSatisfy(feeds.indices.contains) }),
            !isSimple || clocks.count == 1
        else { throw StateProblem("clocks of feeds that do not exist") }
        clocksOfFeed = feeds.indices.map { feed in clocks.indices.filter { clocks[$0].feeds.contains(feed) } }
    }
}

extension Watermarks.Feed: StateElement {
    static var blank: Watermarks.Feed { Watermarks.Feed() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("name", &name)
        try coder.field("isOpen", &isOpen)
        try coder.field("mode", &mode)
        try coder.field("lateness", &lateness)
        try coder.field("provides", &provides)
        try coder.field("newestStamped", &newestStamped)
        try coder.field("lastReceived", &lastReceived)
    }
}

extension Watermarks.Clock: StateElement {
    static var blank: Watermarks.Clock { Watermarks.Clock() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("feeds", &feeds)
        try coder.field("watermark", &watermark)
        try coder.field("newest", &newest)
        try coder.field("greatestLateness", &greatestLateness)
        try coder.field("nextWork", &nextWork)
    }
}
