package import PicketEvents

/// What is to be done, what waits for a person, and what was done: a pure function of the records, so that a start reads
/// it from the log. It reads no clock and does nothing itself.
package struct Outbox: Sendable {
    /// By request id.
    package private(set) var intents: [String: Intent] = [:]
    /// Request ids in the order of their records.
    package private(set) var order: [String] = []
    /// Request ids by violation, in their order: a fleet-wide alarm has tens of thousands, and each asks for its own only.
    private var ofViolation: [String: [String]] = [:]
    /// Violations of which something has changed since ``takeDue()``.
    private var changed: Set<String> = []
    /// Intents that follow from a person's decision and have no record of their own yet: a crash came between the two.
    package private(set) var unrecorded: Set<String> = []
    /// A person has stopped all mitigation.
    package private(set) var isHeld = false
    /// When a person let it go on last, Unix milliseconds: before that nobody was asked to decide.
    package private(set) var resumedAt: Int64 = 0
    /// Where mitigation put devices, over what the fleet file says: by the device, a space and the group.
    private var memberships: [String: Bool] = [:]
    /// When a harmful step was begun for a device, newest last: what limits and cool-downs count.
    var acts: [(device: String, playbook: String, violation: String, at: Int64)] = []

    /// How many intents were not at their end, or bound, when somebody looked last: those are not looked at again for each.
    private var bound = 0
    /// Finished intents that are kept in memory; all of them are in the log.
    private static let mostKept = 10_000
    /// So many more, before the oldest are forgotten together: looking for them takes time.
    private static let keptLeeway = 1_000
    /// The longest time a limit looks back, in milliseconds (``Playbook/Limits/perSeconds`` is at most a week).
    private static let longestLookBack: Int64 = 7 * 86_400_000

    /// Whether old intents are forgotten; whoever reads a log to show it forgets none.
    private var forgets = true

    /// - Parameter forgets: whether what is at its end is forgotten some day.
    package init(forgets: Bool = true) { self.forgets = forgets }

    /// Takes back what another intent did, because a person wants it; nil when there is nothing to take back.
    ///
    /// It counts as decided: the caller makes it durable.
    package mutating func undo(_ id: String, received: Int64) -> MitigationRecord? {
        let before = unrecorded
        guard apply(operator: "undo", mitigation: id, received: received) == nil,
            let new = unrecorded.subtracting(before).first.flatMap({ intents[$0] })
        else { return nil }
        return .intent(new)
    }

    mutating func record(_ intent: Intent, _ received: Int64) -> MitigationRecord {
        var intent = intent
        intent.at = received
        intent.begunAt = received
        let record = MitigationRecord.intent(intent)
        apply(record, received: received)
        return record
    }

    // MARK: Remembering

    /// A record that is in the log.
    package mutating func apply(_ record: MitigationRecord, received: Int64) {
        switch record {
        case .intent(let intent):
            unrecorded.remove(intent.id)
            guard intents[intent.id] == nil else { return }
            intents[intent.id] = intent
            order.append(intent.id)
            ofViolation[intent.violation, default: []].append(intent.id)
            changed.insert(intent.violation)
            if intent.state == .running || intent.then == .running { note(intent, received) }
            forget(received)
        case .outcome(let id, _, let state, _):
            intents[id]?.state = state
            intents[id]?.endedAt = received
            guard let ended = intents[id] else { return }
            changed.insert(ended.violation)
            if state.callsForMore, ended.isOfPlaybook { wake(ended, received) }
        case .fact(let id, _, Intent.startedFact, true, _): intents[id]?.isStarted = true
        case .fact(let id, _, Intent.beforeFact, true, let state?): intents[id]?.before.insert(state)
        case .fact(let id, _, _, true, _): intents[id]?.hasActed = true
        case .membership(let record):
            memberships["\(record.device) \(record.group)"] = record.isMember
            intents[record.mitigation]?.hasActed = true
        case .fact, .alarm: break
        }
    }

    /// What a person decided.
    ///
    /// - Returns: why it makes no sense; nil when it was taken.
    @discardableResult
    package mutating func apply(operator action: String, mitigation id: String?, by: String = "", received: Int64)
        -> String?
    {
        switch action {
        case "stop": isHeld = true
        case "resume":
            (isHeld, resumedAt) = (false, received)
            changed.formUnion(ofViolation.keys)
        case "undo":
            guard let id,
                let undo = intents[id].flatMap({ undoing($0, at: received, why: "a person takes back \(id)") })
            else { return "there is nothing to undo in \(id ?? "")" }
            apply(.intent(undo), received: received)
            unrecorded.insert(undo.id)
        case "approve", "reject":
            guard let id, let intent = intents[id] else { return "there is no mitigation \(id ?? "")" }
            // Whoever stopped everything may say of what was under way that it is not to go on.
            let isHeldBack = isHeld && action == "reject" && !intent.state.isFinal
            guard intent.state == .waiting || isHeldBack else {
                return "\(id) is \(intent.state.rawValue), it does not wait"
                    + (intent.state == .running && !isHeld
                        ? "; picket mitigation stop holds it, then it can be rejected" : "")
            }
            changed.insert(intent.violation)
            if action == "approve" {
                guard !intent.approvedBy.contains(by) else { return "\(by) has approved it; another person has to" }
                intents[id]?.approvedBy.insert(by)
                guard intent.approvedBy.count + 1 >= intent.approvers else { return nil }
                intents[id]?.state = .running
                intents[id]?.begunAt = received
                note(intent, received)
            } else {
                intents[id]?.state = .rejected
                intents[id]?.endedAt = received
                for other in notNeeded(with: intent) { intents[other.id]?.state = .notNeeded }
            }
        default: break
        }
        return nil
    }

    /// What else becomes true with a record, to be made durable with it: what was to be done only if something failed is
    /// not needed when nothing did.
    package func consequences(of record: MitigationRecord) -> [MitigationRecord] {
        guard case .outcome(let id, _, let state, _) = record, !state.callsForMore, let ended = intents[id],
            ended.isOfPlaybook
        else { return [] }
        let chosen = state == .done ? siblings(of: ended).filter { $0.state == .waiting } : []
        let gone = Set(chosen.map(\.id))
        return chosen.map {
            .outcome(
                id: $0.id, device: $0.device, state: .notNeeded,
                note: "a person chose another certificate of the device")
        }
            + notNeeded(with: ended, and: gone).map {
                .outcome(id: $0.id, device: $0.device, state: .notNeeded, note: "nothing before it failed")
            }
    }

    /// The same step for other certificates of the device.
    private func siblings(of intent: Intent) -> [Intent] {
        family(of: intent).filter { $0.index == intent.index && $0.id != intent.id && $0.isOfPlaybook }
    }

    /// What nobody will call upon any more when `ended` is at its end.
    ///
    /// - Parameter gone: those that are at their end with it.
    private func notNeeded(with ended: Intent, and gone: Set<String> = []) -> [Intent] {
        let others = family(of: ended).filter { $0.id != ended.id && !gone.contains($0.id) && $0.isOfPlaybook }
        return others.allSatisfy { $0.state == .dormant || $0.state.isFinal }
            ? others.filter { $0.state == .dormant } : []
    }

    /// Something failed: what waited for that is due, or waits for a person now.
    private mutating func wake(_ ended: Intent, _ received: Int64) {
        for other in family(of: ended) where other.state == .dormant {
            intents[other.id]?.state = other.then ?? .waiting
            intents[other.id]?.begunAt = received
        }
    }

    /// Whether mitigation moved the device into the group, or out of it; nil when it did neither.
    package func isMoved(_ device: String, into group: String) -> Bool? { memberships["\(device) \(group)"] }

    /// All intents of the same playbook for the same violation, in the order of their steps.
    package func family(of intent: Intent) -> [Intent] {
        all(of: intent.violation).filter { $0.playbook == intent.playbook }
    }

    /// All intents for a violation, in their order.
    func all(of violation: String) -> [Intent] { (ofViolation[violation] ?? []).compactMap { intents[$0] } }

    /// How waiting for the acknowledgement of the commands before `wait` ends; nil while one is under way. Where a guard rail
    /// or a person kept every command back there is nothing to wait for, and nothing that calls for more.
    package func acknowledgement(before wait: Intent) -> (state: Intent.State, note: String)? {
        let commands = family(of: wait).filter { $0.index < wait.index && $0.step == "command" }
        if commands.contains(where: { $0.state == .running }) { return nil }
        let sent = commands.filter { $0.state == .done || $0.state.callsForMore }
        if sent.isEmpty { return (.notNeeded, "no command was sent") }
        return sent.allSatisfy { $0.state == .done } ? (.done, "acknowledged") : (.failed, "a command failed")
    }

    /// Why a decision makes no sense now; nil when it does.
    package func objection(to action: String, mitigation id: String, by: String = "") -> String? {
        var copy = self
        return copy.apply(operator: action, mitigation: id, by: by, received: 0)
    }

    private mutating func note(_ intent: Intent, _ received: Int64) {
        guard !intent.isHarmless else { return }
        acts.append((intent.device, intent.playbook, intent.violation, received))
    }

    private mutating func forget(_ received: Int64) {
        if let first = acts.first, received - first.at > Outbox.longestLookBack {
            acts.removeAll { received - $0.at > Outbox.longestLookBack }
        }
        guard forgets, order.count - bound > Outbox.mostKept + Outbox.keptLeeway else { return }
        // What is not at its end stays, however old, and holds up nobody; and so does what somebody may have to take back.
        let old = order.filter { intents[$0].map { $0.state.isFinal && !isBound($0) } ?? true }
        bound = order.count - old.count
        let gone = Set(old.prefix(max(old.count - Outbox.mostKept, 0)))
        guard !gone.isEmpty else { return }
        order.removeAll { gone.contains($0) }
        for id in gone {
            guard let violation = intents.removeValue(forKey: id)?.violation else { continue }
            ofViolation[violation]?.removeAll { $0 == id }
            if ofViolation[violation]?.isEmpty ?? false { ofViolation[violation] = nil }
        }
    }

    /// Whether something may still follow from an intent that is at its end: it can be taken back, or somebody was told that
    /// it began and waits to be told that it is over.
    private func isBound(_ intent: Intent) -> Bool {
        if intent.step == "notify", intent.state == .done {
            return !all(of: intent.violation).contains { $0.isResolve && $0.index == intent.index }
        }
        return canBeTakenBack(intent)
    }

    /// The intents that are to be done now, in their order; none while everything is held.
    package var due: [Intent] { isHeld ? [] : begun }

    /// Those among ``due`` that may be new since the last call.
    package mutating func takeDue() -> [Intent] {
        guard !isHeld else { return [] }
        defer { changed = [] }
        return changed.flatMap { turns(all(of: $0)) }.sorted { $0.at < $1.at }
    }

    /// The intents whose turn it is, whether everything is held or not.
    package var begun: [Intent] { turns(order.compactMap { intents[$0] }) }

    /// A step waits for the ones before it in its playbook, except for those that stand beside the others. Waiting itself
    /// begins when a person has decided on the steps before it: what nobody allowed yet cannot be seen, and is no reason to
    /// call for more.
    private func turns(_ intents: [Intent]) -> [Intent] {
        var isHeldUp: Set<[String]> = []
        return intents.filter { intent in
            guard intent.state == .running else { return false }
            if !intent.isOfPlaybook { return true }
            let key = [intent.violation, intent.playbook]
            if isHeldUp.contains(key) { return false }
            if !Playbook.Step.isBeside.contains(intent.step) { isHeldUp.insert(key) }
            return intent.step != Playbook.Step.waitName
                || !family(of: intent).contains { $0.index < intent.index && $0.state == .waiting }
        }
    }
}

extension Outbox: StateCoded {
    /// They follow from the others.
    package static let rebuilt = ["ofViolation", "changed", "forgets"]

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("intents", &intents)
        try coder.field("order", &order)
        try coder.field("isHeld", &isHeld)
        try coder.field("resumedAt", &resumedAt)
        try coder.field("unrecorded", &unrecorded)
        try coder.field("memberships", &memberships)
        try coder.field("bound", &bound)
        try coder.field("acts") { coder in
            try coder.code(list: &acts, blank: ("", "", "", 0)) { act, coder in
                try act.device.code(&coder)
                try act.playbook.code(&coder)
                try act.violation.code(&coder)
                try act.at.code(&coder)
            }
        }
        guard coder.isReading else { return }
        ofViolation = [:]
        for id in order {
            guard let violation = intents[id]?.violation else { continue }
            ofViolation[violation, default: []].append(id)
        }
        changed = Set(ofViolation.keys)
    }
}
