import Foundation
import PicketEvents
import PicketFeeds
import PicketLog
import PicketProfiles

/// What people and mitigation decided, as a log records it, and which the files of a feed do not hold: verdicts, from which
/// limits that learn take over what is usual, and moves of devices between groups, which change whom profiles mean.
struct LoggedDecisions {
    private var verdicts: [(index: UInt64, received: Int64, record: VerdictRecord)] = []
    private var moves: [(index: UInt64, record: MembershipRecord)] = []
    /// What each verdict is about, by the id of the violation: also of one that is outside the selection of the replay.
    private var judged: [String: ComparedViolation] = [:]

    /// - Throws: `LogError` when the log cannot be read.
    init(log folder: String) throws {
        var query = LogQuery()
        for kind in ["operator", "mitigation"] { query.add(.kind, kind) }
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                switch ControlRecord(line: Data(match.line)) {
                case .verdict(let record): verdicts.append((match.index, record.received, record))
                case .membership(let record): moves.append((match.index, record))
                default: break
                }
            }
        }
        try readJudged(folder)
    }

    private mutating func readJudged(_ folder: String) throws {
        let wanted = Set(verdicts.map(\.record.violation))
        guard !wanted.isEmpty else { return }
        try ComparedViolation.forEach(inLog: folder) { violation in
            guard violation.event == "in-alarm", wanted.contains(violation.id) else { return }
            judged[violation.id] = judged[violation.id] ?? violation
        }
    }

    /// The decision from which the difference may follow, in words; nil when none was made before it.
    ///
    /// - Parameters:
    ///   - profile: the one that holds the behavior of the violation.
    ///   - slack: how long after an event's own time it may have been judged, in milliseconds.
    func reason(
        _ violation: ComparedViolation, _ behavior: Behavior?, of profile: SecurityProfile?, slack: Int64
    ) -> String? {
        let latest = violation.time + slack
        let hangsOn = behavior?.condition.hangsOn ?? .events
        if hangsOn != .events, let verdict = lastVerdict(violation, onAnybody: hangsOn == .others, until: latest) {
            let how =
                hangsOn == .others
                ? "said \(verdict.record.state.rawValue) of \(judged[verdict.record.violation]?.subject ?? "another"), and the "
                    + "behavior compares with those that are usual"
                : "said \(verdict.record.state.rawValue), and the behavior learns from it"
            return
                "record \(verdict.index): \(verdict.record.by) \(how); files of a feed do not hold what people decide"
        }
        guard violation.subjectKind == .device else { return nil }
        let isComparison = behavior?.condition.isComparison ?? false
        guard
            let move = moves.last(where: {
                $0.record.received <= latest
                    && ($0.record.device == violation.subject || isComparison && (profile?.isForGroups ?? false))
            })
        else { return nil }
        return
            "record \(move.index): mitigation moved the device \(move.record.device) "
            + "\(move.record.isMember ? "into" : "out of") the group \(move.record.group), which changes whom profiles mean"
            + "\(move.record.device == violation.subject ? "" : " and so with whom it is compared"); "
            + "files of a feed do not hold it"
    }

    /// The last verdict on a violation of the same behavior: by the same subject, or by anybody.
    private func lastVerdict(_ violation: ComparedViolation, onAnybody: Bool, until latest: Int64) -> (
        index: UInt64, received: Int64, record: VerdictRecord
    )? {
        verdicts.last { verdict in
            guard verdict.received <= latest, let opening = judged[verdict.record.violation] else { return false }
            return opening.profile == violation.profile && opening.behavior == violation.behavior
                && opening.subjectKind == violation.subjectKind && (onAnybody || opening.subject == violation.subject)
        }
    }
}

extension PicketProfiles.Condition {
    /// What beside the events a condition hangs on.
    fileprivate enum Ground {
        case events
        /// What people said of the subject itself: what is harmless becomes usual.
        case ownVerdicts
        /// What people said of others: whose open violation is harmless is a measure for the rest.
        case others
    }

    fileprivate var hangsOn: Ground {
        switch self {
        case .firstSeen, .history: .ownVerdicts
        case .peers: .others
        default: .events
        }
    }

    /// Whether the subjects of a profile are compared with each other.
    fileprivate var isComparison: Bool {
        switch self {
        case .peers, .percentile: true
        default: false
        }
    }
}

extension SecurityProfile {
    /// Whether who is in a group decides for whom it is. Which group does not matter: one holds another.
    fileprivate var isForGroups: Bool {
        targets.contains { target in
            (target.conditions + target.exceptions).contains { if case .group = $0 { true } else { false } }
        }
    }
}
