package import Synchronization

/// A value that one thread at a time reads and changes: the standard library's `Mutex`, none of which becomes part of its
/// caller.
///
/// On Linux a `Mutex` asks a variable of the thread which thread it is. Inlined into an asynchronous function, an optimised
/// build (Swift 6.3.1) looks for that variable before an `await`, and reads it behind it, where another thread may go on: the
/// lock is then taken in a foreign thread's name. Two threads hold it, or the program ends with "Recursive call to lock
/// Mutex" (seen with 10,000 simulated devices, and in the machine code). ``withLock(_:)`` is a function of its own, which
/// no `await` can divide.
///
/// ```swift
/// private let count = Locked(0)
/// func note() { count.withLock { $0 += 1 } }
/// ```
package struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>

    package init(_ value: consuming sending Value) { mutex = Mutex(value) }

    /// Runs `body` while no other thread does. It must not take the same lock again.
    @inline(never)
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock(body)
    }
}
