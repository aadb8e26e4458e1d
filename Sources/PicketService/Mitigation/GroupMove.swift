import MQTT
import PicketEvents
import PicketMitigation

/// Moves a device into groups, or out of them: first in the record, from which on profiles of these groups mean it; then on
/// each broker whose dynamic security we may change. All of it may be repeated without harm.
struct GroupMove {
    let brokers: [BrokerConfiguration]
    let plugins: [String: BrokerPlugin]
    let desk: MitigationDesk
    /// Makes a record durable.
    let record: @Sendable (MitigationRecord) async throws -> Void

    /// - Parameters:
    ///   - isMember: whether it is in the groups afterwards.
    ///   - probe: the topic that a stand-in of the device publishes to, as proof; nil for no such proof.
    /// - Returns: how it ended, and what a person should know.
    func carryOut(
        _ intent: Intent, isMember: Bool, probe: String?, watchSeconds: Int
    ) async throws -> (state: Intent.State, note: String?) {
        guard !intent.groups.isEmpty else { return (.failed, "there is no group") }
        for group in intent.groups {
            try await noteBefore(intent, Self.theRecord, group, desk.isMember(intent.device, of: group))
        }
        for group in intent.groups where !stays(intent, Self.theRecord, group, isMember) {
            try await record(
                .membership(
                    MembershipRecord(
                        received: 0, mitigation: intent.id, device: intent.device, group: group, isMember: isMember)))
        }
        let controlled = brokers.filter { $0.control != nil && $0.address != nil }
        guard !controlled.isEmpty else {
            return (.done, "in the record alone: no broker enforces groups (`control: dynamic-security`)")
        }
        var problems: [String] = []
        var unseen: [String] = []
        let watched = isMember && controlled.contains { $0.plugin != nil }
        for broker in controlled {
            guard let address = broker.address else { continue }
            let security = DynamicSecurity(address: address)
            do {
                let isProved = try await enforce(
                    intent, security, broker, isMember: isMember, probe: probe.map { ActText.fill($0, intent) })
                // That nothing passes while somebody watches says little of a device that may have been silent.
                if isMember, !isProved { unseen.append(broker.name) }
            } catch let refusal as DynamicSecurity.Refusal {
                try await fact(intent, "enforced", false, "\(broker.name): \(refusal)")
                problems.append("\(broker.name): \(refusal)")
            }
        }
        if watched, problems.isEmpty {
            let count = try await desk.publishes(of: intent.device, forSeconds: watchSeconds)
            // While a plugin is away nobody sees what passes.
            let blind = controlled.filter { $0.isBlind(plugins) }.map(\.name)
            try await fact(
                intent, "silenced", count == 0 && blind.isEmpty,
                "watched for \(watchSeconds) s: the brokers let \(count) messages of it pass"
                    + (blind.isEmpty ? "" : ", and nobody sees \(blind.joined(separator: ", "))"))
            if count > 0 { problems.append("\(count) messages of it passed") }
        }
        guard problems.isEmpty else { return (.failed, problems.joined(separator: "; ")) }
        return unseen.isEmpty
            ? (.done, nil)
            : (
                .unknown,
                "nobody saw whether the group takes anything from it on \(unseen.joined(separator: ", ")): name a `probe`"
            )
    }

    /// One broker.
    ///
    /// - Returns: whether it was proved that the group takes away what the device could do before.
    private func enforce(
        _ intent: Intent, _ security: DynamicSecurity, _ broker: BrokerConfiguration, isMember: Bool, probe: String?
    ) async throws -> Bool {
        let user = intent.user ?? desk.user(of: intent.device)
        guard let before = try await security.client(user) else {
            throw DynamicSecurity.Refusal(description: "dynamic security knows no client \(SafeName.visible(user))")
        }
        var first: StandIn.Answer?
        // In a repeat it stands in the group already, and there is no before any more.
        if isMember, let probe, !intent.groups.allSatisfy({ before.groups[$0] != nil }) {
            first = await StandIn(security: security, topic: probe).ask(asIn: before)
        }
        for group in intent.groups {
            try await noteBefore(intent, broker.name, group, before.groups[group] != nil)
        }
        var commands: [[String: Any]] = []
        let groups = intent.groups.filter { !stays(intent, broker.name, $0, isMember) }
        for group in groups {
            if isMember, before.groups[group] == nil {
                commands.append([
                    "command": "addGroupClient", "groupname": group, "username": user,
                    "priority": DynamicSecurity.priority,
                ])
            } else if !isMember, before.groups[group] != nil {
                commands.append(["command": "removeGroupClient", "groupname": group, "username": user])
            }
            // The roles of a client are asked before those of its groups, whatever the priority (measured with 2.0.11): one
            // that has its own gets those of the group as its own too.
            for role in try await security.roles(ofGroup: group).keys.sorted() {
                if isMember, !before.roles.isEmpty, before.roles[role] == nil {
                    commands.append([
                        "command": "addClientRole", "username": user, "rolename": role,
                        "priority": DynamicSecurity.priority,
                    ])
                } else if !isMember, before.roles[role] == DynamicSecurity.priority {
                    commands.append(["command": "removeClientRole", "username": user, "rolename": role])
                }
            }
        }
        if !commands.isEmpty { for answer in try await security.ask(commands) { try answer.get() } }
        guard let after = try await security.client(user) else {
            throw DynamicSecurity.Refusal(description: "the client is gone")
        }
        let isSo = groups.allSatisfy { (after.groups[$0] != nil) == isMember }
        let left = after.groups.keys.sorted().joined(separator: ", ")
        try await fact(
            intent, "enforced", isSo,
            "\(broker.name): dynamic security says that it is in \(left.isEmpty ? "no group" : left)"
                + (groups.count < intent.groups.count ? "; it was so before, and stays so" : ""))
        guard isSo else { throw DynamicSecurity.Refusal(description: "the groups are not what they should be") }
        guard isMember, let probe else { return false }
        return try await prove(intent, broker, StandIn(security: security, topic: probe), before: first, after)
    }

    /// What a record calls itself, where brokers have their names.
    private static let theRecord = "record"

    /// Records how it was before the first try. What another mitigation did that is in force is no such thing: then it
    /// counts how that one found it.
    private func noteBefore(_ intent: Intent, _ place: String, _ group: String, _ isIn: Bool) async throws {
        let state = "in \(group)"
        guard !intent.isUndo, intent.was(state, at: place) == nil else { return }
        let was = desk.was(state, at: place, beforeOthersOf: intent, group: group) ?? isIn
        try await fact(intent, Intent.beforeFact, true, Intent.before(place, state, was))
    }

    /// Whether an undo leaves a group alone: it was so before, or another mitigation that is in force keeps it so.
    private func stays(_ intent: Intent, _ place: String, _ group: String, _ isMember: Bool) -> Bool {
        guard intent.isUndo else { return false }
        return intent.was("in \(group)", at: place) == !isMember || desk.alsoInForce(with: intent, group: group) != nil
    }

    private func prove(
        _ intent: Intent, _ broker: BrokerConfiguration, _ standIn: StandIn, before: StandIn.Answer?,
        _ client: DynamicSecurity.Client
    ) async throws -> Bool {
        let answer = await standIn.ask(asIn: client)
        let topic = standIn.topic
        let words: String
        switch (before, answer) {
        case (_, .taken): words = "one who stands where the device stands may still publish to \(topic)"
        case (.taken?, .refused):
            words = "one who stands where the device stands could publish to \(topic) before, and is refused now"
        case (nil, .refused): words = "one who stands where the device stands may not publish to \(topic)"
        case (_, .refused): words = "a message to \(topic) was refused before too: that proves nothing"
        case (_, .unclear(let why)): words = "nobody could ask as one who stands where the device stands: \(why)"
        }
        let isProved = answer == .refused && (before == .taken || before == nil)
        try await fact(intent, "stand-in-refused", isProved, "\(broker.name): \(words)")
        guard answer != .taken else { throw DynamicSecurity.Refusal(description: words) }
        return isProved
    }

    private func fact(_ intent: Intent, _ fact: String, _ isSeen: Bool, _ detail: String) async throws {
        // Who was told to let go has not looked to the end.
        if !isSeen { try Task.checkCancellation() }
        try await record(.fact(id: intent.id, device: intent.device, fact: fact, isSeen: isSeen, detail: detail))
    }
}
