import Dispatch
import PicketLocks
package import PicketLog

/// Copies checkpoints to a place outside, beside the log: never in its way, whatever the place does. A target that is too
/// slow gets the newest ones; a newer checkpoint says all that an older one said.
package final class Anchor: Sendable {
    /// What became of the checkpoints so far.
    package struct Count: Equatable, Sendable {
        package var delivered = 0
        package var failed = 0
        /// Left out because newer ones came before the target took them.
        package var skipped = 0
    }

    private struct State {
        var waiting: [SignedNote] = []
        var isBusy = false
        var isFailing = false
        var count = Count()
    }

    private let target: AnchorTarget
    private let timeout: Duration
    private let say: @Sendable (String) -> Void
    private let state = Locked(State())
    private let queue = DispatchQueue(label: "picket.anchor")

    /// Checkpoints that may wait: a minute of a busy log.
    private static let limit = 60

    /// - Parameters:
    ///   - timeout: how long a command or a server may take.
    ///   - say: is told when copying begins to fail, and when it works again.
    package init(
        _ target: AnchorTarget, timeout: Duration = .seconds(10), say: @escaping @Sendable (String) -> Void
    ) {
        self.target = target
        self.timeout = timeout
        self.say = say
    }

    /// Hands over a checkpoint that was published. Returns at once.
    package func publish(_ note: SignedNote) {
        let mustStart = state.withLock { state in
            state.waiting.append(note)
            if state.waiting.count > Anchor.limit {
                state.waiting.removeFirst()
                state.count.skipped += 1
            }
            defer { state.isBusy = true }
            return !state.isBusy
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Waits until everything handed over was tried, at most as long as one may take: the last checkpoint of an
    /// orderly stop should leave the machine too.
    package func finish() -> Count {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + Double(timeout.components.seconds) + 1)
        return count
    }

    package var count: Count { state.withLock { $0.count } }

    private func drain() {
        while true {
            let next = state.withLock { state -> SignedNote? in
                if state.waiting.isEmpty {
                    state.isBusy = false
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let next else { return }
            note(failure: deliver(next))
        }
    }

    /// Why a checkpoint did not arrive; nil when it did.
    private func deliver(_ note: SignedNote) -> String? {
        switch target {
        case .folder(let folder):
            do {
                try AnchorFolder.write(note, to: folder)
                return nil
            } catch {
                return "\(error)"
            }
        case .command(let arguments):
            return AnchorCommand(arguments: arguments, timeout: timeout).run(input: note.bytes)
        case .http(let server):
            return AnchorPost(server: server, timeout: timeout).run(note.bytes)
        }
    }

    /// Said once when it begins and once when it ends: a target that is away for a day fills no screen.
    private func note(failure: String?) {
        let words = state.withLock { state -> String? in
            defer { state.isFailing = failure != nil }
            if let failure {
                state.count.failed += 1
                return state.isFailing ? nil : "picket: checkpoints do not reach their anchor: \(failure)"
            }
            state.count.delivered += 1
            return state.isFailing
                ? "picket: checkpoints reach their anchor again; \(state.count.failed) did not so far" : nil
        }
        if let words { say(words) }
    }
}
