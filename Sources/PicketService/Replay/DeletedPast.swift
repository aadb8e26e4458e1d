import PicketEvents
import PicketProfiles

/// What a replay of a log cannot know because retention deleted the records: which violations were open where the log begins
/// now, what was in windows there, and what was learned.
struct DeletedPast {
    private let firstIndex: UInt64
    /// The time of the first record that is left, Unix ms.
    private let from: Int64
    private let openings: Set<String>

    /// How long a subject is remembered of which nothing comes, in seconds; its state of before may count that long.
    private static let memory = 2 * 86_400

    /// - Parameters:
    ///   - openings: the ids of violations whose opening the log recorded.
    /// - Returns: nil when nothing was deleted.
    init?(firstIndex: UInt64, from: Int64, openings: Set<String>) {
        guard firstIndex > 0 else { return nil }
        self.firstIndex = firstIndex
        self.from = from
        self.openings = openings
    }

    /// Why the replay cannot know of the violation what was known then; nil when it can.
    func reason(_ violation: ComparedViolation, _ behavior: Behavior?, isRecorded: Bool) -> String? {
        let words =
            "retention deleted the records before \(firstIndex), received until \(Timestamp.format(from))"
        if isRecorded, violation.event != "in-alarm", !openings.contains(violation.id) {
            return "\(words); it began before them"
        }
        guard let behavior else { return nil }
        if case .firstSeen = behavior.condition { return "\(words); what had been seen until then is not known" }
        let reach = DeletedPast.reach(behavior)
        guard violation.time < from + Int64(reach) * 1_000 else { return nil }
        return "\(words); the behavior may look back \(reach / 3_600) h"
    }

    /// How far back what a behavior says can depend on, in seconds.
    private static func reach(_ behavior: Behavior) -> Int {
        let datapoints = max(behavior.datapointsToAlarm, behavior.datapointsToClear)
        var reach = memory + (behavior.duration ?? 0) + (behavior.slide ?? 0) * datapoints
        reach += behavior.after?.withinSeconds ?? 0
        switch behavior.condition {
        case .history(let limit): reach += (limit.days + 1) * 86_400
        case .without(let companion): reach += companion.withinSeconds
        default: break
        }
        return reach
    }
}
