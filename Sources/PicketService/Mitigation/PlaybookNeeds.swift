import PicketEvents
package import PicketMitigation
package import PicketProfiles

/// What playbooks need of a configuration, and what will not work without it: said before, not on the night it is needed.
package enum PlaybookNeeds {
    /// One sentence for each thing that cannot work, or cannot be proved, ordered by playbook and step.
    package static func warnings(_ set: PlaybookSet, _ configuration: Configuration) -> [String] {
        set.playbooks.values.sorted { $0.name < $1.name }.flatMap { playbook in
            playbook.allSteps.enumerated().flatMap { index, step in
                problems(of: step, configuration.brokers).map {
                    "playbook \(playbook.name), step \(index + 1), \(step.name): \($0)"
                }
            }
        }
    }

    /// One sentence for each behavior whose playbook cannot be followed: it would be refused on the night it is needed.
    package static func problems(_ set: PlaybookSet, _ profiles: [SecurityProfile]) -> [String] {
        profiles.flatMap { profile in
            profile.behaviors.compactMap { behavior in
                problem(of: behavior, set).map { "\(profile.source): behavior \(behavior.name): \($0)" }
            }
        }
    }

    private static func problem(of behavior: Behavior, _ set: PlaybookSet) -> String? {
        guard let name = behavior.playbook else { return nil }
        guard let playbook = set.playbooks[name] else {
            let known = set.playbooks.keys.sorted().joined(separator: ", ")
            return "there is no playbook `\(name)`; name its file under `playbooks` in the configuration"
                + (known.isEmpty ? "" : ", or one of these: \(known)")
        }
        // As the outbox decides.
        guard behavior.subject != .device, let step = playbook.allSteps.first(where: \.isHarmful) else { return nil }
        return "nobody can act on the subject `\(behavior.subject.rawValue)`: playbook \(name) has the step "
            + "\(step.name), which is for devices; give the behavior another playbook, or the subject device"
    }

    private static func problems(of step: Playbook.Step, _ brokers: [BrokerConfiguration]) -> [String] {
        switch step {
        case .cutOff:
            var problems = brokers.filter(\.cannotBeProbed).map {
                "it can never be called done: \($0.name) reads a revocation list, and without `url` nobody can ask with a "
                    + "canary whether it does"
            }
            if !brokers.contains(where: { $0.plugin != nil }) {
                problems.append(
                    brokers.contains(where: \.isProbed)
                        ? "it refuses the certificate, and fails where the session that is there does not end by itself: no "
                            + "broker has a `plugin` that kicks"
                        : brokers.contains { $0.control != nil }
                            ? "it will fail for devices with certificates: no broker has a `plugin` that denies and kicks"
                            : "it will fail: no broker has a `plugin` that denies and kicks")
            }
            return problems
        case .revoke:
            let lists = brokers.filter { $0.authority != nil }
            if lists.isEmpty { return ["it will fail: no broker has an `authority` whose list could be written"] }
            return lists.filter(\.cannotBeProbed).map {
                "it can never be called done: \($0.name) has no `url`, so nobody can ask with a canary whether it reads the list"
            }
        case .command(let command):
            let reachable = brokers.filter { $0.address != nil }
            guard !reachable.isEmpty else { return ["it will fail: no broker has a `url` to send commands to"] }
            guard command.acknowledge != nil else { return [] }
            return reachable.filter { $0.plugin == nil && !($0.address?.topicsAreBound ?? false) }.map {
                "no answer can be proved on \($0.name): name its `plugin`, or say `acknowledgements: acl`"
            }
        case .moveToGroup(let groups, let probe, _):
            let controlled = brokers.filter { $0.control != nil }
            guard !controlled.isEmpty else {
                return [
                    "\(groups.joined(separator: ", ")) will be in the record alone: no broker has "
                        + "`control: dynamic-security`, so nothing is taken from the device"
                ]
            }
            guard probe == nil else { return [] }
            return controlled.map {
                "it can never be called done: nobody can see whether the group takes anything from the device on "
                    + "\($0.name); say which topic a stand-in should try (`probe`)"
            }
        case .run, .wait, .notify, .release: return []
        }
    }
}
