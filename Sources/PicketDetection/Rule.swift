import PicketEvents
import PicketProfiles

/// A behavior with its profile, in the order in which violations of one moment are reported.
struct Rule: Sendable {
    /// How it comes to its datapoints.
    enum Way: Sendable {
        /// Certain before the window ends, as soon as an event makes it so.
        case early
        /// Looked at when a window ends.
        case boundary
        /// Compares subjects with each other when a window ends.
        case population
        /// Compares a subject with its own past when a window ends.
        case history
        /// Each event is judged alone.
        case instant
        /// The values that one event lists are compared with a set.
        case set
        /// The values that one event lists are compared with all that the subject ever showed.
        case firstSeen
        /// Seconds that pass by themselves.
        case elapsed
        /// An event that waits for another one.
        case absence

        /// Whether its datapoints are of windows.
        var hasWindow: Bool {
            switch self {
            case .early, .boundary, .population, .history: true
            default: false
            }
        }
    }

    let profile: String
    let behavior: Behavior
    /// The events it looks at.
    let kinds: EventKindSet
    /// Of a rule about absent events, what the absent ones are; none of other rules.
    let companionKinds: EventKindSet
    let evidence: Violation.Evidence
    let way: Way
    /// Of plain limits: the first value that violates an upper one, the last that violates a lower one.
    let edge: Int64
    /// Whether the limit is an upper one.
    let isUpper: Bool
    /// Where its subjects are, in ``DetectionPlan/spaces``.
    let space: Int
    /// In ``DetectionPlan/targets``; -1 for everything.
    let target: Int
    /// Those of its profile that may cover it.
    let exceptions: [ViolationException]

    init(_ profile: SecurityProfile, _ behavior: Behavior, space: Int, target: Int) {
        self.profile = profile.name
        self.behavior = behavior
        var kinds = behavior.metric.kinds
        if let only = behavior.filter?.kinds { kinds.formIntersection(only) }
        self.kinds = kinds
        if case .without(let companion) = behavior.condition {
            companionKinds = companion.filter.kinds ?? kinds
        } else {
            companionKinds = EventKindSet(rawValue: 0)
        }
        evidence = kinds.kinds.contains { $0.isDeviceClaimed } ? .device : .broker
        isUpper = behavior.condition.isUpper
        self.space = space
        self.target = target
        exceptions = profile.exceptions.filter { $0.behavior == nil || $0.behavior == behavior.name }
        switch behavior.limit {
        case .none: edge = .max
        case .some(let limit):
            switch limit.comparison {
            case .above: edge = limit.bound == .max ? .max : limit.bound + 1
            case .atLeast, .atMost: edge = limit.bound
            case .below: edge = limit.bound - 1
            }
        }
        way = Rule.way(behavior)
    }

    private static func way(_ behavior: Behavior) -> Way {
        if behavior.metric.aggregation == .elapsed { return .elapsed }
        switch behavior.condition {
        case .set: return .set
        case .firstSeen: return .firstSeen
        case .without: return .absence
        case .percentile, .peers: return .population
        case .history: return .history
        case .limit(let limit):
            guard behavior.duration != nil else { return .instant }
            return behavior.datapointsToAlarm == 1 && limit.isUpper ? .early : .boundary
        }
    }

    /// Whether `value` is a violation of a plain limit.
    @inline(__always)
    func isViolated(by value: Int64) -> Bool { isUpper ? value >= edge : value <= edge }
}
