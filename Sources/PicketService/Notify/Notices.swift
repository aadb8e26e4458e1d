import PicketLocks
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
        try await withThrowingDiscardingTaskGroup { group in
            var last: [String: Int64] = [:]
            // A target that does not answer holds up its own reminders alone, and gets one of each at a time.
            let underWay = UnderWay()
            while !Task.isCancelled {
                let now = Daemon.wallClock()
                // A stop holds these too.
                let told = desk.isHeld ? [] : desk.told
                let open = Set(told.map(\.id))
                if !desk.isHeld { last = last.filter { open.contains($0.key) } }
                for intent in told {
                    guard case .notify(let name)? = desk.step(of: intent), let seconds = targets[name]?.repeatSeconds,
                        let notifier = notifiers[name], violations.open(intent.violation) != nil
                    else { continue }
                    // Numbered by time: after a restart it has the number, and the id, that it had before.
                    let number = (now - intent.at) / (Int64(seconds) * 1_000)
                    guard number > last[intent.id] ?? 0, underWay.begin(intent.id) else { continue }
                    last[intent.id] = number
                    let id = Notification.groupID([intent.id, "\(number)"])
                    group.addTask {
                        defer { underWay.end(intent.id) }
                        try await remind(of: intent, id: id, notifier)
                    }
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func remind(of intent: Intent, id: String, _ notifier: Notifier) async throws {
        let end = try await notifier.deliver(notification(.reminder, id: id, intent))
        try await record(
            .fact(
                id: intent.id, device: intent.device, fact: "told-again", isSeen: end.isDelivered, detail: end.note))
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

/// The notifications whose reminders are on their way.
private final class UnderWay: Sendable {
    private let ids = Locked<Set<String>>([])

    /// False where it was on its way already.
    func begin(_ id: String) -> Bool { ids.withLock { $0.insert(id).inserted } }

    func end(_ id: String) { ids.withLock { _ = $0.remove(id) } }
}
