import Synchronization

/// Messages of which a broker has not said yet that it has them. It waits until three are on their way, or all ten have
/// come.
final class Flight: Sendable {
    private struct State {
        var waiting: [UInt16] = []
        var most = 0
        var total = 0
    }

    private let state = Mutex(State())

    var most: Int { state.withLock { $0.most } }
    var total: Int { state.withLock { $0.total } }

    /// A message came.
    ///
    /// - Returns: those that are acknowledged now.
    func take(_ id: UInt16) -> [UInt16] {
        state.withLock { state in
            state.waiting.append(id)
            state.total += 1
            state.most = max(state.most, state.waiting.count)
            if state.total >= 10 {
                defer { state.waiting = [] }
                return state.waiting
            }
            return state.waiting.count >= 3 ? [state.waiting.removeFirst()] : []
        }
    }
}
