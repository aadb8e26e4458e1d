import Foundation
package import PicketDetection
package import PicketEvents
package import PicketFeeds
package import PicketLog
import PicketProfiles

/// Runs the records of a log folder through detection, as they were decided on when they were written: the same
/// records, in the same order, with the same times. Also what a daemon does with its own log when it starts.
package struct LogReplay {
    /// Where the profiles in force come from.
    package enum ProfileSource {
        /// They were given to the detector, and stay.
        case given
        /// The log in this folder says which, and holds their copies.
        case log(folder: String)
    }

    private var decoder = NDJSONDecoder(trustedLog: ())
    /// By feed id.
    private var feeds: [OpenFeed] = []
    private var found: [Violation] = []
    /// The `received` of the first record.
    package private(set) var oldestReceived = Int64.max
    /// The newest `received` of any record.
    package private(set) var newestReceived = Int64.min
    /// The profiles that the log put in force last.
    package private(set) var profileSet = ProfileSet.none
    /// The hashes of profiles whose copies are not in the log folder.
    package private(set) var missingProfiles: [String] = []
    /// The records that were read.
    package private(set) var records: UInt64 = 0

    /// A feed, as its records in the log describe it. What every event asks stands beside the record, since a copy of
    /// the record for each event took a tenth of a replay's time.
    private struct OpenFeed {
        /// Nil before it was opened.
        var record: FeedRecord?
        var isOpen = false
        var isLive = false
        /// In milliseconds.
        var lateness: Int64 = OpenedFeeds.usualLateness
        var position: FeedRecord.Position?
        /// Its events after ``position``.
        var eventsSince = 0

        mutating func open(_ record: FeedRecord) {
            self.record = record
            isOpen = true
            isLive = record.mode == .live
            lateness = record.lateness ?? OpenedFeeds.usualLateness
        }
    }

    package init() {}

    /// One that goes on where `profiles` were in force.
    init(inForce profiles: ProfileSet) { profileSet = profiles }

    /// What the feeds in the log have shown that they can show.
    package var visibility: Visibility { decoder.visibility }

    /// By feed name: the last position record, and how many of its events came after it.
    package var positions: [String: (position: FeedRecord.Position, eventsSince: Int)] {
        var positions: [String: (position: FeedRecord.Position, eventsSince: Int)] = [:]
        for (feed, name) in zip(feeds, decoder.feeds) {
            if let position = feed.position { positions[name] = (position, feed.eventsSince) }
        }
        return positions
    }

    /// The names of the feeds in the log, by the index of their ids.
    package var feedNames: [String] { decoder.feeds }

    /// The feed called `name`.
    package mutating func feedID(named name: String) -> FeedID { decoder.feedID(named: name) }

    /// Reads one block of the log.
    ///
    /// - Parameters:
    ///   - observe: sees every batch before detection does.
    ///   - profiles: which profiles are in force.
    ///   - written: called for each violation record of the log itself.
    ///   - report: called with the violations that detection finds, in their order.
    package mutating func take(
        _ block: LogBlock, into detector: inout Detector, profiles: ProfileSource = .given,
        observe: (EventBatch) -> Void = { _ in }, written: () -> Void = {},
        report: ([Violation]) throws -> Void
    ) rethrows {
        if records == 0, block.firstIndex > 0, case .log(let folder) = profiles { takeUp(folder, &detector) }
        var batch = decoder.decode(block.bytes, isLast: true, limit: .max).batch
        records += UInt64(block.count)
        var start = 0
        for row in 0..<batch.count {
            newestReceived = max(newestReceived, batch.received[row])
            oldestReceived = min(oldestReceived, batch.received[row])
            if batch.head[row].kind.isPicketOwn {
                detector.step(batch, rows: start..<row, into: &found)
                start = row + 1
                takeOwn(batch, row, into: &detector, profiles, isFirst: block.firstIndex == 0 && row == 0, written)
            } else {
                stamp(&batch, row, into: &detector)
            }
        }
        detector.step(batch, rows: start..<batch.count, into: &found)
        observe(batch)
        if !found.isEmpty {
            try report(found)
            found.removeAll(keepingCapacity: true)
        }
    }

    /// Begins with the profiles that were in force where retention cut the log off.
    private mutating func takeUp(_ folder: String, _ detector: inout Detector) {
        // A list of deleted segments that cannot be read ends the reading elsewhere.
        guard profileSet.sha256 == ProfileSet.none.sha256, let sha256 = try? PrunedProfiles.read(folder: folder) else {
            return
        }
        guard let set = ProfileSet.kept(sha256, logFolder: folder) else {
            missingProfiles.append(sha256)
            return
        }
        profileSet = set
        detector = Detector(profiles: set.profiles, fleet: set.fleet.view)
    }

    /// The format of a feed, as its last `opened` record says.
    package func format(of feed: FeedID) -> FeedFormat? {
        guard Int(feed.index) < feeds.count else { return nil }
        return feeds[Int(feed.index)].record?.format.flatMap(FeedFormat.init(rawValue:))
    }

    /// Gives an event its engine time, by the mode of its feed.
    private mutating func stamp(_ batch: inout EventBatch, _ row: Int, into detector: inout Detector) {
        let feed = batch.head[row].feed
        let index = Int(feed.index)
        if index >= feeds.count || !feeds[index].isOpen {
            // Events of a feed that was never opened: a log written by hand. Read as live, so that nothing waits for it.
            open(
                FeedRecord(received: batch.received[row], name: decoder.feeds[index], state: .opened, mode: .live),
                feed,
                into: &detector)
        }
        feeds[index].eventsSince += 1
        guard feeds[index].isLive else { return }
        batch.engineTime[row] = LiveSequencer.engineTime(
            batch.time[row], received: batch.received[row], lateness: feeds[index].lateness,
            isDeviceClaimed: batch.head[row].kind.isDeviceClaimed)
    }

    /// Kinds of records that may say something to detection.
    private static let controls: Set<EventKind> = [.feed, .tick, .gap, .profile, .operator, .mitigation]

    private mutating func open(_ record: FeedRecord, _ feed: FeedID, into detector: inout Detector) {
        reach(feed)
        feeds[Int(feed.index)].open(record)
        detector.step(.feed(record), feed: feed, into: &found)
    }

    private mutating func reach(_ feed: FeedID) {
        while feeds.count <= Int(feed.index) { feeds.append(OpenFeed()) }
    }

    private mutating func takeOwn(
        _ batch: borrowing EventBatch, _ row: Int, into detector: inout Detector, _ profiles: ProfileSource,
        isFirst: Bool, _ written: () -> Void
    ) {
        guard let attribute = batch.attributes(of: row).first else { return }
        let kind = batch.head[row].kind
        if kind == .violation {
            written()
            return
        }
        guard LogReplay.controls.contains(kind),
            let control = ControlRecord(line: Data(batch.text[attribute.text.range]))
        else { return }
        switch control {
        case .feed(let record):
            let feed = decoder.feedID(named: record.name)
            switch record.state {
            case .opened:
                open(record, feed, into: &detector)
            case .position:
                if let position = record.position {
                    reach(feed)
                    feeds[Int(feed.index)].position = position
                    feeds[Int(feed.index)].eventsSince = 0
                }
                detector.step(control, feed: feed, into: &found)
            case .ended:
                detector.step(control, feed: feed, into: &found)
            }
        case .profile(let record):
            guard case .log(let folder) = profiles else { return }
            guard let set = ProfileSet.kept(record.sha256, logFolder: folder) else {
                missingProfiles.append(record.sha256)
                return
            }
            profileSet = set
            // What the first record names was in force before everything, as in the replay that wrote it.
            if isFirst {
                detector = Detector(profiles: set.profiles, fleet: set.fleet.view)
            } else {
                detector.reload(set.profiles, fleet: set.fleet.view, at: record.received, into: &found)
            }
        case .tick, .gap, .silence, .verdict, .membership:
            detector.step(control, feed: nil, into: &found)
        }
    }
}

extension LogReplay: StateCoded {
    /// What one block caused.
    package static let rebuilt = ["found"]

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("decoder", &decoder)
        try coder.field("feeds") { coder in
            var records = feeds.map(\.record)
            try records.code(&coder)
            if coder.isReading {
                feeds = records.map { record in
                    var feed = OpenFeed()
                    if let record { feed.open(record) }
                    return feed
                }
            }
            var all = positions.map { (name: $0.key, position: $0.value.position, events: $0.value.eventsSince) }
                .sorted { $0.name < $1.name }
            try coder.code(list: &all, blank: ("", .blank, 0)) { one, coder in
                try one.name.code(&coder)
                try one.position.code(&coder)
                try one.events.code(&coder)
            }
            guard coder.isReading else { return }
            for one in all {
                guard decoder.feeds.contains(one.name) else { throw StateProblem("a position of no feed") }
                let feed = decoder.feedID(named: one.name)
                reach(feed)
                feeds[Int(feed.index)].position = one.position
                feeds[Int(feed.index)].eventsSince = one.events
            }
        }
        try coder.field("oldestReceived", &oldestReceived)
        try coder.field("newestReceived", &newestReceived)
        try coder.field("profileSet") { coder in
            var sha256 = profileSet.sha256
            try sha256.code(&coder)
            guard sha256 == profileSet.sha256 else { throw StateProblem("other profiles are in force") }
        }
        try coder.field("missingProfiles", &missingProfiles)
        try coder.field("records", &records)
        guard feeds.count <= decoder.feeds.count else { throw StateProblem("feeds without a name") }
    }
}
