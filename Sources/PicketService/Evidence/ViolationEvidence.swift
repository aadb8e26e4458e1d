import PicketDetection
package import PicketEvents
import PicketFeeds
import PicketLog
package import PicketProfiles

/// What a violation rests on: the behavior as it was in force, the window of the datapoint that opened it, and the events
/// in the log that were counted.
package struct ViolationEvidence: Sendable {
    /// An event that was counted, as it stands in the log.
    package struct Event: Sendable {
        package var index: UInt64
        package var line: [UInt8]
    }

    /// The profile that was in force.
    package let profile: SecurityProfile
    package let behavior: Behavior
    /// The window of engine time whose datapoint opened it, `from` inclusive, `to` exclusive; nil when each event is judged
    /// alone.
    package let window: (from: Int64, to: Int64)?
    /// The events that were counted until it opened.
    package private(set) var count = 0
    /// The last of them, oldest first.
    package private(set) var events: [Event] = []

    /// Why it cannot be said what a violation rests on.
    package struct Problem: Error {
        package var words: String
    }

    /// A violation as its first record tells it.
    package struct Opening: Sendable {
        package var id: String
        package var profile: String
        package var behavior: String
        package var kind: SubjectKind
        package var subject: String
        /// Unix milliseconds of engine time.
        package var time: Int64
        /// The index of the record.
        package var index: UInt64

        package init(
            id: String, profile: String, behavior: String, kind: SubjectKind, subject: String, time: Int64,
            index: UInt64
        ) {
            self.id = id
            self.profile = profile
            self.behavior = behavior
            self.kind = kind
            self.subject = subject
            self.time = time
            self.index = index
        }
    }

    /// Looks for the evidence in the log in `folder`.
    ///
    /// - Parameters:
    ///   - given: profiles to believe where the log does not say which were in force.
    ///   - most: the most events to keep.
    /// - Throws: ``Problem``, or `LogError` when the log cannot be read.
    package init(of opening: Opening, in folder: String, given: [SecurityProfile], most: Int) throws {
        let inForce = try ProfilesInForce.profiles(in: folder, before: opening.index) ?? given
        guard let profile = inForce.first(where: { $0.name == opening.profile }),
            let behavior = profile.behaviors.first(where: { $0.name == opening.behavior })
        else {
            throw Problem(
                words: "the log does not hold the profile \(opening.profile) with the behavior \(opening.behavior); "
                    + "name its file with --profile")
        }
        self.profile = profile
        self.behavior = behavior
        window = ViolationEvidence.window(of: opening, behavior)
        try read(opening, folder, most)
    }

    /// The window that ends at T. The id of a violation is made of T, so the T that gives the id is the right one: an
    /// alarm can come before the end of its window, and an event that came late can belong to an earlier one.
    private static func window(of opening: Opening, _ behavior: Behavior) -> (from: Int64, to: Int64)? {
        guard let seconds = behavior.duration, let slide = behavior.slide else { return nil }
        let (duration, step) = (Int64(seconds) * 1_000, Int64(slide) * 1_000)
        let first = opening.time / step * step
        for boundary in stride(from: first, through: first + duration, by: Int(step)) {
            for earlier in 0..<mostOpenings {
                let id = ViolationID.make(
                    profile: opening.profile, behavior: opening.behavior, subjectKind: opening.kind,
                    subject: Array(opening.subject.utf8)[...], boundary: boundary, earlier: earlier)
                if id == opening.id { return (boundary - duration, boundary) }
            }
        }
        return (opening.time - duration, opening.time)
    }

    /// How often a violation of the same key and T may have opened before. Late events can make it a few times.
    private static let mostOpenings = 8
    /// Where a behavior without a duration looks back for what was counted: silence and absence have no event of their
    /// own.
    private static let lookBack: Int64 = 2 * 86_400_000

    private mutating func read(_ opening: Opening, _ folder: String, _ most: Int) throws {
        let isInstant = window == nil && behavior.metric.aggregation != .elapsed
        var kinds = behavior.metric.kinds
        if let only = behavior.filter?.kinds { kinds.formIntersection(only) }
        var query = LogQuery()
        query.toIndex = opening.index
        // What waited for its companion in vain happened that long before.
        var waited: Int64?
        if case .without(let companion) = behavior.condition { waited = Int64(companion.withinSeconds) * 1_000 }
        query.from = window?.from ?? opening.time - (waited ?? (isInstant ? 0 : ViolationEvidence.lookBack))
        for kind in kinds.kinds { query.add(.kind, "\(kind.name)") }
        if let key = ViolationEvidence.key(opening.kind, behavior) { query.add(key, opening.subject) }
        let until = window?.to ?? opening.time - (waited ?? 0) + 1
        // Events that are written together come before the violation that the first of them caused: where the value says
        // how many were counted, the rest came after.
        let value = behavior.metric.aggregation == .count && window != nil ? try value(opening, folder) : nil
        var reader = try QueryReader(folder: folder, query)
        while value != count, let matches = try reader.next() {
            for match in matches where value != count {
                guard counts(match.line, opening, from: query.from ?? .min, until: until) else { continue }
                count += 1
                events.append(Event(index: match.index, line: match.line))
            }
            if events.count > 2 * most { events.removeFirst(events.count - most) }
        }
        events = Array(events.suffix(most))
    }

    /// The value that the violation opened with; nil when it has none.
    private func value(_ opening: Opening, _ folder: String) throws -> Int? {
        var query = LogQuery()
        query.add(.kind, "\(EventKind.violation.name)")
        query.fromIndex = opening.index
        query.toIndex = opening.index + 1
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            guard let line = matches.first?.line else { continue }
            return RecordText.number("value", in: line)
        }
        return nil
    }

    /// The key of records that names the subject; nil where only a closer look tells.
    private static func key(_ kind: SubjectKind, _ behavior: Behavior) -> IndexedKey? {
        switch kind {
        case .device: .device
        case .user: .user
        case .topic: .topic
        case .feed: .feed
        case .address: behavior.prefix == nil ? .address : nil
        case .certificate: nil
        }
    }

    /// Whether the event in `line` was counted.
    private func counts(_ line: [UInt8], _ opening: Opening, from: Int64, until: Int64) -> Bool {
        var decoder = NDJSONDecoder(trustedLog: ())
        let batch = decoder.decode(line + [0x0A], isLast: true, limit: 1).batch
        guard batch.count == 1, !batch.head[0].kind.isPicketOwn else { return false }
        // A time ahead of its receipt counts as received (DESIGN §5).
        let time = min(batch.time[0], batch.received[0])
        guard from <= time, time < until, behavior.metric.counts(batch.head[0]),
            behavior.filter?.matches(0, of: batch) ?? true
        else { return false }
        if let prefix = behavior.prefix, opening.kind == .address {
            return batch.string(batch.names[0].address).map { prefix.network(of: $0) } == opening.subject
        }
        guard opening.kind == .certificate else { return true }
        let serial = EventText.serial(0, of: batch)
        return batch.string(serial) == opening.subject
    }
}
