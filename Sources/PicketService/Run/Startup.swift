import Foundation
import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog
import PicketMitigation
import PicketProfiles

/// Brings detection, decoders and the outbox to where the log ends, in one pass: what a start does before it reads any
/// feed. It can be written down at any record and taken up again by a later start (``Snapshot``).
struct Startup {
    /// Detection after the last record.
    private(set) var detector = Detector(profiles: [])
    private(set) var replay = LogReplay()
    /// Violations that the records cause and that are not in the log yet: at its end, a crash came between the two.
    private(set) var unwritten: [Violation] = []
    /// Violation records in the log for which the records caused none yet.
    private var written = 0
    /// The open violations, by id.
    private(set) var open: [String: Violation] = [:]
    /// What is to be done and what was done.
    private(set) var outbox = Outbox()
    /// Who was seen with which certificate: a violation may come before its device shows it again.
    private(set) var sessions = SessionTable()
    /// By index of the configured feeds: the decoder that has learned what the log holds of its feed; nil when the
    /// format is not known yet.
    private(set) var decoders: [(any FeedDecoder)?]
    /// The same for feeds that are messages of a broker; nil for the others.
    private(set) var messages: [MessageDecoder?]
    /// By the names of their feeds: decoders of the files that a pattern found in an earlier run.
    private(set) var others: [String: any FeedDecoder] = [:]
    /// When the log was last found sound, as it says itself.
    private(set) var lastVerified: Int64?
    /// The index after the last record that was read.
    private(set) var position: UInt64 = 0
    /// The leaf of that record in the log's tree; nil before the first.
    private(set) var lastLeaf: TreeHash?
    let feeds: [Configuration.Feed]
    /// By index of the configured feeds: what their decoders are told.
    let options: [FeedOptions]

    /// The configured feeds get the first ids, in their order.
    init(feeds: [Configuration.Feed], fleet: FleetInForce = FleetInForce(.none)) {
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

    /// Reads the records of the log in `folder` from ``position`` on, with the profiles that were in force at each.
    ///
    /// - Parameter end: the index after the last record wanted.
    /// - Throws: `LogError` when the log cannot be read.
    mutating func read(folder: String, below end: UInt64 = .max) throws {
        var reader = try LogReader(folder: folder, from: position)
        while reader.position < end, let block = try reader.next()?.below(end) { take(block, folder) }
        // A feed whose format was recognised and that has had lines without events only.
        for index in feeds.indices where decoders[index] == nil { decoders[index] = decoder(index) }
    }

    /// Until when the run before this one may have listened to a feed: the newest `received` in the log. Nil where the log
    /// does not know the feed.
    func lastRun(of feed: FeedID) -> Int64? { replay.format(of: feed) == nil ? nil : replay.newestReceived }

    private mutating func take(_ block: LogBlock, _ folder: String) {
        var batch = EventBatch()
        // Derived transitions come out in the order in which they were written: those beyond the written ones are new.
        var derived: [Violation] = []
        var found = 0
        replay.take(
            block, into: &detector, profiles: .log(folder: folder), observe: { batch = $0 }, written: { found += 1 },
            report: { derived += $0 })
        for violation in derived { open[violation.id] = violation.event == .inAlarm ? violation : nil }
        unwritten += derived
        written += found
        // Memory stays bounded: what is written is told and done.
        let done = min(written, unwritten.count)
        unwritten.removeFirst(done)
        written -= done
        learn(batch)
        position = block.endIndex
        let end = block.bytes.last == 0x0A ? block.bytes.count - 1 : block.bytes.count
        let start = block.bytes[..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        lastLeaf = TreeHash.leaf(block.bytes, start..<end)
    }

    /// A decoder for a feed as its last `opened` record calls its format; nil when there is none.
    private func decoder(_ index: Int) -> (any FeedDecoder)? {
        replay.format(of: FeedID(index))?.decoder(feed: FeedID(index), options: options[index])
    }

    /// Events of a file that a feed's pattern found.
    private mutating func learnOther(_ feed: FeedID, _ batch: EventBatch, _ rows: Range<Int>) {
        let name = replay.feedNames[Int(feed.index)]
        if others[name] == nil { others[name] = otherDecoder(name) }
        others[name]?.absorb(batch, rows: rows)
    }

    /// A decoder for a file that a feed's pattern found; nil when no feed has such a pattern any more.
    private func otherDecoder(_ name: String) -> (any FeedDecoder)? {
        guard let parent = feeds.firstIndex(where: { name.hasPrefix($0.name + "/") }),
            let number = replay.feedNames.firstIndex(of: name)
        else { return nil }
        let feed = FeedID(number)
        return replay.format(of: feed)?.decoder(feed: feed, options: options[parent])
    }

    /// Gives each decoder the events of its feed, and the outbox what concerns it.
    private mutating func learn(_ batch: EventBatch) {
        var start = 0
        while start < batch.count {
            let feed = batch.head[start].feed
            var end = start + 1
            while end < batch.count, batch.head[end].feed == feed { end += 1 }
            let index = Int(feed.index)
            if index < feeds.count {
                if decoders[index] == nil { decoders[index] = decoder(index) }
                decoders[index]?.absorb(batch, rows: start..<end)
                messages[index]?.absorb(batch, rows: start..<end)
            } else {
                learnOther(feed, batch, start..<end)
            }
            start = end
        }
        sessions.observe(batch, rows: 0..<batch.count)
        for row in 0..<batch.count where batch.head[row].kind == .log {
            guard let line = batch.attributes(of: row).first?.text else { continue }
            if AccessRecord.isSound(line: batch.text[line.range]) { lastVerified = batch.received[row] }
        }
        for row in 0..<batch.count where batch.head[row].kind == .mitigation || batch.head[row].kind == .operator {
            guard let line = batch.attributes(of: row).first?.text else { continue }
            OutboxReading.apply(Data(batch.text[line.range]), to: &outbox)
        }
    }

    /// Gives the detector away: two copies would cost twice the memory.
    mutating func takeDetector() -> Detector {
        defer { detector = Detector(profiles: []) }
        return detector
    }
}

extension Startup: StateCoded {
    /// They come from the configuration.
    static let rebuilt = ["feeds", "options"]

    /// One that goes on at `place`, once its state is read.
    init(
        feeds: [Configuration.Feed], fleet: FleetInForce, inForce profiles: ProfileSet,
        at place: (position: UInt64, leaf: TreeHash)
    ) {
        self.init(feeds: feeds, fleet: fleet)
        replay = LogReplay(inForce: profiles)
        detector = Detector(profiles: profiles.profiles, fleet: profiles.fleet.view)
        position = place.position
        lastLeaf = place.leaf
    }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("replay", &replay)
        guard replay.feedNames.starts(with: feeds.map(\.name)) else {
            throw StateProblem("the configuration named other feeds, or in another order")
        }
        try coder.field("detector", &detector)
        try coder.field("unwritten", &unwritten)
        try coder.field("written", &written)
        try coder.field("open", &open)
        try coder.field("outbox", &outbox)
        try coder.field("sessions", &sessions)
        try coder.field("lastVerified", &lastVerified)
        try coder.field("decoders") { coder in
            for index in feeds.indices { try code(decoder: index, &coder) }
        }
        try coder.field("messages") { coder in
            for index in feeds.indices { try code(messages: index, &coder) }
        }
        try coder.field("others") { coder in
            var names = others.keys.sorted()
            try names.code(&coder)
            for name in names {
                if coder.isReading { others[name] = otherDecoder(name) }
                var format = others[name]?.format.rawValue
                let expected = format
                try format.code(&coder)
                guard format == expected else { throw StateProblem("feed \(name) had another format") }
                try others[name]?.code(learned: &coder)
            }
        }
        try coder.field("position") { coder in
            var place = position
            try place.code(&coder)
            guard place == position else { throw StateProblem("it is of another place in the log") }
        }
        try coder.field("lastLeaf") { coder in
            // Whoever reads it has compared it with the log.
            var leaf = lastLeaf?.bytes ?? []
            try coder.code(raw: &leaf)
        }
    }

    private mutating func code(decoder index: Int, _ coder: inout StateCoder) throws {
        if coder.isReading { decoders[index] = feeds[index].format == nil ? decoder(index) : decoders[index] }
        var format = decoders[index]?.format.rawValue
        let expected = format
        try format.code(&coder)
        guard format == expected else { throw StateProblem("feed \(feeds[index].name) had another format") }
        var reading = feeds[index].readingText
        try reading.code(&coder)
        guard reading == feeds[index].readingText else {
            throw StateProblem("feed \(feeds[index].name) was read in another way")
        }
        try decoders[index]?.code(learned: &coder)
    }

    private mutating func code(messages index: Int, _ coder: inout StateCoder) throws {
        var format = messages[index]?.format.rawValue
        let expected = format
        try format.code(&coder)
        guard format == expected else { throw StateProblem("feed \(feeds[index].name) had another format") }
        try messages[index]?.code(learned: &coder)
    }
}
