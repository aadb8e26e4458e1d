import PicketEvents
import PicketProfiles

/// What the profiles in force ask of detection, arranged for the hot path: which events touch which aggregates, and
/// which limits look at them.
///
/// Behaviors that count the same thing for the same kind of subject with the same slide share one aggregate; those
/// that also share the duration share its running total (DESIGN §5, state).
struct DetectionPlan: Sendable {
    /// A behavior with its profile, in the order in which violations of one moment are reported.
    struct Rule: Sendable {
        let profile: String
        let behavior: Behavior
        /// The events it looks at.
        let kinds: EventKindSet
        let evidence: Violation.Evidence

        /// The first value that violates an upper limit, the last that violates a lower one.
        let edge: Int64

        /// Whether `value` is a violation.
        @inline(__always)
        func isViolated(by value: Int64) -> Bool { isUpper ? value >= edge : value <= edge }

        /// Whether the limit is an upper one.
        let isUpper: Bool

        /// Whether a violation is certain before the window ends, as soon as an event makes it so.
        var alarmsEarly: Bool {
            behavior.duration != nil && behavior.datapointsToAlarm == 1 && isUpper
        }
    }

    /// What an aggregate counts, and for whom.
    struct AggregateKey: Hashable, Sendable {
        var subject: SubjectKind
        var metric: Metric
        var filter: Filter?
        /// The slide, in milliseconds.
        var slide: Int64
    }

    /// One duration over the panes of an aggregate, with the rules that look at it.
    struct Window: Sendable {
        /// The duration in panes.
        let panes: Int
        /// Rules that alarm early, as indices.
        var early: [Int] = []
        /// Rules that are looked at when a window ends, as indices.
        var atBoundary: [Int] = []
        /// The smallest value at which a rule of ``early`` is violated.
        var threshold = Int64.max
    }

    struct AggregateShape: Sendable {
        let key: AggregateKey
        let kinds: EventKindSet
        var windows: [Window] = []
    }

    /// What the hot path asks of an aggregate or a rule for every event, without a reference in it.
    struct Intake: Sendable {
        /// The aggregate or the rule.
        let index: Int
        /// Its kind of subject, as ``Detector/index(_:)``.
        let subject: Int
        /// Whether only some events of the kind count for the metric.
        let isSelective: Bool
        let metric: Metric
        /// Whether every event counts as one.
        let isCount: Bool
        /// Its filter in ``DetectionPlan/filters``; -1 when every event counts.
        let filter: Int
    }

    /// All rules, by profile name and then by their place in the file.
    private(set) var rules: [Rule] = []
    private(set) var shapes: [AggregateShape] = []
    /// For each rule with a duration, its aggregate and its window in it.
    private(set) var place: [(aggregate: Int, window: Int)?] = []
    /// The aggregates that each kind of event can touch, kind after kind.
    private(set) var aggregateIntakes = Intakes()
    /// The rules without a duration that each kind of event can touch.
    private(set) var instantIntakes = Intakes()
    /// The distinct filters of all rules.
    private(set) var filters: [Filter] = []
    /// The kinds of subjects that some rule is about.
    private(set) var subjects: [SubjectKind] = []
    /// By ``Detector/index(_:)``: whether some rule is about that kind of subject.
    var isSubject = InlineArray<6, Bool>(repeating: false)

    /// Intakes by the kind of event, in one array: the hot path copies no array out of another.
    struct Intakes: Sendable {
        private(set) var all: [Intake] = []
        private var ends: [Int] = []

        init(_ byKind: [[Intake]] = []) {
            for intakes in byKind {
                all += intakes
                ends.append(all.count)
            }
        }

        /// Where the intakes of a kind lie in ``all``.
        @inline(__always)
        func range(_ kind: Int) -> Range<Int> { (kind == 0 ? 0 : ends[kind &- 1])..<ends[kind] }
    }

    init(profiles: [SecurityProfile]) {
        var aggregatesByKind = [[Intake]](repeating: [], count: EventKind.allCases.count)
        var instantByKind = aggregatesByKind
        let ordered = profiles.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for profile in ordered {
            for behavior in profile.behaviors { add(behavior, of: profile.name, &aggregatesByKind, &instantByKind) }
        }
        aggregateIntakes = Intakes(aggregatesByKind)
        instantIntakes = Intakes(instantByKind)
        // Devices are counted also when no rule is about them.
        subjects = SubjectKind.allCases.filter { kind in
            kind == .device || rules.contains { $0.behavior.subject == kind }
        }
        for kind in subjects { isSubject[Detector.index(kind)] = true }
    }

    private mutating func add(
        _ behavior: Behavior, of profile: String, _ aggregatesByKind: inout [[Intake]],
        _ instantByKind: inout [[Intake]]
    ) {
        var kinds = behavior.metric.kinds
        if let only = behavior.filter?.kinds { kinds.formIntersection(only) }
        let isDeviceWord = kinds.kinds.contains { $0.isDeviceClaimed }
        guard let limit = behavior.limit, DetectionPlan.isSupported(behavior) else { return }
        let edge =
            switch limit.comparison {
            case .above: limit.bound == .max ? .max : limit.bound + 1
            case .atLeast, .atMost: limit.bound
            case .below: limit.bound - 1
            }
        let index = rules.count
        rules.append(
            Rule(
                profile: profile, behavior: behavior, kinds: kinds, evidence: isDeviceWord ? .device : .broker,
                edge: edge, isUpper: limit.isUpper))
        guard let duration = behavior.duration, let slide = behavior.slide else {
            place.append(nil)
            for kind in kinds.kinds { instantByKind[Int(kind.rawValue)].append(intake(index, behavior, kind)) }
            return
        }
        let key = AggregateKey(
            subject: behavior.subject, metric: behavior.metric, filter: behavior.filter, slide: Int64(slide) * 1_000)
        let aggregate = shapes.firstIndex { $0.key == key } ?? shapes.count
        if aggregate == shapes.count {
            shapes.append(AggregateShape(key: key, kinds: kinds))
            for kind in kinds.kinds { aggregatesByKind[Int(kind.rawValue)].append(intake(aggregate, behavior, kind)) }
        }
        let panes = duration / slide
        let window = shapes[aggregate].windows.firstIndex { $0.panes == panes } ?? shapes[aggregate].windows.count
        if window == shapes[aggregate].windows.count { shapes[aggregate].windows.append(Window(panes: panes)) }
        place.append((aggregate, window))
        if rules[index].alarmsEarly {
            shapes[aggregate].windows[window].early.append(index)
            shapes[aggregate].windows[window].threshold = min(shapes[aggregate].windows[window].threshold, edge)
        } else {
            shapes[aggregate].windows[window].atBoundary.append(index)
        }
    }

    /// Whether the engine evaluates the behavior yet.
    private static func isSupported(_ behavior: Behavior) -> Bool {
        let metrics: [Metric] = [
            .messagesSent, .messagesReceived, .messageByteSize, .bytesSent, .bytesReceived, .authorizationFailures,
            .connectionAttempts, .disconnects, .count, .takeovers, .keepaliveTimeouts, .protocolErrors, .denied,
        ]
        return metrics.contains(behavior.metric) && behavior.prefix == nil && behavior.after == nil
            && behavior.subject != .certificate && behavior.subject != .feed
    }

    private mutating func intake(_ index: Int, _ behavior: Behavior, _ kind: EventKind) -> Intake {
        var number = -1
        if let filter = behavior.filter {
            number = filters.firstIndex(of: filter) ?? filters.count
            if number == filters.count { filters.append(filter) }
        }
        let isSelective =
            switch behavior.metric {
            case .messageByteSize, .bytesSent, .bytesReceived: true
            default: behavior.metric.reasons(of: kind) != nil
            }
        return Intake(
            index: index, subject: Detector.index(behavior.subject), isSelective: isSelective, metric: behavior.metric,
            isCount: behavior.metric.aggregation == .count, filter: number)
    }
}
