/// What time alone changes.
extension Outbox {
    /// What is due at `now`: approvals that nobody gave in time have expired, and cut-offs that are for a time are taken
    /// back. The caller makes the records durable and applies them.
    package func aged(at now: Int64) -> [MitigationRecord] {
        guard !isHeld else { return [] }
        var records: [MitigationRecord] = []
        for intent in order.compactMap({ intents[$0] }) {
            guard intent.state == .waiting || intent.endedAt > 0 else { continue }
            // Whoever stops everything looks at nothing else; he gets the whole time when it goes on.
            if intent.state == .waiting, let approvalSeconds = intent.approvalSeconds,
                now - max(intent.begunAt, resumedAt) >= Int64(approvalSeconds) * 1_000
            {
                records.append(
                    .outcome(
                        id: intent.id, device: intent.device, state: .expired,
                        note: "nobody decided within \(approvalSeconds) s"))
            } else if let seconds = intent.undoSeconds, intent.mayHaveActed,
                intent.endedAt > 0,
                now - intent.endedAt >= Int64(seconds) * 1_000,
                let undo = undoing(intent, at: now, why: "it was for \(seconds) s")
            {
                records.append(.intent(undo))
            }
        }
        guard !records.isEmpty else { return [] }
        // With each the ones that nobody will call upon any more.
        var after = self
        return records.flatMap { record in
            let all = [record] + after.consequences(of: record)
            for record in all { after.apply(record, received: now) }
            return all
        }
    }

    /// Another intent that is in force and does the same to the same: what it did stays when this one is taken back.
    ///
    /// - Parameter group: of a move which of its groups it is about; nil for any of them.
    package func alsoInForce(with undo: Intent, group: String? = nil) -> Intent? {
        inForce(with: undo, group: group).first
    }

    /// What was so before the first of those that are in force, and do the same to the same; nil where none of them looked.
    package func was(_ state: String, at place: String, beforeOthersOf intent: Intent, group: String? = nil) -> Bool? {
        inForce(with: intent, group: group).compactMap { $0.was(state, at: place) }.first
    }

    private func inForce(with undo: Intent, group: String?) -> [Intent] {
        let groups = group.map { [$0] } ?? undo.groups
        return order.compactMap { intents[$0] }.filter { other in
            // One that is under way, failed or was stopped may have done it all the same.
            guard other.id != undo.id, other.isOfPlaybook, other.step == undo.playbookStep,
                other.violation != undo.violation || other.playbook != undo.playbook || other.index != undo.index
                    || other.serial != undo.serial,
                other.isInForce
            else { return false }
            let isSame =
                other.step == "cut-off"
                ? other.serial == undo.serial && other.user == undo.user
                : other.device == undo.device && !Set(other.groups).isDisjoint(with: groups)
            return isSame && intents[Outbox.undoID(of: other)] == nil
        }
    }

    private static func undoID(of done: Intent) -> String {
        Intent.id(violation: done.violation, playbook: done.playbook, index: done.index, step: "undo \(done.id)")
    }

    /// The intent that takes back what another did; nil when there is nothing to take back, or it was.
    func undoing(_ done: Intent, at now: Int64, why: String) -> Intent? {
        guard canBeTakenBack(done) else { return nil }
        let id = Outbox.undoID(of: done)
        var undo = done
        undo.id = id
        undo.step = Intent.undoPrefix + done.step
        undo.state = .running
        undo.then = nil
        undo.at = now
        undo.begunAt = now
        undo.endedAt = 0
        undo.hasActed = false
        undo.undoSeconds = nil
        undo.why = why
        return undo
    }

    /// Whether something may be there to take back, and nobody has.
    func canBeTakenBack(_ intent: Intent) -> Bool {
        Outbox.canBeUndone.contains(intent.step) && intent.mayHaveActed && intents[Outbox.undoID(of: intent)] == nil
    }

    /// The steps that can be taken back.
    static let canBeUndone: Set<String> = ["cut-off", "move-to-group", "release"]
}
