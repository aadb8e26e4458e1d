import Foundation
import MQTT
import PicketMitigation

/// Tells people of violations: several to the same target go together, a request that fails is tried again for longer and
/// longer, and what cannot be delivered is kept. An actor for each target, so that one that is slow holds nobody up; and of
/// one target a request that waits for its next try holds up only what is about the same violations.
actor Notifier {
    /// What became of a notification.
    struct End: Sendable {
        var isDelivered: Bool
        var note: String
    }

    private let name: String
    private let target: NotifyTarget
    private let letters: DeadLetters
    private var waiting: [(ticket: UInt64, notification: Notification)] = []
    private var done: [UInt64: CheckedContinuation<End, any Error>] = [:]
    private var tickets: UInt64 = 0
    private var isCollecting = false
    /// The newest request about each violation that has not ended: the next one about it waits, so that its end is not told
    /// before its beginning.
    private var newest: [String: (number: UInt64, task: Task<Void, Never>)] = [:]
    private var requests: UInt64 = 0
    /// The requests that have not ended, by number, and for whom they are.
    private var underWay: [UInt64: (tickets: [UInt64], task: Task<Void, Never>)] = [:]
    private let turns = Turns(atOnce: Notifier.mostAtOnce)

    /// Requests to one target at the same time: a receiver that takes one violation a request is not flooded.
    private static let mostAtOnce = 8
    /// Notifications in one request: a fleet-wide alarm is a few of them, not ten thousand.
    private static let mostTogether = 500
    private static let backoff = Backoff(first: .milliseconds(500), longest: .seconds(60))

    init(_ name: String, _ target: NotifyTarget, letters: DeadLetters) {
        self.name = name
        self.target = target
        self.letters = letters
    }

    /// Delivers it, or gives it up; returns when that is decided.
    ///
    /// - Throws: `CancellationError` when the task was cancelled; whether it arrives is not known then.
    func deliver(_ notification: Notification) async throws -> End {
        tickets += 1
        let ticket = tickets
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                done[ticket] = continuation
                waiting.append((ticket, notification))
                guard !isCollecting else { return }
                isCollecting = true
                Task { await collect() }
            }
        } onCancel: {
            Task { await self.abandon(ticket) }
        }
    }

    private func abandon(_ ticket: UInt64) {
        waiting.removeAll { $0.ticket == ticket }
        done.removeValue(forKey: ticket)?.resume(throwing: CancellationError())
        // A person has stopped it, or Picket ends: it is told when it goes on, and not meanwhile.
        for request in underWay.values where request.tickets.contains(ticket) && isAbandoned(request.tickets) {
            request.task.cancel()
        }
    }

    /// Whether nobody waits for a request any more.
    private func isAbandoned(_ tickets: [UInt64]) -> Bool { tickets.allSatisfy { done[$0] == nil } }

    /// Waits for others, once, and sends all that has come.
    private func collect() async {
        if target.groupSeconds > 0 { try? await Task.sleep(for: .seconds(target.groupSeconds)) }
        let size = target.form == .picket ? Self.mostTogether : 1
        var rest = waiting[...]
        waiting = []
        isCollecting = false
        while !rest.isEmpty {
            begin(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
    }

    /// Sends one request as soon as those before it about the same violations have ended.
    private func begin(_ group: [(ticket: UInt64, notification: Notification)]) {
        requests += 1
        let number = requests
        let violations = Set(group.map(\.notification.intent.violation))
        let before = violations.compactMap { newest[$0]?.task }
        let task = Task {
            for earlier in before { await earlier.value }
            let end = await send(group)
            for (ticket, _) in group { done.removeValue(forKey: ticket)?.resume(returning: end) }
            for violation in violations where newest[violation]?.number == number { newest[violation] = nil }
            underWay[number] = nil
        }
        underWay[number] = (group.map(\.ticket), task)
        for violation in violations { newest[violation] = (number, task) }
    }

    /// One try, when it is its turn.
    private func attempt(_ body: [UInt8], id: String) async -> WebhookPost.Answer {
        await turns.begin()
        defer { turns.end() }
        return await WebhookPost(target: target).send(body, id: id, now: Int(Date().timeIntervalSince1970))
    }

    private func send(_ group: [(ticket: UInt64, notification: Notification)]) async -> End {
        let tickets = group.map(\.ticket)
        let group = group.map(\.notification)
        let body = body(of: group)
        let id = group.count == 1 ? group[0].id : Notification.groupID(group.map(\.id))
        let end = ContinuousClock.now + .seconds(target.retrySeconds)
        var generator = SystemRandomNumberGenerator()
        var failures = 0
        var problem = ""
        while true {
            if isAbandoned(tickets) { return End(isDelivered: false, note: "stopped") }
            switch await attempt(body, id: id) {
            case .delivered:
                let others = group.count > 1 ? ", together with \(group.count - 1) others" : ""
                let tries = failures > 0 ? ", after \(failures) tries in vain" : ""
                return End(isDelivered: true, note: "\(name) has it\(others)\(tries)")
            case .never(let words): problem = words
            case .later(let words):
                problem = words
                failures += 1
                let pause = Self.backoff.delay(failures: failures - 1, using: &generator)
                if ContinuousClock.now + pause < end {
                    try? await Task.sleep(for: pause)
                    continue
                }
            }
            break
        }
        if isAbandoned(tickets) { return End(isDelivered: false, note: "stopped") }
        do {
            let file = try letters.keep(
                body, id: id, target: name, url: target.url, problem: problem, now: Daemon.wallClock())
            return End(isDelivered: false, note: "\(problem); what it was is in \(file)")
        } catch {
            return End(isDelivered: false, note: "\(problem); and it could not be kept: \(error)")
        }
    }

    private func body(of group: [Notification]) -> [UInt8] {
        guard target.form == .picket else { return group[0].sns }
        var bytes = Array(#"{"notifications":["#.utf8)
        for (index, notification) in group.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            bytes += notification.json
        }
        return bytes + Array("]}".utf8)
    }
}
