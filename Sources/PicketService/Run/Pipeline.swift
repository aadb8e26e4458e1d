package import PicketDetection
package import PicketEvents
package import PicketFeeds
package import PicketLog
import PicketProfiles

/// The live path: what feeds bring is stamped, made durable in the log, and only then judged; what that causes is made
/// durable too, and only then told.
///
/// Offers that come while one frame is being synced wait together for the next one. So there is one frame in flight, no
/// timer, and as many events in a frame as the disk gives time for.
package actor Pipeline {
    /// Events of one feed on their way into the log.
    package struct Offer: Sendable {
        package var feed: FeedID
        package var batch: EventBatch
        /// The events that are new; those before are in the log already.
        package var rows: Range<Int>
        /// Where reading goes on after these events; nil for a feed that cannot be read again.
        package var position: FeedRecord.Position?
        /// They are the first of another file than those before: the position is written with them, and not within a second.
        package var isOtherFile: Bool
        /// What is missing before them.
        package var loss: FeedLoss?

        package init(
            feed: FeedID, batch: EventBatch, rows: Range<Int>, position: FeedRecord.Position?,
            isOtherFile: Bool = false, loss: FeedLoss? = nil
        ) {
            self.feed = feed
            self.batch = batch
            self.rows = rows
            self.position = position
            self.isOtherFile = isOtherFile
            self.loss = loss
        }
    }

    /// How long a position may be older than the events that follow it, in milliseconds. A restart decodes at most that
    /// much again.
    private static let positionEvery: Int64 = 1_000

    /// Offers go into a frame until it has this many bytes. An offer is less than that, so that it is never cut in two by
    /// the log's own limit: what belongs together is durable together.
    private static let frameBytes = LogLimits.frameBytes / 2

    let writer: LogWriter
    var detector: Detector
    private var sequencer: LiveSequencer
    private var lines: CanonicalLine
    var feeds: [LiveFeedState]
    private let wallClock: @Sendable () -> Int64
    /// A clock that nobody sets: tells a wall clock that was set from time that passed.
    private let steadyClock: @Sendable () -> ContinuousClock.Instant
    private let report: @Sendable ([Violation]) -> Void
    private var waiting: [(offer: Offer, done: CheckedContinuation<Void, any Error>)] = []
    var isPumping = false
    var buffer = RecordBuffer()
    var found: [Violation] = []
    /// `received` of the newest event; 0 before the first.
    private var lastEvent: Int64 = 0
    /// How long detection took for each frame.
    var evaluation = DurationHistogram()
    /// SHA-256 of the profiles in force; nil before they are.
    var profilesInForce: String?
    /// When the log was last found sound, as it says itself; nil when it never was.
    var lastVerified: Int64?
    /// Why nothing is written any more.
    var failure: (any Error)?
    /// Is asked what violations cause; nil where nobody acts, in tests.
    var mitigation: MitigationDesk?
    /// Are told what a broker records of messages, with the feed that brings it.
    var publishers: [(feed: FeedID, records: PublisherRecords)] = []

    /// How long to wait before looking for room on a full disk again.
    let retryEvery: Duration
    /// What came so far, for whoever asks.
    nonisolated let counts: LiveCounts
    /// The states of the feeds at the last look, and both clocks then.
    var feedStates: [String: LiveCounts.State] = [:]
    var lastLook: (wall: Int64, steady: ContinuousClock.Instant)?
    let say: @Sendable (String) -> Void
    /// When segments were last looked at that may be too old, in engine time.
    var prunedAt = Int64.min / 2
    /// Since when records wait for room, in engine time, and what the system said; nil when none do.
    var full: (since: Int64, problem: String)?
    /// False when waiting for room must end.
    var mayWait = true
    /// The pause before the next look for room.
    var pause: Task<Void, any Error>?
    /// Who writes, or waits for room to do so, and who is next.
    let turns = Turns(atOnce: 1)

    /// - Parameters:
    ///   - writer: of the log; the pipeline is its only owner.
    ///   - detector: as it stands after the last record of the log.
    ///   - received: the newest `received` in the log.
    ///   - wallClock: Unix milliseconds.
    ///   - steadyClock: a clock that nobody sets.
    ///   - report: is given violations when they are durable.
    ///   - say: is told of a full disk, once when it begins and once when it ends.
    package init(
        writer: LogWriter, detector: Detector, after received: Int64, wallClock: @escaping @Sendable () -> Int64,
        steadyClock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        report: @escaping @Sendable ([Violation]) -> Void, say: @escaping @Sendable (String) -> Void = { _ in },
        retryEvery: Duration = .seconds(1), counts: LiveCounts = LiveCounts()
    ) {
        self.writer = writer
        self.say = say
        self.retryEvery = retryEvery
        self.counts = counts
        self.detector = detector
        self.wallClock = wallClock
        self.steadyClock = steadyClock
        self.report = report
        sequencer = LiveSequencer(after: received)
        lines = CanonicalLine()
        feeds = []
    }

    /// What detection has counted so far.
    package var statistics: Detector.Statistics { detector.statistics }

    /// How many subjects limits that learn still learn, and judge already.
    package var learningCounts: [(profile: String, behavior: String, learning: Int, ready: Int)] {
        detector.learningCounts
    }

    /// The records in the log.
    package var records: UInt64 { writer.nextIndex }

    /// Makes a feed known, with a record; once in a run.
    package func open(_ feed: FeedID, name: String, format: FeedFormat, lateness: Int64) async throws {
        try await exclusively {
            guard !feeds.contains(where: { $0.feed == feed }) else { return }
            feeds.append(LiveFeedState(feed: feed, name: name, lateness: lateness))
            lines.setName(name, of: feed)
            let received = now()
            counts.opened(
                name, format: format.rawValue, lateness: lateness, since: received,
                last: detector.lastReceived(of: feed))
            let record = FeedRecord(
                received: received, name: name, state: .opened, mode: .live, format: format.rawValue,
                lateness: lateness)
            try await write(record.line(), record.received)
            detector.step(.feed(record), feed: feed, into: &found)
            try await tell(record.received)
        }
    }

    /// Takes events; returns when they are durable and judged.
    ///
    /// - Throws: `LogError` when the log takes nothing any more.
    package func take(_ offer: Offer) async throws {
        if let failure { throw failure }
        try await withCheckedThrowingContinuation { done in
            waiting.append((offer, done))
            guard !isPumping else { return }
            isPumping = true
            Task { await pump() }
        }
    }

    /// Writes one of Picket's own records about a feed.
    private func note(_ control: ControlRecord, feed: FeedID?) async throws {
        try await write(control.line(), now())
        detector.step(control, feed: feed, into: &found)
        try await tell(now())
    }

    /// A feed of an earlier run is none of this one: time does not wait for it any more.
    package func retire(_ feed: FeedID, name: String) async throws {
        try await exclusively {
            let record = FeedRecord(received: now(), name: name, state: .ended, mode: .live)
            try await note(.feed(record), feed: feed)
        }
    }

    /// A feed has ended for good.
    package func end(_ feed: FeedID) async throws {
        guard let state = feeds.first(where: { $0.feed == feed }) else { return }
        try await exclusively {
            counts.ended(state.name)
            let received = now()
            if let index = feeds.firstIndex(where: { $0.feed == feed }) {
                appendFeedClock(index, received, isLast: true)
            }
            let record = FeedRecord(received: received, name: state.name, state: .ended, mode: .live)
            try await note(.feed(record), feed: feed)
            // It may be opened again: a file that comes back.
            feeds.removeAll { $0.feed == feed }
        }
    }

    /// A stretch of a feed that was not seen.
    package func noteGap(feed: String, cause: String) async throws {
        try await exclusively {
            let received = now()
            // Since this feed spoke last: another one that goes on says nothing about it.
            let last = feeds.first { $0.name == feed }.flatMap { detector.lastReceived(of: $0.feed) } ?? lastEvent
            let from = min(max(last, received - 86_400_000), received)
            counts.missed(feed, cause: cause, count: nil)
            try await note(
                .gap(GapRecord(received: received, name: feed, from: from, to: received, cause: cause)), feed: nil)
        }
    }

    /// Lets time pass when nothing came for a second and something waits for it.
    package func tick() async throws {
        guard failure == nil, !isPumping, turns.isFree else { return }
        try await exclusively {
            let received = now()
            appendFeedStates(received)
            appendFeedClocks(received)
            appendClockStep(wall: wallClock(), steady: steadyClock(), received)
            if received - lastEvent >= 1_000, detector.wouldWake(received) {
                try await note(.tick(TickRecord(received: received)), feed: nil)
            }
            for index in feeds.indices where received - feeds[index].positionWritten >= Pipeline.positionEvery {
                appendPosition(index, received)
            }
            try await flush()
            if writer.isSilent {
                let record = LogRecord(received: received, event: .heartbeat, version: Daemon.version)
                try await write(record.line(), received)
            }
            do throws(LogError) {
                try writer.idle()
            } catch {
                // What is in no segment yet stays in the write-ahead file; the next tick tries again.
                guard error.kind == .full else { throw error }
            }
        }
    }

    /// Puts other profiles in force.
    package func reload(_ set: ProfileSet) async throws {
        try await exclusively {
            try set.keep(logFolder: writer.path)
            let record = ProfileRecord(received: now(), sha256: set.sha256, profiles: set.profiles.map(\.name))
            try await write(record.line(), record.received)
            mitigation?.putInForce(set.profiles, fleet: set.fleet)
            detector.reload(set.profiles, fleet: set.fleet.view, at: record.received, into: &found)
            profilesInForce = set.sha256
            try await tell(record.received)
        }
    }

    /// Writes violations that an earlier run found and could not write any more.
    package func catchUp(_ violations: [Violation]) async throws {
        try await exclusively {
            found += violations
            try await tell(now())
        }
    }

    /// Ends everything in order.
    ///
    /// - Throws: why that was not possible, or why writing had ended before.
    package func close(version: String) async throws {
        try await exclusively {
            let received = now()
            for index in feeds.indices {
                appendFeedClock(index, received, isLast: true)
                appendPosition(index, received)
            }
            let record = LogRecord(received: received, event: .stopped, version: version)
            buffer.append(line: record.line(), time: received)
            try await flush()
            try writer.close()
        }
    }

    /// Writes that Picket has started.
    package func begin(version: String, note: String?) async throws {
        try await exclusively {
            let received = now()
            let event: LogRecord.Event = note == nil ? .started : .recovered
            try await write(LogRecord(received: received, event: event, version: version, note: note).line(), received)
        }
    }

    // MARK: The pump

    private func pump() async {
        while !waiting.isEmpty {
            let taken = waiting
            waiting = []
            do {
                try await exclusively { try await process(taken.map(\.offer)) }
                for (_, done) in taken { done.resume() }
            } catch {
                failure = error
                for (_, done) in taken + waiting { done.resume(throwing: error) }
                waiting = []
            }
            // Whoever called while the disk was busy gets in line now.
            await Task.yield()
        }
        isPumping = false
    }

    /// One frame: all offers that wait, durable together; then detection, in the same order; then what it found.
    private func process(_ offers: [Offer]) async throws {
        let received = now()
        var offers = offers
        var logged: [[Range<Int>]] = []
        var gaps: [GapRecord?] = []
        for index in offers.indices {
            gaps.append(appendLoss(offers[index], received))
            logged.append(append(&offers[index], received))
            if buffer.bytes.count >= Pipeline.frameBytes { try await flush() }
        }
        appendFeedClocks(received)
        for index in feeds.indices where received - feeds[index].positionWritten >= Pipeline.positionEvery {
            appendPosition(index, received)
        }
        try await flush()
        let began = steadyClock()
        for (index, (offer, ranges)) in zip(offers, logged).enumerated() {
            if let gap = gaps[index] { detector.step(.gap(gap), feed: nil, into: &found) }
            for rows in ranges {
                mitigation?.observe(offer.batch, rows: rows)
                for one in publishers where one.feed == offer.feed { one.records.observe(offer.batch, rows: rows) }
                let late = detector.statistics.late
                detector.step(offer.batch, rows: rows, into: &found)
                if let name = feeds.first(where: { $0.feed == offer.feed })?.name {
                    counts.took(
                        name, offer.batch, rows: rows, late: detector.statistics.late - late, received: received)
                }
            }
        }
        evaluation.note(steadyClock() - began)
        if offers.contains(where: { !$0.rows.isEmpty }) { lastEvent = received }
        try await tell(received)
    }

    /// Adds what is missing before an offer to the frame, and where reading goes on behind it.
    private func appendLoss(_ offer: Offer, _ received: Int64) -> GapRecord? {
        guard let loss = offer.loss, let index = feeds.firstIndex(where: { $0.feed == offer.feed }) else { return nil }
        let gap = loss.gap(received: received, name: feeds[index].name)
        buffer.append(line: gap.line(), time: received)
        counts.missed(gap.name, cause: gap.cause, count: gap.lost)
        if let position = loss.position {
            feeds[index].position = position
            appendPosition(index, received)
        }
        return gap
    }

    /// Stamps an offer and adds its lines to the frame.
    ///
    /// - Returns: the rows that are in the log, for detection, which must see what the log holds and nothing else. For
    ///   all those that have no record of their own the last one stands, as one `rejected` record does in the log.
    private func append(_ offer: inout Offer, _ received: Int64) -> [Range<Int>] {
        guard let index = feeds.firstIndex(where: { $0.feed == offer.feed }) else { return [] }
        LiveSequencer.stamp(&offer.batch, received: received, lateness: feeds[index].lateness)
        var logged: [Range<Int>] = []
        var start = offer.rows.lowerBound
        var suppressed = (count: 0, last: 0)
        for row in offer.rows {
            if offer.batch.head[row].kind == .rejected, !feeds[index].admitsRejection(received) {
                if start < row { logged.append(start..<row) }
                start = row + 1
                suppressed = (suppressed.count + 1, row)
                continue
            }
            let head = offer.batch.head[row]
            if head.flags.contains(.hasTime), head.kind != .rejected, !head.kind.isDeviceClaimed {
                feeds[index].clock.see(offer.batch.time[row], received: received)
            }
            buffer.append(time: received) { [lines] out in lines.append(row, of: offer.batch, to: &out) }
        }
        if start < offer.rows.upperBound { logged.append(start..<offer.rows.upperBound) }
        if suppressed.count > 0 {
            appendSuppressed(suppressed.count, feeds[index].name, received)
            counts.suppressed(feeds[index].name, count: suppressed.count - 1)
            logged.append(suppressed.last..<(suppressed.last + 1))
        }
        if let position = offer.position { feeds[index].position = position }
        // A restart skips as many events as the log holds after a position. Where lines have no records of their own the
        // count must begin anew; and it must not reach from one file into another, of which the first may be gone.
        if suppressed.count > 0 || offer.isOtherFile { appendPosition(index, received) }
        return logged
    }

    /// Says how many lines were rejected beyond those that have records. It goes into the frame of the records around
    /// it: a count that waits for the next second would be lost with the process.
    private func appendSuppressed(_ count: Int, _ feed: String, _ received: Int64) {
        var line = RecordLine()
        line.add("received", time: received)
        line.add("feed", feed)
        line.add("kind", "rejected")
        line.add("reason", RejectionReason.suppressed.rawValue)
        line.add("value", Int64(count))
        buffer.append(line: line.finish(), time: received)
    }

    private func appendPosition(_ index: Int, _ received: Int64) {
        guard let position = feeds[index].position else { return }
        let record = FeedRecord(received: received, name: feeds[index].name, state: .position, position: position)
        buffer.append(line: record.line(), time: received)
        feeds[index].position = nil
        feeds[index].positionWritten = received
    }

    // MARK: Writing

    func now() -> Int64 { sequencer.now(wallClock: wallClock()) }

    func write(_ line: [UInt8], _ received: Int64) async throws {
        buffer.append(line: line, time: received)
        try await flush()
    }

    /// Makes what was found durable, and tells it.
    func tell(_ received: Int64) async throws {
        guard !found.isEmpty else { return }
        let violations = found
        found = []
        for violation in violations { buffer.append(line: violation.record(received: received), time: received) }
        // In the same frame: a crash leaves both or neither.
        for line in mitigation?.intents(of: violations, received: received) ?? [] {
            buffer.append(line: line, time: received)
        }
        try await flush()
        mitigation?.written()
        report(violations)
    }
}
