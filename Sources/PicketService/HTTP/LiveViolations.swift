package import PicketEvents
import PicketLocks

/// The open violations, how many there were, and who wants to hear of the next ones.
package final class LiveViolations: Sendable {
    private struct State {
        var open: [String: Violation] = [:]
        /// Openings since Picket started, by profile, behavior and severity.
        var opened: [[String]: UInt64] = [:]
        var listeners: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
        var lastListener = 0
    }

    private let state = Locked(State())

    /// Browsers that may listen at the same time; each costs a connection and a buffer.
    private static let listenersLimit = 64
    /// Violations that wait for a slow listener; beyond, the oldest are left out, and the page asks for all again.
    private static let waitingLimit = 256

    package init() {}

    /// The open ones, the newest first.
    var open: [Violation] {
        state.withLock { state in state.open.values.sorted { ($0.time, $0.id) > ($1.time, $1.id) } }
    }

    /// A violation, as long as it is open.
    func open(_ id: String) -> Violation? { state.withLock { $0.open[id] } }

    var opened: [[String]: UInt64] { state.withLock { $0.opened } }

    /// What was found while the log was read again.
    package func restore(_ violations: [Violation]) {
        state.withLock { state in
            for violation in violations { LiveViolations.note(violation, &state.open) }
        }
    }

    package func note(_ violations: [Violation]) {
        state.withLock { state in
            for violation in violations {
                LiveViolations.note(violation, &state.open)
                if violation.event == .inAlarm {
                    state.opened[[violation.profile, violation.behavior, violation.severity], default: 0] += 1
                }
                for listener in state.listeners.values { listener.yield(violation.json()) }
            }
        }
    }

    private static func note(_ violation: Violation, _ open: inout [String: Violation]) {
        open[violation.id] = violation.event == .inAlarm ? violation : nil
    }

    /// The violations from now on, as JSON; nil when too many listen already.
    func listen() -> AsyncStream<[UInt8]>? {
        state.withLock { state in
            guard state.listeners.count < LiveViolations.listenersLimit else { return nil }
            let (stream, output) = AsyncStream<[UInt8]>.makeStream(
                bufferingPolicy: .bufferingNewest(LiveViolations.waitingLimit))
            state.lastListener += 1
            let number = state.lastListener
            state.listeners[number] = output
            output.onTermination = { [weak self] _ in
                self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
            }
            return stream
        }
    }

    /// Ends all listening.
    func close() {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.finish() }
    }
}
