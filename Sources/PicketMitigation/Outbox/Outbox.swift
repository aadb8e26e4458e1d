package import PicketEvents
import PicketProfiles

/// What is to be done, what waits for a person, and what was done: a pure function of the records, so that a start reads
/// it from the log. It reads no clock and does nothing itself.
package struct Outbox: Sendable {
    /// By request id.
    package private(set) var intents: [String: Intent] = [:]
    /// Request ids in the order of their records.
    package private(set) var order: [String] = []
    /// A person has stopped all mitigation.
    package private(set) var isHeld = false
    /// When a harmful step was begun for a device, newest last: what limits and cool-downs count.
    private var acts: [(device: String, playbook: String, violation: String, at: Int64)] = []

    /// Finished intents that are kept in memory; all of them are in the log.
    private static let mostKept = 10_000
    /// The longest time a limit looks back, in milliseconds (``Playbook/Limits/perSeconds`` is at most a week).
    private static let longestLookBack: Int64 = 7 * 86_400_000

    package init() {}

    // MARK: Deciding

    /// The intents that a violation causes. They count as recorded: the caller makes them durable, with the violation.
    ///
    /// - Parameters:
    ///   - name: the playbook that the behavior names.
    ///   - serial: of the certificate that was last seen on a session of the device.
    ///   - address: from where somebody else may have spoken in its name.
    ///   - registered: how many devices the fleet file registers.
    package mutating func consider(
        _ violation: Violation, playbook name: String, in set: PlaybookSet, serial: String?, address: String?,
        registered: Int, received: Int64
    ) -> [MitigationRecord] {
        guard violation.event == .inAlarm, !violation.isSuppressed, violation.excepted == nil else { return [] }
        guard let playbook = set.playbooks[name] else {
            let missing = intent(violation, name, 0, "none", serial, .refused, "there is no playbook named \(name)")
            return [record(missing, received)]
        }
        guard let level = Levels.rank(violation.severity), let least = Levels.rank(playbook.severity.rawValue),
            level >= least
        else { return [] }
        return playbook.steps.enumerated().map { index, step in
            var (state, why, proposes) = decide(
                violation, playbook, step, set, serial: serial, address: address, registered: registered, received)
            if playbook.mode == .observe, state != .refused {
                (state, why, proposes) = (.observed, "the playbook only observes; otherwise: \(why)", proposes)
            }
            var intent = intent(violation, name, index, step.name, serial, state, why)
            intent.proposes = proposes
            return record(intent, received)
        }
    }

    /// What the guard rails say of a step, in the order of DESIGN §7: first what is never done, then what a person decides.
    private func decide(
        _ violation: Violation, _ playbook: Playbook, _ step: Playbook.Step, _ set: PlaybookSet, serial: String?,
        address: String?, registered: Int, _ received: Int64
    ) -> (Intent.State, String, proposes: String?) {
        if let problem = SafeName.problem(violation.subject) { return (.refused, problem, nil) }
        guard step.isHarmful else {
            return isHeld ? (.waiting, "mitigation is stopped", nil) : (.running, "harmless", nil)
        }
        guard violation.subjectKind == .device else {
            return (.refused, "\(step.name) has no meaning for a \(violation.subjectKind.rawValue)", nil)
        }
        if set.protects(violation.subject) { return (.refused, "the device is protected", nil) }
        if let act = acts.last(where: { $0.device == violation.subject && $0.playbook == playbook.name }),
            act.violation != violation.id, received - act.at < Int64(playbook.coolDownSeconds) * 1_000
        {
            return (.refused, "the playbook acted on the device less than \(playbook.coolDownSeconds) s ago", nil)
        }
        if let doubt = doubt(violation, step, serial) {
            return (.waiting, doubt, address.map { "block the address \($0)" })
        }
        if isHeld { return (.waiting, "mitigation is stopped", nil) }
        if playbook.mode == .approve { return (.waiting, "the playbook asks for approval", nil) }
        let since = received - Int64(playbook.limits.perSeconds) * 1_000
        let touched = Set(acts.filter { $0.at > since && $0.playbook == playbook.name }.map(\.device))
        let most = playbook.limits.most(registered: registered)
        if !touched.contains(violation.subject), touched.count >= most {
            return (
                .waiting, "beyond the blast radius: \(touched.count) devices in \(playbook.limits.perSeconds) s", nil
            )
        }
        return (.running, "within the limits", nil)
    }

    /// Why it is not sure enough that the device itself did it.
    private func doubt(_ violation: Violation, _ step: Playbook.Step, _ serial: String?) -> String? {
        if violation.evidence != .broker { return "the evidence is the device's own word" }
        if violation.identity != .certificate {
            return "not every event that counted was proved by a certificate: somebody may have spoken in its name"
        }
        if case .cutOff = step, serial == nil { return "the certificate of the violating session was not seen" }
        return nil
    }

    private func intent(
        _ violation: Violation, _ playbook: String, _ index: Int, _ step: String, _ serial: String?,
        _ state: Intent.State, _ why: String
    ) -> Intent {
        Intent(
            id: Intent.id(violation: violation.id, playbook: playbook, index: index, step: step),
            violation: violation.id, behavior: "\(violation.profile)/\(violation.behavior)",
            severity: violation.severity, playbook: playbook, index: index, step: step, device: violation.subject,
            serial: serial, state: state, why: why, proposes: nil)
    }

    /// The intent that takes back what another did; nil when there is nothing to take back.
    package mutating func undo(_ id: String, received: Int64) -> MitigationRecord? {
        guard let done = intents[id], done.step == "cut-off", done.state == .done || done.state == .failed else {
            return nil
        }
        var undo = done
        undo.id = Intent.id(violation: done.violation, playbook: done.playbook, index: done.index, step: "undo \(id)")
        undo.step = "undo-cut-off"
        undo.state = .running
        undo.why = "a person takes back \(id)"
        return record(undo, received)
    }

    private mutating func record(_ intent: Intent, _ received: Int64) -> MitigationRecord {
        let record = MitigationRecord.intent(intent)
        apply(record, received: received)
        return record
    }

    // MARK: Remembering

    /// A record that is in the log.
    package mutating func apply(_ record: MitigationRecord, received: Int64) {
        switch record {
        case .intent(let intent):
            guard intents[intent.id] == nil else { return }
            intents[intent.id] = intent
            order.append(intent.id)
            if intent.state == .running { note(intent, received) }
            forget(received)
        case .outcome(let id, _, let state, _):
            intents[id]?.state = state
        case .fact: break
        }
    }

    /// What a person decided.
    ///
    /// - Returns: why it makes no sense; nil when it was taken.
    @discardableResult
    package mutating func apply(operator action: String, mitigation id: String?, received: Int64) -> String? {
        switch action {
        case "stop": isHeld = true
        case "resume": isHeld = false
        case "approve", "reject":
            guard let id, let intent = intents[id] else { return "there is no mitigation \(id ?? "")" }
            guard intent.state == .waiting else { return "\(id) is \(intent.state.rawValue), it does not wait" }
            intents[id]?.state = action == "approve" ? .running : .rejected
            if action == "approve" { note(intent, received) }
        default: break
        }
        return nil
    }

    /// Why a decision makes no sense now; nil when it does.
    package func objection(to action: String, mitigation id: String) -> String? {
        var copy = self
        if action == "undo" { return copy.undo(id, received: 0) == nil ? "there is nothing to undo in \(id)" : nil }
        return copy.apply(operator: action, mitigation: id, received: 0)
    }

    private mutating func note(_ intent: Intent, _ received: Int64) {
        acts.append((intent.device, intent.playbook, intent.violation, received))
    }

    private mutating func forget(_ received: Int64) {
        if let first = acts.first, received - first.at > Outbox.longestLookBack {
            acts.removeAll { received - $0.at > Outbox.longestLookBack }
        }
        while order.count > Outbox.mostKept, let first = order.first, intents[first]?.state.isFinal == true {
            intents[first] = nil
            order.removeFirst()
        }
    }

    /// The intents that are to be done, in their order; none while everything is held.
    package var running: [Intent] {
        isHeld ? [] : order.compactMap { intents[$0] }.filter { $0.state == .running }
    }
}

/// Severities, compared as the texts that violations carry.
private enum Levels {
    private static let names = ["low", "medium", "high", "critical"]

    static func rank(_ name: String) -> Int? { names.firstIndex(of: name) }
}
