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
    /// What the log recorded, by the id of the violation.
    private let openings: [String: ComparedViolation]

    /// - Parameter openings: the openings of violations that the log recorded, by their ids.
    /// - Throws: `LogError` when the log cannot be read.
    init(log folder: String, openings: [String: ComparedViolation]) throws {
        self.openings = openings
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
    }

    /// The decision from which the difference may follow, in words; nil when none was made before it.
    ///
    /// - Parameter slack: how long after an event's own time it may have been judged, in milliseconds.
    func reason(_ violation: ComparedViolation, _ behavior: Behavior?, slack: Int64) -> String? {
        if let behavior, behavior.condition.learns {
            let judged = verdicts.last { verdict in
                guard verdict.received <= violation.time + slack, let opening = openings[verdict.record.violation]
                else { return false }
                return opening.profile == violation.profile && opening.behavior == violation.behavior
                    && opening.subjectKind == violation.subjectKind && opening.subject == violation.subject
            }
            if let judged {
                return
                    "record \(judged.index): \(judged.record.by) said \(judged.record.state.rawValue), and the behavior "
                    + "learns from it; files of a feed do not hold what people decide"
            }
        }
        guard violation.subjectKind == .device,
            let move = moves.last(where: {
                $0.record.device == violation.subject && $0.record.received <= violation.time + slack
            })
        else { return nil }
        return
            "record \(move.index): mitigation moved the device \(move.record.isMember ? "into" : "out of") the group "
            + "\(move.record.group), which changes whom profiles mean; files of a feed do not hold it"
    }
}

extension PicketProfiles.Condition {
    /// Whether it takes over what people say is harmless.
    fileprivate var learns: Bool {
        switch self {
        case .firstSeen, .history: true
        default: false
        }
    }
}
