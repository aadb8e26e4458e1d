package import PicketEvents
import PicketProfiles

/// What is to be done about a violation, and what the guard rails say to it.
extension Outbox {
    /// The intents that a violation causes. They count as recorded: the caller makes them durable, with the violation.
    ///
    /// - Parameters:
    ///   - name: the playbook that the behavior names.
    ///   - certificates: those that were seen on sessions of the device while it misbehaved, the newest first: of several
    ///     nobody but a person can say whose session it was.
    ///   - user: whom the fleet file binds the device to, so that a password proves it; nil when to nobody.
    ///   - address: from where somebody else may have spoken in its name.
    ///   - registered: how many devices the fleet file registers.
    package mutating func consider(
        _ violation: Violation, playbook name: String, in set: PlaybookSet,
        certificates: [SessionTable.Certificate], user: String? = nil, address: String?, registered: Int,
        received: Int64
    ) -> [MitigationRecord] {
        if violation.event != .inAlarm { return resolve(violation, received) }
        guard !violation.isOnlyRecorded else { return [] }
        guard let playbook = set.playbooks[name] else {
            let missing = intent(violation, name, 0, "none", nil, .refused, "there is no playbook named \(name)")
            return [record(missing, received)]
        }
        guard let level = Levels.rank(violation.severity), let least = Levels.rank(playbook.severity.rawValue),
            level >= least
        else { return [] }
        // Only what was proved with it is denied: a certificate that somebody else showed lately is none of its own.
        let isByPassword = violation.identity == .password && user != nil
        let serials: [SessionTable.Certificate?] = isByPassword || certificates.isEmpty ? [nil] : certificates
        let user = isByPassword ? user : nil
        var records: [MitigationRecord] = []
        var isAlive = false
        for (index, step) in playbook.allSteps.enumerated() {
            // Nobody is called upon when nothing can fail.
            let isEscalation = index >= playbook.steps.count
            guard !isEscalation || isAlive else { break }
            // Each certificate is a decision of its own.
            for serial in step.deniesCertificate ? serials : [serials[0]] {
                var (state, why, proposes) = decide(
                    violation, playbook, step, set, serials: serials.compactMap { $0?.serial }, user: user,
                    address: address,
                    registered: registered, received)
                if playbook.mode == .observe, state != .refused {
                    (state, why, proposes) = (.observed, "the playbook only observes; otherwise: \(why)", proposes)
                }
                var intent = intent(violation, name, index, step.name, serial?.serial, state, why)
                intent.seenOn = serial?.seenOn
                if serial != serials[0], let serial {
                    intent.id = Intent.id(
                        violation: violation.id, playbook: name, index: index, step: "\(step.name) \(serial.serial)")
                }
                intent.proposes = proposes
                intent.fingerprint = step.fingerprint
                if case .notify(let to) = step { intent.to = to }
                intent.approvalSeconds = playbook.approvalSeconds
                if Outbox.canBeUndone.contains(step.name) { intent.undoSeconds = playbook.undoSeconds }
                intent.isHarmless = !step.isHarmful
                intent.groups = step.groups
                intent.approvers =
                    step.groups.isEmpty ? playbook.approvers : max(playbook.approvers, Self.moveApprovers)
                if step.isHarmful { intent.user = user }
                if isEscalation, state == .running || state == .waiting {
                    intent.then = state
                    intent.state = .dormant
                }
                isAlive = isAlive || intent.state == .running || intent.state == .waiting
                records.append(record(intent, received))
            }
        }
        return records
    }

    /// What a group means is decided elsewhere, for many at once: two people look at a move.
    private static let moveApprovers = 2

    /// Whoever was told that it began is told that it is over.
    private mutating func resolve(_ violation: Violation, _ received: Int64) -> [MitigationRecord] {
        all(of: violation.id).filter {
            $0.step == "notify" && ($0.state == .done || $0.state == .running)
        }.map { told in
            var resolve = told
            resolve.id = Intent.id(
                violation: told.violation, playbook: told.playbook, index: told.index, step: "resolve \(told.id)")
            resolve.step = Intent.resolvePrefix + told.step
            resolve.state = .running
            resolve.then = nil
            resolve.hasActed = false
            resolve.why = "the violation is over: \(violation.event.rawValue)"
            return record(resolve, received)
        }
    }

    /// What the guard rails say of a step, in the order of DESIGN §7: first what is never done, then what a person decides.
    private func decide(
        _ violation: Violation, _ playbook: Playbook, _ step: Playbook.Step, _ set: PlaybookSet, serials: [String],
        user: String?, address: String?, registered: Int, _ received: Int64
    ) -> (Intent.State, String, proposes: String?) {
        guard step.isHarmful else {
            return isHeld ? (.waiting, "mitigation is stopped", nil) : (.running, "harmless", nil)
        }
        guard violation.subjectKind == .device else {
            return (.refused, "\(step.name) has no meaning for a \(violation.subjectKind.rawValue)", nil)
        }
        if set.protects(violation.subject) { return (.refused, "the device is protected", nil) }
        // What a playbook did that has another name by now, or is gone, counts for all: renaming one is no way around limits.
        let acts = acts.filter { $0.playbook == playbook.name || set.playbooks[$0.playbook] == nil }
        if let act = acts.last(where: { $0.device == violation.subject }),
            act.violation != violation.id, received - act.at < Int64(playbook.coolDownSeconds) * 1_000
        {
            return (.refused, "the playbook acted on the device less than \(playbook.coolDownSeconds) s ago", nil)
        }
        if let doubt = doubt(violation, step, serials, user) {
            return (.waiting, doubt, address.map { "block the address \($0)" })
        }
        if isHeld { return (.waiting, "mitigation is stopped", nil) }
        if playbook.mode == .approve { return (.waiting, "the playbook asks for approval", nil) }
        if !step.groups.isEmpty, !playbook.movesUnattended {
            return (.waiting, "two people decide on a move, unless the playbook says `unattended-moves: true`", nil)
        }
        let since = received - Int64(playbook.limits.perSeconds) * 1_000
        let touched = Set(acts.filter { $0.at > since }.map(\.device))
        let most = playbook.limits.most(registered: registered)
        if !touched.contains(violation.subject), touched.count >= most {
            return (
                .waiting, "beyond the blast radius: \(touched.count) devices in \(playbook.limits.perSeconds) s", nil
            )
        }
        return (.running, "within the limits", nil)
    }

    /// Why it is not sure enough that the device itself did it.
    private func doubt(
        _ violation: Violation, _ step: Playbook.Step, _ serials: [String], _ user: String?
    ) -> String? {
        if violation.evidence != .broker { return "the evidence is the device's own word" }
        if violation.identity == .password, user != nil { return nil }
        if violation.identity != .certificate {
            return "not every event that counted was proved by a certificate: somebody may have spoken in its name"
        }
        guard step.deniesCertificate else { return nil }
        if serials.isEmpty { return "the certificate of the violating session was not seen" }
        guard serials.count > 1 else { return nil }
        return
            "the device showed \(serials.count) certificates while it misbehaved, \(serials.joined(separator: ", ")): "
            + "a person says which one did it"
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
}

/// Severities, compared as the texts that violations carry.
private enum Levels {
    private static let names = ["low", "medium", "high", "critical"]

    static func rank(_ name: String) -> Int? { names.firstIndex(of: name) }
}
