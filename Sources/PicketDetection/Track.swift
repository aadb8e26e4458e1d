import PicketEvents

/// What is going on between one rule and one subject. It exists only while something is: a violation, a hit that
/// waits, a streak.
struct Track: Sendable {
    /// The first event after which a boundary that is not evaluated yet was certain to violate.
    struct Hit: Sendable {
        var boundary: Int64
        var time: Int64
        var value: Int64
        var identity = Identity.claimed
    }

    /// A violation that has begun and not ended.
    struct Open: Sendable {
        /// The boundary it belongs to, T.
        var boundary: Int64
        var id: String
        /// When it began, and the time of its newest violating datapoint.
        var first: Int64
        var last: Int64
        /// The newest violating datapoint, and the worst.
        var value: Int64
        var worst: Int64
        /// Violating datapoints so far.
        var count: Int
        /// The weakest identity of the events of its datapoints.
        var identity = Identity.claimed
        /// Of metrics that are no number: what the newest violating datapoint showed.
        var text: String?
        /// Of limits that depend on others or on the past: what it was when the violation opened.
        var bound: Int64?
        /// Why it is not acted on; nil when nothing excuses it.
        var excepted: String?
        /// A person said that it is harmless: limits that learn may learn from it.
        var isHarmless = false

        /// One more violating datapoint.
        mutating func violate(
            time: Int64, value: Int64, isUpper: Bool, identity: Identity, text: String? = nil
        ) {
            count += 1
            self.identity = min(self.identity, identity)
            self.text = text
            last = max(last, time)
            self.value = value
            worsen(value, isUpper: isUpper)
        }

        /// `times` more violating datapoints of the same value.
        mutating func repeatViolation(times: Int, last: Int64, value: Int64) {
            count += times
            self.last = max(self.last, last)
            self.value = value
        }

        /// The datapoint that opened it is final.
        mutating func settle(time: Int64, value: Int64, isUpper: Bool, identity: Identity) {
            self.identity = min(self.identity, identity)
            last = max(last, time)
            self.value = value
            worsen(value, isUpper: isUpper)
        }

        private mutating func worsen(_ value: Int64, isUpper: Bool) {
            worst = isUpper ? max(worst, value) : min(worst, value)
        }
    }

    /// What the last boundary that was looked at showed.
    enum Outcome: UInt8, CaseIterable, Sendable {
        case unknown, conforms, violates
    }

    var open: Open?
    var hits: [Hit] = []
    /// Of rules looked at when a window ends: the outcome since the last look. Between two looks nothing changes.
    var outcome = Outcome.unknown
    /// The boundary since which the outcome is the same without a break.
    var since = Int64.min
    /// The last boundary, or event, that was looked at.
    var lastLook = Int64.min
    /// Of rules without a duration: events in a row with the same outcome.
    var streak = 0

    /// The earliest boundary that means anything: T, or that of a hit.
    var firstBoundary: Int64 {
        hits.reduce(open?.boundary ?? .max) { min($0, $1.boundary) }
    }

    /// Counts the violating boundaries after the last look: nothing changed since, so nobody looked.
    mutating func countUnlooked(through boundary: Int64, slide: Int64) {
        guard let violation = open, lastLook != .min, boundary > lastLook else { return }
        open?.repeatViolation(times: Int((boundary - lastLook) / slide), last: boundary, value: violation.value)
    }

    /// Whether the track says nothing.
    var isIdle: Bool { open == nil && hits.isEmpty && outcome != .violates && streak == 0 }
}

/// A change of a violation, before it is written out.
struct Transition: Sendable {
    let rule: Int
    let subject: Int
    let event: Violation.Event
    let time: Int64
    /// Nil when a largest size clears because there was no message at all.
    let value: Int64?
    /// Of metrics that are no number: what the datapoint showed.
    var text: String?
    /// Of limits that depend on others or on the past: what it was for the datapoint.
    var bound: Int64?
    let open: Track.Open
    /// The boundary, or the moment of forgetting, at which it came about; orders what one record causes.
    let stage: Int64
    /// It lost its meaning because the profile was changed, not because the subject fell silent.
    var isChange = false
}

extension Track: StateElement {
    static var blank: Track { Track() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("open", &open)
        try coder.field("hits", &hits)
        try coder.field("outcome", &outcome)
        try coder.field("since", &since)
        try coder.field("lastLook", &lastLook)
        try coder.field("streak", &streak)
    }
}

extension Track.Outcome: StateElement {
    static var blank: Track.Outcome { .unknown }
}

extension Track.Hit: StateElement {
    static var blank: Track.Hit { Track.Hit(boundary: 0, time: 0, value: 0) }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("boundary", &boundary)
        try coder.field("time", &time)
        try coder.field("value", &value)
        try coder.field("identity", &identity)
    }
}

extension Track.Open: StateElement {
    static var blank: Track.Open {
        Track.Open(boundary: 0, id: "", first: 0, last: 0, value: 0, worst: 0, count: 0)
    }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("boundary", &boundary)
        try coder.field("id", &id)
        try coder.field("first", &first)
        try coder.field("last", &last)
        try coder.field("value", &value)
        try coder.field("worst", &worst)
        try coder.field("count", &count)
        try coder.field("identity", &identity)
        try coder.field("text", &text)
        try coder.field("bound", &bound)
        try coder.field("excepted", &excepted)
        try coder.field("isHarmless", &isHarmless)
    }
}
