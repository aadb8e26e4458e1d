import PicketEvents
import PicketLocks
package import PicketMitigation
import PicketProfiles

/// Where the pipeline and the mitigator meet: the pipeline tells it what is in the log and asks what a violation causes,
/// the mitigator takes what is to be done.
package final class MitigationDesk: Sendable {
    private struct State {
        var outbox: Outbox
        var sessions = SessionTable()
        /// The behaviors in force, by `profile/behavior`.
        var behaviors: [String: Behavior] = [:]
        var registered = 0
        /// The playbooks in force, and the devices that the fleet file protects.
        var set: PlaybookSet
        var protected: [String] = []
        /// What was handed out already.
        var taken: Set<String> = []
        /// Programs that were started in this run, or are about to be.
        var started: Set<String> = []
        /// What was decided and is not durable yet: nobody acts on it before it is.
        var unwritten: Set<String> = []
        /// What was due while it was not durable.
        var deferred: [Intent] = []
        /// The newest transitions of violations that caused something, for whoever is told of them.
        var violations: [String: Violation] = [:]
        /// Commands whose answers the broker's records are to prove, by request id and broker.
        var watches: [String: CommandWatch] = [:]
        /// Devices that are watched for messages that pass, and how many did.
        var publishes: [String: Int] = [:]
        /// The users that devices log in as.
        var user: @Sendable (String) -> String = { $0 }
        /// Whether the fleet file has a device in a group.
        var isInFleetGroup: @Sendable (String, String) -> Bool = { _, _ in false }
        /// What is wrong with brokers.
        var alarms: Set<BrokerTrouble> = []
        /// Devices whose password proves them: the fleet file binds them to their users.
        var isBoundToUser: @Sendable (String) -> Bool = { _ in false }

        mutating func noteUnwritten(_ records: [MitigationRecord]) {
            for case .intent(let intent) in records { unwritten.insert(intent.id) }
        }
    }

    /// Violations that are remembered; those of the last seconds are asked for.
    private static let mostViolations = 20_000

    /// As whom Picket itself speaks to brokers: nothing is ever done to those.
    private let ownNames: [String]
    /// The names of feeds, by their numbers.
    private let feeds: [String]
    private let state: Locked<State>
    private let wakes: AsyncStream<Void>.Continuation
    /// Comes whenever there may be something to do.
    let work: AsyncStream<Void>

    /// - Parameters:
    ///   - outbox: as the log left it.
    ///   - sessions: who was seen with which certificate, as the log left it.
    ///   - feeds: the names of the configured feeds, by their numbers.
    ///   - ownNames: as whom Picket itself speaks to brokers, with `*` as a wildcard.
    package init(
        playbooks: PlaybookSet, outbox: Outbox, sessions: SessionTable = SessionTable(), feeds: [String] = [],
        ownNames: [String] = []
    ) {
        self.ownNames = ownNames
        self.feeds = feeds
        state = Locked(State(outbox: outbox, sessions: sessions, set: playbooks))
        (work, wakes) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The profiles and the fleet in force.
    func putInForce(_ profiles: [SecurityProfile], fleet: Fleet) {
        var found: [String: Behavior] = [:]
        for profile in profiles {
            for behavior in profile.behaviors { found["\(profile.name)/\(behavior.name)"] = behavior }
        }
        let behaviors = found
        let view = fleet.view
        state.withLock { state in
            state.behaviors = behaviors
            state.registered = fleet.devices.count
            state.isBoundToUser = { fleet.bindsUser(of: $0) }
            state.user = { fleet.devices[$0]?.user ?? $0 }
            state.protected = fleet.protected
            state.isInFleetGroup = { view.devices[$0]?.groups.contains($1) ?? false }
        }
    }

    /// Other playbooks. What is under way and has no such step any more fails with that reason.
    func putInForce(_ playbooks: PlaybookSet) { state.withLock { $0.set = playbooks } }

    /// Events that are in the log. Without a playbook nobody asks for sessions.
    func observe(_ batch: borrowing EventBatch, rows: Range<Int>) {
        state.withLock { state in
            guard !state.set.playbooks.isEmpty else { return }
            state.sessions.observe(batch, rows: rows)
            for watch in state.watches.values { watch.observe(batch, rows: rows) }
            guard !state.publishes.isEmpty else { return }
            for row in rows where batch.head[row].kind == .publish {
                guard let device = batch.string(batch.names[row].device), state.publishes[device] != nil else {
                    continue
                }
                state.publishes[device, default: 0] += 1
            }
        }
    }

    /// From now on a command is told what the broker records of its answers.
    func watch(_ intent: Intent, on broker: String, with watch: CommandWatch) {
        state.withLock { $0.watches["\(intent.id) \(broker)"] = watch }
    }

    func stopWatching(_ intent: Intent, on broker: String) {
        state.withLock { $0.watches["\(intent.id) \(broker)"] = nil }
    }

    /// The number of a configured feed; nil when there is none of that name.
    func feed(named name: String?) -> FeedID? { feeds.firstIndex { $0 == name }.map { FeedID($0) } }

    func isBoundToUser(_ device: String) -> Bool { state.withLock { $0.isBoundToUser(device) } }

    /// The user that a device logs in as.
    func user(of device: String) -> String { state.withLock { $0.user(device) } }

    /// Whether a device is in a group: by the fleet file, or because mitigation moved it.
    func isMember(_ device: String, of group: String) -> Bool {
        state.withLock { $0.outbox.isMoved(device, into: group) ?? $0.isInFleetGroup(device, group) }
    }

    /// How many messages of a device the brokers let pass in that time.
    func publishes(of device: String, forSeconds seconds: Int) async throws -> Int {
        state.withLock { $0.publishes[device] = 0 }
        defer { state.withLock { $0.publishes[device] = nil } }
        try await Task.sleep(for: .seconds(seconds))
        return state.withLock { $0.publishes[device] ?? 0 }
    }

    func isGone(_ device: String, since time: Int64) -> Bool {
        state.withLock { $0.sessions.isGone(device, since: time) }
    }

    /// As ``Outbox/acknowledgement(before:)``.
    func acknowledgement(before wait: Intent) -> (state: Intent.State, note: String)? {
        state.withLock { $0.outbox.acknowledgement(before: wait) }
    }

    /// The lines of the intents that violations cause, to be made durable in one frame with them.
    func intents(of violations: [Violation], received: Int64) -> [[UInt8]] {
        state.withLock { state in
            violations.flatMap { violation -> [[UInt8]] in
                let behavior = state.behaviors["\(violation.profile)/\(violation.behavior)"]
                let name = behavior?.playbook
                // What was told is taken back, also where the playbook has gone since.
                guard let name = name ?? (violation.event == .inAlarm ? nil : "") else { return [] }
                var set = state.set
                set.protected += state.protected + ownNames
                let certificates = state.sessions.certificates(
                    of: violation.subject, since: MitigationDesk.began(violation, behavior), feeds: feeds)
                let records = state.outbox.consider(
                    violation, playbook: name, in: set, certificates: certificates,
                    user: state.isBoundToUser(violation.subject) ? state.user(violation.subject) : nil,
                    address: state.sessions.address(for: violation.subject), registered: state.registered,
                    received: received)
                guard !records.isEmpty else { return [] }
                if state.violations.count >= MitigationDesk.mostViolations { state.violations.removeAll() }
                state.violations[violation.id] = violation
                state.noteUnwritten(records)
                return records.map { $0.line(received: received) }
            }
        }
    }

    /// From when on an event may have counted in a violation that begins, in Unix milliseconds.
    private static func began(_ violation: Violation, _ behavior: Behavior?) -> Int64 {
        guard let behavior else { return violation.time }
        let windows = Int64(behavior.duration ?? 0) * Int64(max(behavior.datapointsToAlarm, 1))
        return violation.time - windows * 1_000
    }

    /// What was decided is durable now, and may be done.
    func written() {
        state.withLock { $0.unwritten = [] }
        wakes.yield()
    }

    /// There may be something to do.
    func wake() { wakes.yield() }

    /// Nothing more will come.
    func finish() { wakes.finish() }

    /// Why a decision makes no sense; nil when it does.
    func objection(to action: String, _ id: String, by user: String) -> String? {
        state.withLock { $0.outbox.objection(to: action, mitigation: id, by: user) }
    }

    /// A decision that is in the log.
    ///
    /// - Returns: the line of an intent that it causes.
    func decided(_ action: String, _ id: String?, by user: String, received: Int64) -> [UInt8]? {
        let record = state.withLock { state -> MitigationRecord? in
            if action == "undo", let id {
                let record = state.outbox.undo(id, received: received)
                state.noteUnwritten(record.map { [$0] } ?? [])
                return record
            }
            state.outbox.apply(operator: action, mitigation: id, by: user, received: received)
            return nil
        }
        return record?.line(received: received)
    }

    /// What else is to be recorded with a record.
    func consequences(of record: MitigationRecord) -> [MitigationRecord] {
        state.withLock { $0.outbox.consequences(of: record) }
    }

    /// Whether time alone has changed something, and what.
    func isAged(at now: Int64) -> Bool { !aged(at: now).isEmpty }

    func aged(at now: Int64) -> [MitigationRecord] { state.withLock { $0.outbox.aged(at: now) } }

    /// A record that is in the log. What it makes due is handed out.
    func recorded(_ record: MitigationRecord, received: Int64) {
        state.withLock { state in
            state.outbox.apply(record, received: received)
            guard case .alarm(let broker, let alarm, let isRaised, _) = record else { return }
            let trouble = BrokerTrouble(broker: broker, alarm: alarm)
            if isRaised { state.alarms.insert(trouble) } else { state.alarms.remove(trouble) }
        }
        if case .outcome = record { wake() }
    }

    func isRaised(_ alarm: BrokerAlarm, _ broker: String) -> Bool {
        state.withLock { $0.alarms.contains(BrokerTrouble(broker: broker, alarm: alarm)) }
    }

    /// What is wrong with brokers now.
    var alarms: Set<BrokerTrouble> { state.withLock { $0.alarms } }

    /// How many mitigations are in which state.
    var counts: [Intent.State: Int] {
        state.withLock { Dictionary(grouping: $0.outbox.intents.values, by: \.state).mapValues(\.count) }
    }

    /// What is to be done, is durable and was not handed out before.
    func take() -> [Intent] {
        state.withLock { state in
            let due = state.deferred.filter { state.outbox.intents[$0.id]?.state == .running } + state.outbox.takeDue()
            state.deferred = due.filter { state.unwritten.contains($0.id) }
            let intents = due.filter { !state.unwritten.contains($0.id) && !state.taken.contains($0.id) }
            state.taken.formUnion(intents.map(\.id))
            return intents
        }
    }

    /// Another mitigation that keeps what an undo would take back; nil when there is none.
    func alsoInForce(with undo: Intent, group: String? = nil) -> Intent? {
        state.withLock { $0.outbox.alsoInForce(with: undo, group: group) }
    }

    /// As ``Outbox/was(_:at:beforeOthersOf:group:)``.
    func was(_ before: String, at place: String, beforeOthersOf intent: Intent, group: String? = nil) -> Bool? {
        state.withLock { $0.outbox.was(before, at: place, beforeOthersOf: intent, group: group) }
    }

    /// Whether a program may be started: nobody has stopped everything, and it was not started before. What a stop took back
    /// is handed out again, perhaps while the one who had it first has not looked yet.
    func mayStart(_ id: String) -> Bool {
        state.withLock { !$0.outbox.isHeld && $0.started.insert(id).inserted }
    }

    /// Whether a person let everything go on after that time.
    func wasHeld(since time: Int64) -> Bool { state.withLock { $0.outbox.resumedAt >= time } }

    /// Whether a person has stopped everything.
    var isHeld: Bool { state.withLock { $0.outbox.isHeld } }

    /// Takes back what was handed out and has no outcome: its turn comes again when it goes on. Programs that were started
    /// are nobody's to take back.
    func takeBack() {
        state.withLock { state in
            state.deferred = []
            let intents = state.taken.compactMap { state.outbox.intents[$0] }.filter {
                $0.state == .running && ($0.step != Playbook.Step.runName || !$0.isStarted)
            }
            state.taken.subtract(intents.map(\.id))
        }
    }

    func connects(with serial: String) -> Int { state.withLock { $0.sessions.connects(with: serial) } }

    /// How often the device came in by its password.
    func connectsByPassword(of device: String) -> Int {
        state.withLock { $0.sessions.connectsByPassword(of: device) }
    }

    /// How often somebody was refused in the name of the device.
    func refusals(of device: String) -> Int { state.withLock { $0.sessions.refusals(of: device) } }

    /// The step of an intent; nil when the playbook has changed since.
    func step(of intent: Intent) -> Playbook.Step? {
        guard let steps = state.withLock({ $0.set.playbooks[intent.playbook]?.allSteps }),
            steps.indices.contains(intent.index), steps[intent.index].name == intent.playbookStep,
            intent.fingerprint == nil || intent.fingerprint == steps[intent.index].fingerprint
        else { return nil }
        return steps[intent.index]
    }

    /// The newest transition of a violation that caused something lately.
    func violation(_ id: String) -> Violation? { state.withLock { $0.violations[id] } }

    /// A behavior in force, by `profile/behavior`.
    func behavior(_ name: String) -> Behavior? { state.withLock { $0.behaviors[name] } }

    /// Notifications that were delivered and not taken back.
    var told: [Intent] {
        state.withLock { state in
            let notifications = state.outbox.intents.values.filter { $0.playbookStep == "notify" }
            let over = Set(notifications.filter(\.isResolve).map(\.violation))
            return notifications.filter { $0.state == .done && !$0.isResolve && !over.contains($0.violation) }
        }
    }
}

/// One thing that is wrong with one broker.
struct BrokerTrouble: Hashable, Sendable {
    var broker: String
    var alarm: BrokerAlarm
}
