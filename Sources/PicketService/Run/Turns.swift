import PicketLocks

/// Lets so many go on at once, and the others in the order in which they came.
package final class Turns: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Locked<State>

    /// - Parameter atOnce: how many have a turn at the same time.
    package init(atOnce: Int) { state = Locked(State(free: atOnce)) }

    /// Those who wait.
    package var waiting: Int { state.withLock { $0.waiting.count } }

    /// Whether somebody who came now would not wait.
    package var isFree: Bool { state.withLock { $0.free > 0 } }

    /// Waits for a turn, which ``end()`` gives back.
    package func begin() async {
        await withCheckedContinuation { continuation in
            let isNext = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isNext { continuation.resume() }
        }
    }

    /// Hands the turn to the next, so that nobody gets in between.
    package func end() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
