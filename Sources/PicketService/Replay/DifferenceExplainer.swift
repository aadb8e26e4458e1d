import Foundation
import PicketEvents
import PicketFeeds
import PicketLog
import PicketProfiles

/// Finds out why a replay and a log do not agree on a violation: looks at the profiles of both, at what the log says of
/// that time, and at the events of the subject.
struct DifferenceExplainer {
    private let folder: String
    /// By the time from which they were in force.
    private var sets: [(from: Int64, set: ProfileSet?)] = []
    /// Those that the replay was given; nil when it took those of the log.
    private let given: [SecurityProfile]?
    private let fleet: Fleet
    private let span: (first: Int64, last: Int64)?
    private var logSpan: (first: Int64, last: Int64)?
    private var gaps: [GapRecord] = []
    private let feeds: OpenedFeeds
    /// What retention took from the log that was replayed; nil when it is whole.
    private let cut: DeletedPast?
    /// What the log says was decided; nil where the replay read it too.
    private let decisions: LoggedDecisions?

    /// Keys of a violation that say that it is excused.
    private static let excuses: Set<String> = ["suppressed", "excepted", "silenced", "exception"]

    /// - Parameters:
    ///   - summary: what the replay says of what it read.
    ///   - openings: the openings of violations that the log recorded, by their ids.
    init(
        log folder: String, profiles: [SecurityProfile], fleet: Fleet, summary: ReplaySummary,
        openings: [String: ComparedViolation]
    ) throws {
        self.folder = folder
        self.fleet = fleet
        span = summary.span
        feeds = OpenedFeeds(log: folder)
        cut = summary.span.flatMap {
            DeletedPast(firstIndex: summary.firstIndex, from: $0.first, openings: Set(openings.keys))
        }
        decisions = summary.isOfLog ? nil : try LoggedDecisions(log: folder)
        given = profiles.isEmpty ? nil : profiles
        var query = LogQuery()
        for kind in ["profile", "gap"] { query.add(.kind, kind) }
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                switch ControlRecord(line: Data(match.line)) {
                case .profile(let record):
                    sets.append((record.received, ProfileSet.kept(record.sha256, logFolder: folder)))
                case .gap(let gap): gaps.append(gap)
                default: break
                }
            }
        }
        logSpan = try LogExtent.times(folder: folder)
        if let sha256 = try PrunedProfiles.read(folder: folder) {
            sets.insert((.min, ProfileSet.kept(sha256, logFolder: folder)), at: 0)
        }
    }

    func explain(
        _ kind: ViolationDifference.Kind, _ recorded: ComparedViolation?, _ derived: ComparedViolation?,
        _ explained: Set<String>
    ) throws -> ViolationDifference {
        let (cause, why) = try reason(kind, recorded, derived, explained)
        return ViolationDifference(kind: kind, recorded: recorded, derived: derived, cause: cause, why: why)
    }

    private func reason(
        _ kind: ViolationDifference.Kind, _ recorded: ComparedViolation?, _ derived: ComparedViolation?,
        _ explained: Set<String>
    ) throws -> (ViolationDifference.Cause, String) {
        guard let violation = recorded ?? derived else { return (.unexplained, "there is nothing to compare") }
        if given != nil, sets.isEmpty {
            return (.profileUnknown, "the log does not say which profiles it was made with; others than those given?")
        }
        if given != nil, set(at: violation.time) == nil {
            return (.profileUnknown, "the copy of the profiles that were in force is not in the log's folder profiles")
        }
        if let change = profileChange(violation) { return (.profileChanged, change) }
        if let recorded, let derived, kind == .changed {
            let changes = derived.changes(from: recorded)
            let words = changes.map { "`\($0.key)` was \($0.was), is \($0.now)" }.joined(separator: "; ")
            if !changes.isEmpty, changes.allSatisfy({ DifferenceExplainer.excuses.contains($0.key) }) {
                return (.exception, words)
            }
            if let lost = cut?.reason(violation, behavior(violation), isRecorded: true) {
                return (.notCovered, "\(words); \(lost)")
            }
            if let decision = try decision(violation) { return (.decision, "\(words); \(decision)") }
            if let late = try lateEvents(violation) { return (.lateEvents, "\(words); \(late)") }
            if explained.contains(violation.id) { return (.follows, words) }
            if let lost = try lostFeed(violation) { return (.notCovered, "\(words); \(lost)") }
            if let change = fleetChange(violation) { return (.profileChanged, "\(words); \(change)") }
            return (.unexplained, words)
        }
        if let place = try notCovered(violation, isRecorded: recorded != nil) { return (.notCovered, place) }
        if let decision = try decision(violation) { return (.decision, decision) }
        if let late = try lateEvents(violation) { return (.lateEvents, late) }
        if violation.event != "in-alarm", explained.contains(violation.id) {
            return (.follows, "it ends a violation that is a difference itself")
        }
        if let lost = try lostFeed(violation) { return (.notCovered, lost) }
        if let change = fleetChange(violation) { return (.profileChanged, change) }
        return (
            .unexplained,
            "the same behavior was in force, and no late event of \(violation.subject) was found around that time"
        )
    }

    // MARK: Profiles

    /// What was in force at a time; nil where its copy is not in the log folder.
    private func set(at time: Int64) -> ProfileSet? { (sets.last { $0.from <= time } ?? sets.first)?.set }

    /// Whom a behavior is for may hang on the fleet file.
    private func fleetChange(_ violation: ComparedViolation) -> String? {
        guard given != nil, let then = set(at: violation.time)?.fleet, then != fleet else { return nil }
        if fleet == .none { return "then there was a fleet file, and the replay was given none (--fleet)" }
        return then == .none ? "then there was no fleet file" : "the fleet file is not the one of then"
    }

    /// What is not the same in the rules of both at that time, in words; nil when they are the same.
    private func profileChange(_ violation: ComparedViolation) -> String? {
        guard let given else { return nil }
        let then = set(at: violation.time)?.profiles ?? []
        let before = then.first { $0.name == violation.profile }
        let now = given.first { $0.name == violation.profile }
        switch (before, now) {
        case (nil, nil): return "neither side has a profile \(violation.profile)"
        case (nil, _): return "the profile \(violation.profile) was not in force then"
        case (_, nil): return "the profile \(violation.profile) is not among those given"
        case (let before?, let now?):
            let was = before.behaviors.first { $0.name == violation.behavior }
            let behavior = now.behaviors.first { $0.name == violation.behavior }
            switch (was, behavior) {
            case (nil, nil): return "neither side has a behavior \(violation.behavior)"
            case (nil, _): return "the behavior did not exist then"
            case (_, nil): return "the behavior is not in the profile given"
            case (let was?, let behavior?):
                if was != behavior {
                    let (old, new) = (Explain.sentence(was), Explain.sentence(behavior))
                    return old == new ? "the behavior was changed" : "then: \(old) Now: \(new)"
                }
                return before.targets != now.targets ? "the profile has other targets than then" : nil
            }
        }
    }

    // MARK: What was read

    private func notCovered(_ violation: ComparedViolation, isRecorded: Bool) throws -> String? {
        let reach = isRecorded ? span : logSpan
        let who = isRecorded ? "what was replayed" : "the log"
        if let reach {
            if violation.time < reach.first { return "\(who) begins at \(Timestamp.format(reach.first))" }
            if violation.time > reach.last { return "\(who) ends at \(Timestamp.format(reach.last))" }
        }
        if let lost = cut?.reason(violation, behavior(violation), isRecorded: isRecorded) { return lost }
        if !isRecorded, let logSpan, violation.time >= logSpan.last - DifferenceExplainer.unwritten, try isCutShort() {
            let end = Timestamp.format(logSpan.last)
            return "the log ends at \(end) without a stop: what was found last may not have been written"
        }
        guard !isRecorded, let gap = gaps.first(where: { $0.from <= violation.time && violation.time <= $0.to }) else {
            return nil
        }
        return "the log has a gap there: \(gap.cause)"
    }

    /// How long before the end of a log without a stop a violation may lie whose record is not written yet, in
    /// milliseconds: a running Picket writes every minute, and a window is judged when late events can no longer come.
    private static let unwritten: Int64 = 120_000

    /// Whether a running Picket writes the log, or was killed while it did.
    private func isCutShort() throws -> Bool {
        guard let logSpan else { return false }
        var query = LogQuery()
        query.add(.kind, "log")
        query.from = logSpan.last - DifferenceExplainer.unwritten
        var reader = try QueryReader(folder: folder, query)
        var last: String?
        while let matches = try reader.next() {
            for match in matches {
                let object = try? JSONSerialization.jsonObject(with: Data(match.line)) as? [String: Any]
                last = object?["event"] as? String ?? last
            }
        }
        return last.map { $0 != "stopped" } ?? false
    }

    /// Where retention deleted the record that says how late events of a feed may come, the replay does not know it.
    private func lostFeed(_ violation: ComparedViolation) throws -> String? {
        guard cut != nil, let name = try feeds.unopened(at: violation.time) else { return nil }
        return "retention deleted the record that says how late events of \(name) may come: the replay took "
            + "\(OpenedFeeds.usualLateness / 1_000) s"
    }

    private func decision(_ violation: ComparedViolation) throws -> String? {
        try decisions?.reason(
            violation, behavior(violation), of: profile(violation), slack: feeds.greatestLateness())
    }

    /// Whether the log holds events of the subject that came too late to count in a window around that time.
    private func lateEvents(_ violation: ComparedViolation) throws -> String? {
        let behavior = behavior(violation)
        // A subject that is a network is no value of an index: its addresses are looked for one by one.
        let network = violation.subjectKind == .address ? behavior?.prefix : nil
        // What came late came within a day.
        let window = Int64(behavior?.duration ?? 0) * 1_000
        let greatest = try feeds.greatestLateness()
        var query = LogQuery()
        if network == nil { query.add(DifferenceExplainer.key(violation.subjectKind), violation.subject) }
        query.from = violation.time - window - greatest
        query.to = violation.time + 86_400_000
        var reader = try QueryReader(folder: folder, query)
        var (count, first, allowed) = (0, UInt64(0), Int64(0))
        while let matches = try reader.next() {
            for match in matches {
                guard let object = try? JSONSerialization.jsonObject(with: Data(match.line)) as? [String: Any],
                    let feed = object["feed"] as? String, feed != RecordLine.feedName,
                    network.map({ $0.network(of: object["address"] as? String ?? "") == violation.subject }) ?? true,
                    let time = (object["time"] as? String).flatMap({ Timestamp.parse($0) }),
                    let received = (object["received"] as? String).flatMap({ Timestamp.parse($0) }),
                    time >= violation.time - window, time <= violation.time
                else { continue }
                let lateness = try feeds.lateness(of: feed, at: received)
                guard received - time > lateness else { continue }
                if count == 0 { (first, allowed) = (match.index, lateness) }
                count += 1
            }
        }
        guard count > 0 else { return nil }
        return
            "\(Counted.text(count, "event")) of \(violation.subject) came more than \(allowed / 1_000) s late, the first is "
            + "record \(first)"
    }

    private static func key(_ kind: SubjectKind) -> IndexedKey {
        switch kind {
        case .device: .device
        case .user: .user
        case .address: .address
        case .topic: .topic
        case .certificate: .certificate
        case .feed: .feed
        }
    }

    private func profile(_ violation: ComparedViolation) -> SecurityProfile? {
        let then = given ?? set(at: violation.time)?.profiles ?? []
        return then.first { $0.name == violation.profile }
    }

    private func behavior(_ violation: ComparedViolation) -> Behavior? {
        profile(violation)?.behaviors.first { $0.name == violation.behavior }
    }
}
