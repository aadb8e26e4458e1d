package import PicketMitigation

/// Brings notifications to those who are named in playbooks, and reminds them of what is still open.
package struct Notices: Sendable {
    private let notifiers: [String: Notifier]
    private let targets: [String: NotifyTarget]
    private let desk: MitigationDesk
    private let violations: LiveViolations
    private let record: @Sendable (MitigationRecord) async throws -> Void

    /// - Parameter folder: where dead letters are kept.
    init(
        _ targets: [String: NotifyTarget], folder: String, desk: MitigationDesk, violations: LiveViolations,
        record: @escaping @Sendable (MitigationRecord) async throws -> Void
    ) {
        self.targets = targets
        self.desk = desk
        self.violations = violations
        self.record = record
        let letters = DeadLetters(folder: folder)
        notifiers = Dictionary(
            uniqueKeysWithValues: targets.map { ($0.key, Notifier($0.key, $0.value, letters: letters)) })
    }

    /// - Returns: whether it was delivered, and what a person should know.
    func deliver(_ intent: Intent, to name: String) async throws -> (isDone: Bool, note: String) {
        guard let notifier = notifiers[name] else {
            return (false, "`notify` of the configuration has no \(name)")
        }
        let end = try await notifier.deliver(
            notification(intent.isResolve ? .resolved : .opened, id: intent.id, intent))
        return (end.isDelivered, end.note)
    }

    private func notification(_ kind: Notification.Kind, id: String, _ intent: Intent) -> Notification {
        Notification(
            kind: kind, id: id, intent: intent,
            violation: desk.violation(intent.violation) ?? violations.open(intent.violation),
            behavior: desk.behavior(intent.behavior))
    }

    /// Says again what is still open, as often as its target wants it.
    func remind() async throws {
        guard targets.values.contains(where: { $0.repeatSeconds != nil }) else { return await Daemon.untilCancelled() }
        var last: [String: (at: Int64, count: Int)] = [:]
        while !Task.isCancelled {
            let now = Daemon.wallClock()
            let told = desk.told
            last = last.filter { entry in told.contains { $0.id == entry.key } }
            for intent in told {
                guard case .notify(let name)? = desk.step(of: intent), let seconds = targets[name]?.repeatSeconds,
                    let notifier = notifiers[name], violations.open(intent.violation) != nil
                else { continue }
                let before = last[intent.id] ?? (intent.at, 0)
                guard now - before.at >= Int64(seconds) * 1_000 else { continue }
                last[intent.id] = (now, before.count + 1)
                let id = Notification.groupID([intent.id, "\(before.count + 1)"])
                let end = try await notifier.deliver(notification(.reminder, id: id, intent))
                try await record(
                    .fact(
                        id: intent.id, device: intent.device, fact: "told-again", isSeen: end.isDelivered,
                        detail: end.note))
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// The names that playbooks use and the configuration does not know.
    package static func missing(_ playbooks: PlaybookSet, _ configuration: Configuration) -> [String] {
        var names: Set<String> = []
        for step in playbooks.playbooks.values.flatMap(\.allSteps) {
            if case .notify(let name) = step, configuration.notify[name] == nil { names.insert(name) }
        }
        return names.sorted()
    }
}
