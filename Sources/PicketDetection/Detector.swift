package import PicketEvents
package import PicketProfiles

/// Evaluates security profiles over a stream of events: a pure function of the order of the log (DESIGN §2).
///
/// Everything that detection may know comes in through ``step(_:rows:into:)`` and ``step(_:feed:into:)``; it reads no
/// clock, no file and no chance. The live daemon, a replay and a test of a profile drive this one type, and the same
/// records in the same order give the same violations, whatever the size of the batches.
package struct Detector: Sendable {
    let plan: DetectionPlan
    var watermarks = Watermarks()
    /// By space.
    var subjects: [SubjectTable]
    var aggregates: [Aggregate]
    /// By rule.
    var states: [RuleState]
    /// By rule, the clock that its behavior follows.
    var clockOfRule: [Int] = []
    /// By aggregate, its clock.
    var clockOfAggregate: [Int] = []
    /// By rule: the engine time of the pane in which its behavior was loaded.
    var loadedSince: [Int64]
    /// Stretches in which a feed was not seen.
    var gaps = GapList()
    /// Devices that mitigation moved into groups or out of them, and when last: before that nothing was counted for
    /// profiles that mean them since.
    var moved: [String: Int64] = [:]
    /// What people said is not to be acted on for a while.
    var silences = Silences()
    /// Changes that are not written out yet, all caused by the record at hand.
    var pending: [Transition] = []
    /// By space: the subject of the event at hand, -1 when it names none.
    var subjectsAtHand = InlineArray<16, Int>(repeating: -1)
    /// By space: the subject of each event of the rows at hand, -1 where an event names none.
    var resolved: [[Int32]]
    /// By space: the networks of the addresses that were seen.
    var networks: [NetworkMemory]
    /// What filters said of texts that were seen.
    var filters: FilterMemory
    /// Which devices are meant by the profiles' targets.
    var targets: TargetMemory
    /// The report at hand.
    var report: ReportValues
    /// By device: 1 in a session in which nothing was said yet, 2 in one with traffic, 0 in none.
    var sessions: [UInt8] = []
    /// The devices of the fleet file, as subjects.
    var registered: Set<Int> = []
    /// Devices of the fleet file that become known with the next event, because nothing said yet what time it is.
    var unregistered: [String]
    /// By gate of the plan: whether it was open before the event at hand.
    var gatesAtHand: [Bool]
    /// Rules that wait for time: those about seconds that pass, and about absent events.
    let waitingRules: [Int]
    /// Keeps the compiler from leaving out the looks that fetch memory ahead.
    var touched: Int64 = 0
    /// Subjects got new numbers while an event was handled.
    var wasRenumbered = false
    /// The least watermark of all clocks at which anything must be looked at or forgotten.
    var nextForget = Int64.max
    /// What was counted.
    package internal(set) var statistics = Statistics()
    /// The most subjects of one kind before those least recently seen give way.
    let subjectLimit: Int

    /// What detection saw.
    package struct Statistics: Sendable, Equatable {
        package var events = 0
        package var rejected = 0
        package var late = 0
        /// Subjects dropped because there were too many.
        package var evicted = 0
    }

    /// The greatest lateness that the panes are laid out for, in milliseconds. More is right, and slower.
    static let expectedLateness: Int64 = 10_000

    /// A detector that has seen nothing.
    ///
    /// - Parameters:
    ///   - fleet: what the fleet file says.
    ///   - subjectLimit: the most subjects of one kind.
    package init(
        profiles: [SecurityProfile], fleet: FleetView = .none, subjectLimit: Int = Limits.unregisteredSubjects
    ) {
        self.init(profiles: profiles, fleet: fleet, subjectLimit: subjectLimit, loadedSince: .min)
    }

    /// - Parameter loadedSince: when the behaviors were loaded; `Int64.min` for before everything.
    init(profiles: [SecurityProfile], fleet: FleetView, subjectLimit: Int, loadedSince: Int64) {
        plan = DetectionPlan(profiles: profiles)
        subjects = Array(repeating: SubjectTable(), count: plan.spaces.count)
        resolved = Array(repeating: [], count: plan.spaces.count)
        networks = Array(repeating: NetworkMemory(), count: plan.spaces.count)
        filters = FilterMemory(plan.filters)
        targets = TargetMemory(plan.targets, fleet: fleet)
        report = ReportValues(plan.reportMetrics)
        unregistered = fleet.devices.keys.sorted()
        aggregates = plan.shapes.map { Aggregate(shape: $0, lateness: Detector.expectedLateness) }
        states = Array(repeating: RuleState(), count: plan.rules.count)
        gatesAtHand = Array(repeating: false, count: plan.gates.count)
        waitingRules = plan.waitingRules
        self.loadedSince = Array(repeating: loadedSince, count: plan.rules.count)
        self.subjectLimit = subjectLimit
        regroup()
    }

    /// The subjects known of `kind`.
    package func knownSubjects(_ kind: SubjectKind) -> Int {
        plan.spaces.indices.reduce(0) { $0 + (plan.spaces[$1].kind == kind ? subjects[$1].known : 0) }
    }

    /// The violations that are open now.
    package var openViolations: Int { states.reduce(0) { $0 + $1.openCount } }

    /// The names of the feeds that were opened and have not ended: time waits for them.
    package var openFeeds: [String] { watermarks.feeds.filter(\.isOpen).map(\.name) }

    /// `received` of the newest event of `feed`, also of an earlier run; nil when it has brought none.
    package func lastReceived(of feed: FeedID) -> Int64? {
        guard Int(feed.index) < watermarks.feeds.count else { return nil }
        let received = watermarks.feeds[Int(feed.index)].lastReceived
        return received == .min ? nil : received
    }

    /// Whether a record received at `received` would let time reach something that waits for it: the end of a window,
    /// or the moment at which a subject is forgotten. Only then is a tick worth a record.
    package func wouldWake(_ received: Int64) -> Bool {
        var watermarks = watermarks
        return watermarks.advanceAll(received: received) || watermarks.least >= nextForget
    }

    /// Puts every rule under the clock of the feeds that can provide it.
    mutating func regroup() {
        // Without a rule there is still time, and lateness.
        let kinds = plan.rules.map { waited($0) }
        watermarks.group(plan.rules.isEmpty ? [EventKindSet(rawValue: .max)] : kinds)
        findClocks()
        for clock in watermarks.clocks.indices { updateNextWork(clock) }
    }

    /// Finds the clocks of rules and aggregates among those there are.
    mutating func findClocks() {
        clockOfRule = plan.rules.map { watermarks.clock(of: waited($0)) }
        clockOfAggregate = plan.shapes.map { watermarks.clock(of: waited($0.kinds, space: $0.space)) }
    }

    /// The kinds of events that a rule waits for. What is absent in one feed may still come, be it with an audit trail that is a
    /// quarter of an hour late.
    private func waited(_ rule: Rule) -> EventKindSet {
        waited(rule.kinds, space: rule.space).union(rule.companionKinds)
    }

    /// The kinds of events that an aggregate waits for. An audit trail names no device, so a rule on devices does not wait for it,
    /// unless it looks at nothing else.
    private func waited(_ kinds: EventKindSet, space: Int) -> EventKindSet {
        guard plan.spaces[space].kind == .device else { return kinds }
        let own = kinds.subtracting(Detector.nameless)
        return own.isEmpty ? kinds : own
    }

    /// Kinds of events that name no device where nothing else in their feed does.
    private static let nameless = EventKindSet(.user, .broker, .rejected)

    /// Takes one of Picket's own records that detection has to know.
    ///
    /// - Parameter feed: the feed that a feed record is about.
    package mutating func step(_ control: ControlRecord, feed: FeedID?, into violations: inout [Violation]) {
        switch control {
        case .feed(let record):
            guard let feed else { return }
            switch record.state {
            case .opened:
                let format = record.format ?? ""
                watermarks.open(
                    feed, name: record.name, mode: record.mode ?? .live, lateness: record.lateness ?? 10_000,
                    provides: FeedKinds.provided(byFormat: format))
                regroup()
            case .ended:
                watermarks.close(feed)
                if record.mode == .replay, !watermarks.feeds.contains(where: { $0.isOpen }) {
                    flush()
                } else {
                    advance(received: record.received)
                }
            case .position:
                // Says where reading stands; when it is written has nothing to do with what the feeds said.
                break
            }
        case .tick(let record):
            advance(received: record.received)
        case .gap(let record):
            take(record)
        case .profile:
            break
        case .silence(let record):
            silences.take(record)
        case .verdict(let record):
            take(record)
        case .membership(let record):
            take(record)
        }
        write(&violations)
    }
}
