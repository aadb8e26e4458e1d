import PicketEvents

/// What was not watched in a period: when Picket itself did not run, and which feeds were silent. Feeds' own gaps are
/// records, and told besides.
struct Coverage: Sendable {
    /// A stretch in which Picket did not run, or nobody can tell that it did.
    struct Outage: Sendable {
        /// The record that shows it: the start after it, or the newest one before it.
        var record: UInt64
        /// Unix ms, within the period.
        var from: Int64
        var to: Int64
        var cause: Cause
    }

    /// Why nothing was recorded.
    enum Cause: String, Sendable {
        case stopped = "Picket was stopped"
        case ended = "Picket was not running: it had ended without a stop (a crash, or the power)"
        case pause = "no record was written, and a running Picket writes one every minute (the machine slept, or hung)"
        case notBegun = "the log begins here"
        case deleted = "retention deleted the records before"
        case nothing = "nothing was recorded until the end of the period"
    }

    /// A stretch in which a feed brought nothing although Picket listened.
    struct Silence: Sendable {
        /// The record that says that the feed fell silent.
        var record: UInt64
        /// The record that says that it speaks again; nil when something else ended it.
        var endRecord: UInt64?
        var feed: String
        /// Unix ms, within the period.
        var from: Int64
        var to: Int64
    }

    /// Whether a running Picket wrote the log: one that a replay of files wrote knows of no starts and stops.
    var isLive = false
    var outages: [Outage] = []
    var silences: [Silence] = []

    /// Shorter stretches are none: the time between two records is not told in reports.
    private static let least: Int64 = 1_000

    private let from: Int64
    private let to: Int64
    /// Since when each feed that is silent now is so, with the record that says it.
    private var silent: [String: (record: UInt64, from: Int64)] = [:]
    /// When Picket started last, and when it was stopped if it does not run.
    private var started = Int64.min
    private var stopped: (record: UInt64, time: Int64)?

    init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }

    /// Takes a record about the log itself, in log order.
    ///
    /// - Parameter alive: when a running Picket had last written something before it.
    mutating func log(_ record: ReportRecord, alive: Int64?) {
        guard let event = record.text("event") else { return }
        isLive = true
        switch event {
        case "started", "recovered":
            if let begin = stopped?.time ?? alive {
                endSilences(at: begin)
                add(record.index, begin, record.received, stopped == nil ? .ended : .stopped)
            }
            started = record.received
            stopped = nil
        case "stopped":
            endSilences(at: record.received)
            stopped = (record.index, record.received)
        default: break
        }
    }

    /// Takes a record about a feed, in log order.
    mutating func feed(_ record: ReportRecord) {
        let name = record.text("name") ?? ""
        if record.text("state") == "silent" {
            guard silent[name] == nil else { return }
            silent[name] = (record.index, max(record.time("last") ?? started, started))
        } else if let begin = silent.removeValue(forKey: name) {
            let isSpeaking = record.text("state") == "live"
            add(name, begin, record.received, endRecord: isSpeaking ? record.index : nil)
        }
    }

    /// Adds what the times of the records show.
    mutating func finish(_ presence: Presence, firstIndex: UInt64, newest: (index: UInt64, received: Int64)?) {
        // Only a running Picket deletes by retention; its start may be among what was deleted.
        isLive = isLive || firstIndex > 0
        guard isLive else { return }
        if let first = presence.blocks.first {
            add(first.first, from, first.from, firstIndex > 0 ? .deleted : .notBegun)
        }
        if let stopped { add(stopped.record, stopped.time, to, .stopped) }
        // One that reaches the end of the period is told by the newest record before it.
        for pause in presence.pauses where pause.to < to {
            // What a start explains already is told by it.
            let isKnown = outages.contains { $0.from <= max(pause.from, from) && pause.to <= $0.to }
            if !isKnown { add(pause.index, pause.from, pause.to, .pause) }
        }
        if stopped == nil, let newest, to - newest.received > Presence.silence {
            add(newest.index, newest.received, to, .nothing)
        }
        endSilences(at: min(stopped?.time ?? to, to))
        outages.sort { ($0.from, $0.record) < ($1.from, $1.record) }
        silences.sort { ($0.from, $0.record) < ($1.from, $1.record) }
    }

    private mutating func endSilences(at time: Int64) {
        for (name, begin) in silent.sorted(by: { $0.key < $1.key }) { add(name, begin, time, endRecord: nil) }
        silent = [:]
    }

    private mutating func add(_ record: UInt64, _ begin: Int64, _ end: Int64, _ cause: Cause) {
        let (begin, end) = (max(begin, from), min(end, to))
        guard end - begin >= Coverage.least else { return }
        outages.append(Outage(record: record, from: begin, to: end, cause: cause))
    }

    private mutating func add(
        _ name: String, _ silence: (record: UInt64, from: Int64), _ end: Int64, endRecord: UInt64?
    ) {
        let (begin, end) = (max(silence.from, from), min(end, to))
        guard end - begin >= Coverage.least else { return }
        silences.append(Silence(record: silence.record, endRecord: endRecord, feed: name, from: begin, to: end))
    }

    /// How long the stretches are together within the period, in milliseconds; what they share counts once.
    static func total(_ stretches: [(from: Int64, to: Int64)], from: Int64, to: Int64) -> Int64 {
        var (sum, end): (Int64, Int64) = (0, from)
        for stretch in stretches.sorted(by: { $0.from < $1.from }) {
            let begin = max(stretch.from, end)
            let stop = min(stretch.to, to)
            guard stop > begin else { continue }
            sum += stop - begin
            end = stop
        }
        return sum
    }
}
