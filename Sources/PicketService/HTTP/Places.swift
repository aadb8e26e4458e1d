import PicketLocks

/// So many may be in; who comes when all places are taken does not wait.
final class Places: Sendable {
    private let free: Locked<Int>

    init(_ count: Int) { free = Locked(count) }

    /// Takes a place, which ``giveBack()`` returns; false when there is none.
    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() { free.withLock { $0 += 1 } }
}
