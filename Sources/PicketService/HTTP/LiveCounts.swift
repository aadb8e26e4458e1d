package import PicketEvents
import PicketLocks

/// What the live feeds have brought so far, for whoever asks how Picket is. It is counted where records become durable, so
/// it says what is in the log.
package final class LiveCounts: Sendable {
    /// How a feed is.
    package enum State: String, Sendable {
        /// No event since Picket started, and that is not long ago.
        case waiting
        case live
        /// No event for longer than the watermark waits for it, since the last one or since Picket listens.
        case silent
        case ended
    }

    /// One feed.
    package struct Feed: Sendable {
        package let name: String
        /// Nil while nothing has come from which it can be recognised.
        package fileprivate(set) var format: String?
        let lateness: Int64
        /// Since when Picket listens to it, in Unix milliseconds.
        fileprivate var since: Int64
        /// By kind.
        package fileprivate(set) var events: [EventKind: UInt64] = [:]
        /// By reason.
        package fileprivate(set) var rejected: [String: UInt64] = [:]
        /// Events that came after a window they belong to was judged.
        package fileprivate(set) var late: UInt64 = 0
        /// How often its clock was set, and events that were more than five minutes ahead.
        package fileprivate(set) var clockSteps: UInt64 = 0
        package fileprivate(set) var ahead: UInt64 = 0
        /// Events that are known to be missing, by cause; a gap of unknown size counts as one.
        package fileprivate(set) var missing: [String: UInt64] = [:]
        /// `received` of the newest event, in Unix milliseconds; at first that of an earlier run, as the log says.
        package fileprivate(set) var lastEvent: Int64?
        /// How long the newest event was under way, in milliseconds.
        package fileprivate(set) var lag: Int64 = 0
        fileprivate var hasEnded = false
        /// Events in the seconds of the last minute, by the second modulo 60.
        fileprivate var seconds = [(second: Int64, count: UInt64)](repeating: (0, 0), count: 60)

        /// Events a second over the last ten whole seconds.
        package func rate(now: Int64) -> Double {
            let second = now / 1_000
            let counted = seconds.filter { $0.second < second && $0.second >= second - 10 }
            return Double(counted.map(\.count).reduce(0, +)) / 10
        }

        package func state(now: Int64) -> State {
            if hasEnded { return .ended }
            // What came before a restart does not excuse the feed for longer than the restart does.
            let last = lastEvent ?? .min
            if now - max(last, since) > max(Limits.silentAfter, lateness) { return .silent }
            return last >= since ? .live : .waiting
        }
    }

    private let state = Locked<[Feed]>([])
    private let mitigations = Locked<[(step: String, state: String, count: Int)]>([])

    package init() {}

    /// All feeds, in the order in which they were opened.
    package var feeds: [Feed] { state.withLock { $0 } }

    /// How many steps of mitigation stand where, as the tables said when they were last at the end of the log.
    var mitigationCounts: [(step: String, state: String, count: Int)] { mitigations.withLock { $0 } }

    func mitigated(_ counts: [(step: String, state: String, count: Int)]) { mitigations.withLock { $0 = counts } }

    /// Picket listens to a feed from now on.
    ///
    /// - Parameters:
    ///   - format: nil when only its first event will show it.
    ///   - since: now.
    ///   - last: when its newest event came, of an earlier run too.
    func opened(_ name: String, format: String?, lateness: Int64, since: Int64, last: Int64? = nil) {
        state.withLock { feeds in
            if let index = feeds.firstIndex(where: { $0.name == name }) {
                feeds[index].hasEnded = false
                feeds[index].since = since
                if let format { feeds[index].format = format }
            } else {
                feeds.append(Feed(name: name, format: format, lateness: lateness, since: since, lastEvent: last))
            }
        }
    }

    func ended(_ name: String) { change(name) { $0.hasEnded = true } }

    /// The clock of a feed's source was set.
    func stepped(_ name: String) { change(name) { $0.clockSteps += 1 } }

    func missed(_ name: String, cause: String, count: Int64?) {
        change(name) { $0.missing[cause, default: 0] += UInt64(max(count ?? 1, 0)) }
    }

    /// Lines beyond the rejections that have records of their own.
    func suppressed(_ name: String, count: Int) {
        change(name) { $0.rejected[RejectionReason.suppressed.rawValue, default: 0] += UInt64(count) }
    }

    /// Rows of a feed are in the log, and judged.
    ///
    /// - Parameter late: how many of them came too late.
    func took(_ name: String, _ batch: borrowing EventBatch, rows: Range<Int>, late: Int, received: Int64) {
        guard let last = rows.last else { return }
        var kinds = [UInt64](repeating: 0, count: EventKind.allCases.count)
        var reasons: [String: UInt64] = [:]
        var ahead: UInt64 = 0
        for row in rows {
            let kind = batch.head[row].kind
            if kind != .rejected, batch.isAhead(row) { ahead += 1 }
            kinds[Int(kind.rawValue)] += 1
            guard kind == .rejected else { continue }
            let reason = batch.attributes(of: row).first { $0.key == .reason }
            reasons[reason.flatMap { batch.string($0.text) } ?? "unknown", default: 0] += 1
        }
        let newest = batch.time[last]
        change(name) { feed in
            for kind in EventKind.allCases where kinds[Int(kind.rawValue)] > 0 {
                feed.events[kind, default: 0] += kinds[Int(kind.rawValue)]
            }
            feed.rejected.merge(reasons) { $0 + $1 }
            feed.late += UInt64(late)
            feed.ahead += ahead
            feed.lastEvent = received
            feed.lag = max(received - newest, 0)
            let second = received / 1_000
            let index = Int(second % 60)
            if feed.seconds[index].second != second { feed.seconds[index] = (second, 0) }
            feed.seconds[index].count += UInt64(rows.count)
        }
    }

    private func change(_ name: String, _ body: (inout Feed) -> Void) {
        state.withLock { feeds in
            if let index = feeds.firstIndex(where: { $0.name == name }) { body(&feeds[index]) }
        }
    }
}
