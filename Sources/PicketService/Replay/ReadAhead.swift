import Dispatch
import Foundation
import PicketLocks

/// Values that a thread of its own makes ahead of whoever uses them, so that two cores work at once: a log is
/// decompressed on one and judged on the other. What comes out, and in which order, is what the maker made.
final class ReadAhead<Element: Sendable>: Sendable {
    private final class Queue: Sendable {
        struct State {
            var elements: [Element] = []
            var failure: (any Error)?
            var isStopped = false
        }
        let state = Locked(State())
        /// What may still be made. It begins at 0 and is raised, since none may end below where it began.
        let room = DispatchSemaphore(value: 0)
        /// One for each element, and one for the end.
        let made = DispatchSemaphore(value: 0)
    }

    private let queue = Queue()

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - depth: elements that wait at most.
    ///   - start: is called on the thread, and gives what makes the next element, or nil at the end.
    init(depth: Int, start: @escaping @Sendable () throws -> () throws -> Element?) {
        for _ in 0..<depth { queue.room.signal() }
        Thread.detachNewThread { [queue] in
            do {
                let next = try start()
                while true {
                    queue.room.wait()
                    guard !queue.state.withLock({ $0.isStopped }), let element = try next() else { break }
                    queue.state.withLock { state in
                        if !state.isStopped { state.elements.append(element) }
                    }
                    queue.made.signal()
                }
            } catch {
                queue.state.withLock { $0.failure = error }
            }
            queue.made.signal()
        }
    }

    deinit {
        queue.state.withLock { state in
            state.isStopped = true
            state.elements = []
        }
        queue.room.signal()
    }

    /// The next element; nil after the last.
    ///
    /// - Throws: what the maker threw, after all that it made before.
    func next() throws -> Element? {
        queue.made.wait()
        return try queue.state.withLock { state in
            guard !state.elements.isEmpty else {
                // Whoever asks again after the end gets the end again.
                queue.made.signal()
                if let failure = state.failure { throw failure }
                return nil
            }
            queue.room.signal()
            return state.elements.removeFirst()
        }
    }
}
