import Glibc
import PicketEvents
import PicketLog

/// What one lane of a pass over a log has seen. Lanes are merged in the end; nothing depends on who saw what.
struct LaneTally: Sendable {
    /// A count with the first and the last record of it.
    struct Span: Sendable {
        var count = 0
        var first = UInt64.max
        var last: UInt64 = 0

        mutating func add(_ index: UInt64) {
            count += 1
            first = min(first, index)
            last = max(last, index)
        }

        mutating func merge(_ other: Span) {
            count += other.count
            first = min(first, other.first)
            last = max(last, other.last)
        }
    }

    /// What was seen of one feed.
    struct Feed: Sendable {
        var name: [UInt8]
        var events = 0
        var rejected = 0
        /// Events whose own time lies more than ten seconds before the time they were received.
        var delayed = 0
        var first = Int64.max
        var last = Int64.min
        var buckets: [Int]
    }

    /// A record that is told one by one.
    struct Note: Sendable {
        var index: UInt64
        var kind: EventKind
        var received: Int64
        var line: [UInt8]
    }

    let plan: ScanPlan
    var kinds: [Span]
    var feeds: [Feed] = []
    var selections: [Span]
    var breakdowns: [NameCounts]
    var devices = NameCounts()
    var users = UserActs()
    var presence = Presence()
    /// The newest record before the end of the period.
    var newest: (index: UInt64, received: Int64)?
    /// Records before `to`, also those before `from`: what was in force and open then.
    var notes: [Note] = []
    /// Lines that do not begin as Picket's do.
    var foreign = 0
    private var days = DayTimes()
    private let byName: KindTable
    /// By kind: which selectors with conditions and which breakdowns want a look at the fields.
    private var closer: [(selectors: [Int], breakdowns: [Int])]
    private var lastFeed = 0

    /// Kinds of Picket's own that are told one by one. `position` records of feeds are too many, and say nothing here.
    static let told = EventKindSet(.violation, .mitigation, .operator, .profile, .feed, .gap, .clock, .log, .finding)

    init(_ plan: ScanPlan) {
        self.plan = plan
        kinds = Array(repeating: Span(), count: EventKind.allCases.count)
        selections = Array(repeating: Span(), count: plan.selectors.count)
        breakdowns = Array(repeating: NameCounts(), count: plan.breakdowns.count)
        byName = KindTable()
        closer = EventKind.allCases.map { kind in
            (
                plan.selectors.indices.filter {
                    plan.selectors[$0].kinds.contains(kind) && !plan.selectors[$0].conditions.isEmpty
                },
                plan.breakdowns.indices.filter { plan.breakdowns[$0].kind == kind }
            )
        }
    }

    /// `{"received":"` is 13 bytes, the time 24, `","feed":"` 10.
    private static let timeStart = 13
    private static let feedStart = 47
    private static let feedKey = Array("\",\"feed\":\"".utf8)
    private static let kindKey = Array("\",\"kind\":\"".utf8)
    /// What only a running Picket says of itself; commands that read or change the log write an `action`.
    private static let eventKey = Array("\",\"event\":\"".utf8)
    private static let startWords = [Array("started".utf8), Array("recovered".utf8)]
    private static let timeKey = Array(",\"time\":\"".utf8)
    private static let deviceKey = Array(",\"device\":\"".utf8)

    mutating func take(_ block: LogBlock) {
        var index = block.firstIndex
        presence.begin(index)
        block.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            var start = 0
            while start < bytes.count, let found = memchr(base + start, 0x0A, bytes.count - start) {
                let end = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                take(block, bytes, start..<end, index)
                start = end + 1
                index += 1
            }
        }
    }

    private mutating func take(
        _ block: LogBlock, _ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, _ index: UInt64
    ) {
        let start = line.lowerBound
        let feed = start + LaneTally.feedStart
        guard feed < line.upperBound, let received = days.read(bytes, at: start + LaneTally.timeStart),
            holds(bytes, LaneTally.feedKey, at: feed - LaneTally.feedKey.count, line.upperBound),
            let feedEnd = quote(bytes, feed, line.upperBound),
            holds(bytes, LaneTally.kindKey, at: feedEnd, line.upperBound)
        else {
            foreign += 1
            return
        }
        let kindStart = feedEnd + LaneTally.kindKey.count
        guard let kindEnd = quote(bytes, kindStart, line.upperBound),
            let kind = byName.kind(bytes, kindStart..<kindEnd)
        else { return }
        note(index, received, kind, bytes, kindEnd, line.upperBound)
        guard received < plan.to else {
            // Of a gap in the period that ended after it only a later record tells.
            if kind == .gap {
                notes.append(Note(index: index, kind: kind, received: received, line: Array(bytes[line])))
            }
            return
        }
        newest = (index, received)
        if LaneTally.told.contains(kind) {
            // The daemon writes a position every second; only what opened and ended is told.
            if kind != .feed || !isPosition(bytes, kindEnd..<line.upperBound) {
                notes.append(Note(index: index, kind: kind, received: received, line: Array(bytes[line])))
            }
        }
        guard received >= plan.from else { return }
        kinds[Int(kind.code)].add(index)
        if !kind.isPicketOwn {
            countFeed(bytes, feed..<feedEnd, kind, received, kindEnd + 1, line.upperBound)
        }
        if kind == .user { users.add(block.bytes, line, index, received) }
        let looks = closer[Int(kind.code)]
        if !looks.selectors.isEmpty || !looks.breakdowns.isEmpty { look(block.bytes, line, looks, index) }
    }

    private mutating func note(
        _ index: UInt64, _ received: Int64, _ kind: EventKind, _ bytes: UnsafeBufferPointer<UInt8>, _ kindEnd: Int,
        _ end: Int
    ) {
        guard kind == .log else {
            presence.take(index, received, isAlive: true, isStart: false)
            return
        }
        let isEvent = holds(bytes, LaneTally.eventKey, at: kindEnd, end)
        let word = kindEnd + LaneTally.eventKey.count
        presence.take(
            index, received, isAlive: isEvent,
            isStart: isEvent && LaneTally.startWords.contains { holds(bytes, $0, at: word, end) })
    }

    private mutating func countFeed(
        _ bytes: UnsafeBufferPointer<UInt8>, _ name: Range<Int>, _ kind: EventKind, _ received: Int64, _ rest: Int,
        _ end: Int
    ) {
        let place = feedPlace(bytes, name)
        feeds[place].events += 1
        if kind == .rejected { feeds[place].rejected += 1 }
        feeds[place].first = min(feeds[place].first, received)
        feeds[place].last = max(feeds[place].last, received)
        feeds[place].buckets[Int((received - plan.from) / plan.bucket)] += 1
        var position = rest
        if holds(bytes, LaneTally.timeKey, at: position, end) {
            position += LaneTally.timeKey.count
            if let time = days.read(bytes, at: position), received - time > ReportLimits.delay {
                feeds[place].delayed += 1
            }
            position += 25
        }
        // Whoever fails to connect says who he is, and proves nothing.
        guard kind != .connectFailed, kind != .rejected, holds(bytes, LaneTally.deviceKey, at: position, end) else {
            return
        }
        position += LaneTally.deviceKey.count
        if let close = quote(bytes, position, end) { devices.add(bytes, position..<close) }
    }

    private mutating func feedPlace(_ bytes: UnsafeBufferPointer<UInt8>, _ name: Range<Int>) -> Int {
        if lastFeed < feeds.count, feeds[lastFeed].name.elementsEqual(bytes[name]) { return lastFeed }
        if let place = feeds.firstIndex(where: { $0.name.elementsEqual(bytes[name]) }) {
            lastFeed = place
            return place
        }
        feeds.append(Feed(name: Array(bytes[name]), buckets: Array(repeating: 0, count: plan.buckets)))
        lastFeed = feeds.count - 1
        return lastFeed
    }

    private mutating func look(
        _ bytes: [UInt8], _ line: Range<Int>, _ looks: (selectors: [Int], breakdowns: [Int]), _ index: UInt64
    ) {
        for selector in looks.selectors where plan.selectors[selector].fits(bytes, line) {
            selections[selector].add(index)
        }
        guard !looks.breakdowns.isEmpty else { return }
        LineFields.forEach(bytes, line) { key, value in
            for place in looks.breakdowns where bytes[key].elementsEqual(plan.breakdowns[place].key.utf8) {
                bytes.withUnsafeBufferPointer { bytes in
                    breakdowns[place].add(bytes, (value.lowerBound + 1)..<(value.upperBound - 1))
                }
            }
            return true
        }
    }

    private func isPosition(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let key = Array("\"state\":\"position\"".utf8)
        return bytes[range].indices.contains { holds(bytes, key, at: $0, range.upperBound) }
    }

    /// Whether `text` stands at `position`.
    private func holds(_ bytes: UnsafeBufferPointer<UInt8>, _ text: [UInt8], at position: Int, _ end: Int) -> Bool {
        guard position + text.count <= end else { return false }
        for (place, byte) in text.enumerated() where bytes[position + place] != byte { return false }
        return true
    }

    /// Where the string that begins at `start` ends: its closing quote.
    private func quote(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var position = start
        while position < end {
            if bytes[position] == 0x22 { return position }
            position += bytes[position] == 0x5C ? 2 : 1
        }
        return nil
    }

    /// Adds what another lane saw.
    mutating func merge(_ other: LaneTally) {
        for place in kinds.indices { kinds[place].merge(other.kinds[place]) }
        for place in selections.indices { selections[place].merge(other.selections[place]) }
        for place in breakdowns.indices { breakdowns[place].merge(other.breakdowns[place]) }
        devices.merge(other.devices)
        users.merge(other.users)
        presence.merge(other.presence)
        if let theirs = other.newest, theirs.index >= newest?.index ?? 0 { newest = theirs }
        foreign += other.foreign
        notes += other.notes
        for feed in other.feeds {
            guard let place = feeds.firstIndex(where: { $0.name == feed.name }) else {
                feeds.append(feed)
                continue
            }
            feeds[place].events += feed.events
            feeds[place].rejected += feed.rejected
            feeds[place].delayed += feed.delayed
            feeds[place].first = min(feeds[place].first, feed.first)
            feeds[place].last = max(feeds[place].last, feed.last)
            for bucket in feeds[place].buckets.indices { feeds[place].buckets[bucket] += feed.buckets[bucket] }
        }
    }
}
