import PicketProfiles

/// Says in plain sentences what a playbook does.
package enum PlaybookExplain {
    /// The sentences, one a line.
    package static func lines(_ playbook: Playbook, _ set: PlaybookSet) -> [String] {
        var lines = [
            "\(playbook.name): \(mode(playbook.mode)), for violations of severity \(playbook.severity.rawValue) or worse."
        ]
        for (index, step) in playbook.steps.enumerated() {
            lines.append("  \(index + 1). \(sentence(step, playbook))")
        }
        if !playbook.escalation.isEmpty {
            lines.append("  If one of them fails, or what it waits for is not seen in time:")
        }
        for (index, step) in playbook.escalation.enumerated() {
            lines.append("  \(playbook.steps.count + index + 1). \(sentence(step, playbook))")
        }
        let share = playbook.limits.sharePercent.map { " or \($0) % of the fleet, whichever is less" } ?? ""
        lines.append(
            "  At most \(playbook.limits.devices) devices\(share) in \(playbook.limits.perSeconds) s; beyond that a person "
                + "decides. The same device again after \(playbook.coolDownSeconds) s.")
        lines.append(
            "  What a person decides is decided within \(playbook.approvalSeconds) s"
                + (playbook.approvers > 1 ? ", by \(playbook.approvers) people." : "."))
        if let undo = playbook.undoSeconds { lines.append("  A cut-off is taken back after \(undo) s.") }
        if !set.protected.isEmpty { lines.append("  Never: \(set.protected.joined(separator: ", ")).") }
        return lines
    }

    private static func mode(_ mode: Playbook.Mode) -> String {
        switch mode {
        case .observe: "records what it would do, and does nothing"
        case .approve: "waits for a person's approval"
        case .automatic: "acts by itself"
        }
    }

    private static func whoMoves(_ playbook: Playbook) -> String {
        playbook.mode == .automatic && playbook.movesUnattended
            ? "Nobody is asked; beyond the limits, two people are." : "Two people decide."
    }

    private static func sentence(_ step: Playbook.Step, _ playbook: Playbook) -> String {
        switch step {
        case .command(let command):
            "Send \(command.payload) to \(command.topic)"
                + (command.acknowledge.map { ", and wait up to \(command.withinSeconds) s for its answer on \($0)" }
                    ?? "")
                + (command.isHarmless ? "." : ". Only to a device that proved who it is.")
                + " The next step does not wait."
        case .notify(let to): "Tell \(to), and again when it is over. The next step does not wait."
        case .wait(nil, let within): "Wait \(within) s."
        case .wait(.acknowledged?, let within): "Wait up to \(within) s until the commands before are acknowledged."
        case .wait(.sessionGone?, let within): "Wait up to \(within) s until the broker says that no session is left."
        case .revoke(let reason):
            "Revoke the certificate of the violating session (\(reason.rawValue)): the list is written, the broker reads it, and "
                + "a canary proves it. A session that is there goes on until it ends; `cut-off` ends it. Only on the broker's "
                + "word; otherwise a person decides."
        case .cutOff(let reason, let watch):
            "Deny the certificate of the violating session, end the session, revoke the certificate (\(reason.rawValue)), "
                + "and watch for \(watch) s that it does not come back; of a device that the fleet file binds to a user, and "
                + "that proved itself by its password, deny the user. Only on the broker's word; otherwise a person decides."
        case .moveToGroup(let groups, let probe, let watch):
            "Put the device into \(groups.joined(separator: ", ")): in the record, so that profiles of that group mean it, "
                + "and by dynamic security on the brokers that have it"
                + (probe.map { "; prove it by publishing to \($0) as one who stands where the device stands" } ?? "")
                + "; watch for \(watch) s that no message of it passes. It stays in its other groups. Only for a device "
                + "that proved who it is. \(whoMoves(playbook))"
        case .release(let groups):
            "Take the device out of \(groups.joined(separator: ", ")), in the record and on the brokers. "
                + whoMoves(playbook)
        case .run(let arguments, let within, let isHarmless):
            "Start \(arguments.joined(separator: " ")) and give it \(within) s"
                + (isHarmless ? "." : ", only for a device that proved who it is.")
        }
    }
}
