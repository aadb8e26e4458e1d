import PicketEvents
import PicketProfiles

/// What the profiles in force ask of detection, arranged for the hot path: which events touch which aggregates, and
/// which conditions look at them.
///
/// Behaviors that count the same thing for the same kind of subject with the same slide share one aggregate; those
/// that also share the duration share its running total (DESIGN §5, state).
struct DetectionPlan: Sendable {
    /// What an aggregate counts, and for whom.
    struct AggregateKey: Hashable, Sendable {
        var space: SubjectSpace
        var metric: Metric
        var filter: Filter?
        /// The slide, in milliseconds.
        var slide: Int64
        /// Whom the profile is for; nil when for everything.
        var targets: [Target]?
        /// Of behaviors that need another one: its profile, and which.
        var gate: Gate?
    }

    /// A behavior that another one waits for.
    struct Gate: Hashable, Sendable {
        var profile: String
        var predecessor: Predecessor
    }

    /// One duration over the panes of an aggregate, with the rules that look at it.
    struct Window: Sendable {
        /// The duration in panes.
        let panes: Int
        /// Rules that alarm early, as indices.
        var early: [Int] = []
        /// Rules that look at one subject when a window ends, as indices.
        var atBoundary: [Int] = []
        /// Rules that compare subjects with each other when a window ends, as indices.
        var population: [Int] = []
        /// Whether a rule of ``atBoundary`` learns from whole windows.
        var hasHistory = false
        /// The smallest value at which a rule of ``early`` is violated.
        var threshold = Int64.max
    }

    struct AggregateShape: Sendable {
        let key: AggregateKey
        let kinds: EventKindSet
        /// Where its subjects are, in ``DetectionPlan/spaces``.
        let space: Int
        /// In ``DetectionPlan/targets``; -1 for everything.
        let target: Int
        var windows: [Window] = []
    }

    /// All rules, by profile name and then by their place in the file.
    private(set) var rules: [Rule] = []
    private(set) var shapes: [AggregateShape] = []
    /// For each rule with a duration, its aggregate and its window in it.
    private(set) var place: [(aggregate: Int, window: Int)?] = []
    /// The aggregates that each kind of event can touch, kind after kind.
    private(set) var aggregateIntakes = ByKind<Intake>()
    /// Of those, what an event of a kind touches if it passes the filter and its device is meant.
    private(set) var certainIntakes = ByKind<Certain>()
    /// The rules without a duration that each kind of event can touch.
    private(set) var instantIntakes = ByKind<Intake>()
    /// The companions of absent events that each kind of event can be: rules.
    private(set) var companionIntakes = ByKind<Intake>()
    /// The distinct filters of all rules.
    private(set) var filters: [Filter] = []
    /// The distinct sets of targets, without those that mean everything.
    private(set) var targets: [[Target]] = []
    /// Where the subjects of rules are; devices first.
    private(set) var spaces: [SubjectSpace] = [.device]
    /// The metrics that are read from reports.
    private(set) var reportMetrics: [Metric] = []
    /// What rules wait for: a violation of another rule that is open, or ended less than `within` milliseconds ago.
    private(set) var gates: [(rule: Int, within: Int64)] = []
    /// Rules whose violations others wait for.
    private(set) var isPredecessor: [Bool] = []
    /// Whether some rule waits for companions of its events.
    private(set) var hasCompanions = false
    /// Whether some rule asks for sessions without traffic.
    private(set) var needsSessions = false
    /// Whether some rule counts what could not be read.
    var looksAtRejections: Bool {
        let kind = Int(EventKind.rejected.rawValue)
        return !aggregateIntakes.range(kind).isEmpty || !instantIntakes.range(kind).isEmpty
    }
    /// Whether some rule counts gaps.
    var looksAtGaps: Bool {
        let kind = Int(EventKind.gap.rawValue)
        return !aggregateIntakes.range(kind).isEmpty || !instantIntakes.range(kind).isEmpty
    }
    /// Rules that wait for time: those about seconds that pass, and about absent events.
    var waitingRules: [Int] { rules.indices.filter { rules[$0].way == .elapsed || rules[$0].way == .absence } }

    /// Elements by the kind of event, in one array: the hot path copies no array out of another.
    struct ByKind<Element: Sendable>: Sendable {
        private(set) var all: [Element] = []
        private var ends: [Int] = []

        init(_ byKind: [[Element]] = []) {
            for elements in byKind {
                all += elements
                ends.append(all.count)
            }
        }

        /// Where the elements of a kind lie in ``all``.
        @inline(__always)
        func range(_ kind: Int) -> Range<Int> { (kind == 0 ? 0 : ends[kind &- 1])..<ends[kind] }
    }

    /// The part of an intake that says which cells it will touch.
    struct Certain: Sendable {
        let aggregate: Int
        let space: Int
        let filter: Int
        let target: Int
    }

    /// Intakes while they are collected.
    private struct Collected {
        var aggregates = [[Intake]](repeating: [], count: EventKind.allCases.count)
        var instants = [[Intake]](repeating: [], count: EventKind.allCases.count)
        var companions = [[Intake]](repeating: [], count: EventKind.allCases.count)
    }

    init(profiles: [SecurityProfile]) {
        var collected = Collected()
        let ordered = profiles.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        // A behavior may wait for one that stands behind it in the file.
        var numbers: [Gate: Int] = [:]
        var next = 0
        for profile in ordered {
            for behavior in profile.behaviors where spaceIndex(behavior) != nil {
                let key = Gate(
                    profile: profile.name, predecessor: Predecessor(behavior: behavior.name, withinSeconds: 0))
                if numbers[key] == nil { numbers[key] = next }
                next += 1
            }
        }
        for profile in ordered {
            for behavior in profile.behaviors { add(behavior, of: profile, &collected, numbers) }
        }
        aggregateIntakes = ByKind(collected.aggregates)
        certainIntakes = ByKind(
            collected.aggregates.map { intakes in
                intakes.filter(\.isCertain).map {
                    Certain(aggregate: $0.index, space: $0.space, filter: $0.filter, target: $0.target)
                }
            })
        instantIntakes = ByKind(collected.instants)
        companionIntakes = ByKind(collected.companions)
        hasCompanions = !companionIntakes.all.isEmpty
        isPredecessor = Array(repeating: false, count: rules.count)
        for gate in gates { isPredecessor[gate.rule] = true }
    }

    /// The space of a behavior's subjects, made when it is new; nil when there are too many.
    private mutating func spaceIndex(_ behavior: Behavior) -> Int? {
        let space = SubjectSpace(kind: behavior.subject, prefix: behavior.subject == .address ? behavior.prefix : nil)
        if let index = spaces.firstIndex(of: space) { return index }
        guard spaces.count < SubjectSpace.limit else { return nil }
        spaces.append(space)
        return spaces.count - 1
    }

    private mutating func add(
        _ behavior: Behavior, of profile: SecurityProfile, _ collected: inout Collected, _ numbers: [Gate: Int]
    ) {
        // Profiles with more sizes of networks than there is room for are refused when they are loaded.
        guard let space = spaceIndex(behavior) else { return }
        let index = rules.count
        let target = targetIndex(profile.targets)
        let rule = Rule(profile, behavior, space: space, target: target)
        rules.append(rule)
        if behavior.metric == .connectsWithoutTraffic { needsSessions = true }
        var gate = -1
        if let after = behavior.after {
            let key = Gate(profile: profile.name, predecessor: Predecessor(behavior: after.behavior, withinSeconds: 0))
            if let other = numbers[key] { gate = gateIndex(other, within: Int64(after.withinSeconds) * 1_000) }
        }
        if case .without(let companion) = behavior.condition {
            let intake = intake(
                index, space, rule, filter: companion.filter, gate: -1, reasons: .max, bytes: false, .none)
            for kind in (companion.filter.kinds ?? rule.kinds).kinds {
                collected.companions[Int(kind.rawValue)].append(intake)
            }
        }
        guard let duration = behavior.duration, let slide = behavior.slide, rule.way.hasWindow else {
            place.append(nil)
            for kind in rule.kinds.kinds {
                collected.instants[Int(kind.rawValue)].append(intake(index, space, rule, kind, gate))
            }
            return
        }
        let key = AggregateKey(
            space: spaces[space], metric: behavior.metric, filter: behavior.filter, slide: Int64(slide) * 1_000,
            targets: target < 0 ? nil : targets[target],
            gate: behavior.after.map { Gate(profile: profile.name, predecessor: $0) })
        let aggregate = shapes.firstIndex { $0.key == key } ?? shapes.count
        if aggregate == shapes.count {
            shapes.append(AggregateShape(key: key, kinds: rule.kinds, space: space, target: target))
            for kind in rule.kinds.kinds {
                collected.aggregates[Int(kind.rawValue)].append(intake(aggregate, space, rule, kind, gate))
            }
        }
        let panes = duration / slide
        let window = shapes[aggregate].windows.firstIndex { $0.panes == panes } ?? shapes[aggregate].windows.count
        if window == shapes[aggregate].windows.count { shapes[aggregate].windows.append(Window(panes: panes)) }
        place.append((aggregate, window))
        switch rule.way {
        case .early:
            shapes[aggregate].windows[window].early.append(index)
            shapes[aggregate].windows[window].threshold = min(
                shapes[aggregate].windows[window].threshold, rule.edge)
        case .population: shapes[aggregate].windows[window].population.append(index)
        default:
            shapes[aggregate].windows[window].atBoundary.append(index)
            if rule.way == .history { shapes[aggregate].windows[window].hasHistory = true }
        }
    }

    private mutating func gateIndex(_ rule: Int, within: Int64) -> Int {
        if let index = gates.firstIndex(where: { $0 == (rule, within) }) { return index }
        gates.append((rule, within))
        return gates.count - 1
    }

    private mutating func targetIndex(_ targets: [Target]) -> Int {
        if targets.includeEverything { return -1 }
        if let index = self.targets.firstIndex(of: targets) { return index }
        self.targets.append(targets)
        return self.targets.count - 1
    }

    private mutating func intake(
        _ index: Int, _ space: Int, _ rule: Rule, _ kind: EventKind, _ gate: Int
    ) -> Intake {
        let metric = rule.behavior.metric
        let reasons = metric.reasons(of: kind).map { $0.reduce(UInt32(0)) { $0 | 1 << UInt32($1.rawValue) } }
        return intake(
            index, space, rule, filter: rule.behavior.filter, gate: gate, reasons: reasons ?? .max,
            bytes: metric.needsBytes,
            metric == .lateEvents ? .late : metric == .connectsWithoutTraffic ? .idleSession : .none)
    }

    private mutating func intake(
        _ index: Int, _ space: Int, _ rule: Rule, filter: Filter?, gate: Int, reasons: UInt32, bytes: Bool,
        _ precondition: Intake.Precondition
    ) -> Intake {
        var number = -1
        if let filter {
            number = filters.firstIndex(of: filter) ?? filters.count
            if number == filters.count { filters.append(filter) }
        }
        let (amount, source) = amount(rule.behavior.metric)
        return Intake(
            index: index, space: space, reasons: reasons, needsBytes: bytes, precondition: precondition,
            amount: amount, way: rule.way, source: source, filter: number,
            target: spaces[space].kind == .feed ? -1 : rule.target, gate: gate)
    }

    /// What an event adds to a metric, and where that is found.
    private mutating func amount(_ metric: Metric) -> (Intake.Amount, Int) {
        if metric.isFromReports { return (metric.values == .number ? .report : .values, reportSlot(metric)) }
        switch metric {
        case .messageByteSize, .bytesSent, .bytesReceived: return (.bytes, -1)
        case .clockSkew: return (.skew, -1)
        case .distinctTopics: return (.text, EventText.topic.rawValue)
        case .distinctAddresses: return (.text, EventText.address.rawValue)
        case .distinctClients: return (.text, EventText.client.rawValue)
        case .devicesPerAddress, .devicesPerCertificate, .readersPerTopic: return (.text, EventText.device.rawValue)
        case .sourceAddress: return (.values, EventText.address.rawValue)
        case .topic: return (.values, EventText.topic.rawValue)
        case .clientID: return (.values, EventText.client.rawValue)
        case .certificate: return (.values, EventText.certificate.rawValue)
        case .firmware: return (.values, EventText.firmware.rawValue)
        default: return (.one, -1)
        }
    }

    private mutating func reportSlot(_ metric: Metric) -> Int {
        if let slot = reportMetrics.firstIndex(of: metric) { return slot }
        reportMetrics.append(metric)
        return reportMetrics.count - 1
    }
}
