import Foundation
package import PicketDetection
package import PicketEvents
package import PicketFeeds
package import PicketLog

/// Runs the records of a log folder through detection, as they were decided on when they were written: the same
/// records, in the same order, with the same times. Also what a daemon does with its own log when it starts.
package struct LogReplay {
    private var decoder = NDJSONDecoder(trustedLog: ())
    /// By feed id: how its times are read.
    private var feeds: [FeedRecord?] = []
    private var found: [Violation] = []
    /// By feed name: the last position record, and how many of its events came after it.
    package private(set) var positions: [String: (position: FeedRecord.Position, eventsSince: Int)] = [:]
    /// The newest `received` of any record.
    package private(set) var newestReceived = Int64.min
    /// The hash of the profiles in force at the end.
    package private(set) var profileHash: String?
    /// The records that were read.
    package private(set) var records: UInt64 = 0

    package init() {}

    /// What the feeds in the log have shown that they can show.
    package var visibility: Visibility { decoder.visibility }

    /// The feed called `name`.
    package mutating func feedID(named name: String) -> FeedID { decoder.feedID(named: name) }

    /// Reads one block of the log.
    ///
    /// - Parameters:
    ///   - observe: sees every batch before detection does.
    ///   - written: called with each violation record of the log itself.
    ///   - report: called with the violations that detection finds, in their order.
    package mutating func take(
        _ block: LogBlock, into detector: inout Detector,
        observe: (borrowing EventBatch, [String]) -> Void = { _, _ in }, written: ([UInt8]) -> Void = { _ in },
        report: ([Violation]) throws -> Void
    ) rethrows {
        var batch = decoder.decode(block.bytes, isLast: true, limit: .max).batch
        records += UInt64(block.count)
        var start = 0
        for row in 0..<batch.count {
            newestReceived = max(newestReceived, batch.received[row])
            if batch.head[row].kind.isPicketOwn {
                detector.step(batch, rows: start..<row, into: &found)
                start = row + 1
                takeOwn(batch, row, into: &detector, written)
            } else {
                stamp(&batch, row, into: &detector)
            }
        }
        detector.step(batch, rows: start..<batch.count, into: &found)
        observe(batch, decoder.feeds)
        if !found.isEmpty {
            try report(found)
            found.removeAll(keepingCapacity: true)
        }
    }

    /// Gives an event its engine time, by the mode of its feed.
    private mutating func stamp(_ batch: inout EventBatch, _ row: Int, into detector: inout Detector) {
        let feed = batch.head[row].feed
        let index = Int(feed.index)
        if index >= feeds.count || feeds[index] == nil {
            // Events of a feed that was never opened: a log written by hand. Read as live, so that nothing waits for it.
            open(
                FeedRecord(received: batch.received[row], name: decoder.feeds[index], state: .opened, mode: .live), feed,
                into: &detector)
        }
        let name = decoder.feeds[index]
        positions[name]?.eventsSince += 1
        guard let record = feeds[index], record.mode == .live else { return }
        batch.engineTime[row] = LiveSequencer.engineTime(
            batch.time[row], received: batch.received[row], lateness: record.lateness ?? 10_000,
            isDeviceClaimed: batch.head[row].kind.isDeviceClaimed)
    }

    private mutating func open(_ record: FeedRecord, _ feed: FeedID, into detector: inout Detector) {
        while feeds.count <= Int(feed.index) { feeds.append(nil) }
        feeds[Int(feed.index)] = record
        detector.step(.feed(record), feed: feed, into: &found)
    }

    private mutating func takeOwn(
        _ batch: borrowing EventBatch, _ row: Int, into detector: inout Detector, _ written: ([UInt8]) -> Void
    ) {
        guard let attribute = batch.attributes(of: row).first else { return }
        let kind = batch.head[row].kind
        if kind == .violation {
            written(Array(batch.text[attribute.text.range]))
            return
        }
        guard kind == .feed || kind == .tick || kind == .gap || kind == .profile,
            let control = ControlRecord(line: Data(batch.text[attribute.text.range]))
        else { return }
        switch control {
        case .feed(let record):
            let feed = decoder.feedID(named: record.name)
            switch record.state {
            case .opened:
                open(record, feed, into: &detector)
            case .position:
                if let position = record.position { positions[record.name] = (position, 0) }
                detector.step(control, feed: feed, into: &found)
            case .ended:
                detector.step(control, feed: feed, into: &found)
            }
        case .profile(let record):
            profileHash = record.sha256
            detector.step(control, feed: nil, into: &found)
        case .tick, .gap:
            detector.step(control, feed: nil, into: &found)
        }
    }
}
