import Dispatch
import PicketLocks

/// Wakes whoever follows a file when it, or its rotation, may have something new.
///
/// Where the system tells (inotify), a wait ends within a millisecond of a write; where it does not, after
/// ``SourceLimits/pollInterval``. A change between two waits is not missed: the second ends at once. Network file
/// systems do not tell of other machines' writes, so a wait should have a limit of about a second.
package final class FileWatch: Sendable {
    private struct State: Sendable {
        var notices: ChangeNotices
        /// Something changed, and nobody waited for it.
        var hasNews = false
        /// Those who wait, by a number of their own.
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Those who are about to.
        var coming: Set<Int> = []
        var lastNumber = 0
        /// When the timer ends all waits; nil while nobody waits.
        var deadline: DispatchTime?
        /// Whether the system's news are listened to. They are not while nobody waits: a busy file costs nothing.
        var isListening = false
    }

    private let state: Locked<State>
    // Dispatch sources may be used from any thread; their type does not say so.
    nonisolated(unsafe) private let source: (any DispatchSourceRead)?
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    /// Watches the file at `path`, which need not exist.
    package convenience init(path: String) {
        self.init(path: path, polls: false)
    }

    /// - Parameter polls: whether to do without the system's help.
    init(path: String, polls: Bool) {
        let notices = ChangeNotices(path: path, polls: polls)
        let queue = DispatchQueue(label: "picket.file-watch", qos: .userInitiated)
        source = notices.descriptor.map { DispatchSource.makeReadSource(fileDescriptor: $0.number, queue: queue) }
        timer = DispatchSource.makeTimerSource(queue: queue)
        state = Locked(State(notices: notices))
        source?.setEventHandler { [weak self] in self?.takeNews() }
        // The descriptor must stay open until the source has let go of it.
        source?.setCancelHandler { withExtendedLifetime(notices.descriptor) {} }
        timer.setEventHandler { [weak self] in self?.timeIsUp() }
        timer.schedule(deadline: .distantFuture)
        timer.resume()
    }

    deinit {
        timer.cancel()
        // A source may not be let go of while it is suspended.
        if !state.withLock({ $0.isListening }) { source?.resume() }
        source?.cancel()
    }

    /// Waits until the file may have changed, at most for `limit`; now and then it ends early without a reason.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    package func wait(upTo limit: Duration) async throws(CancellationError) {
        if Task.isCancelled { throw CancellationError() }
        let begun = state.withLock { state -> (number: Int, time: Duration)? in
            let changed = state.notices.take()
            if changed || state.hasNews {
                state.hasNews = false
                return nil
            }
            state.lastNumber += 1
            state.coming.insert(state.lastNumber)
            let longest = state.notices.isComplete ? limit : min(limit, SourceLimits.pollInterval)
            return (state.lastNumber, longest)
        }
        guard let begun else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                begin(begun.number, continuation, for: begun.time)
            }
        } onCancel: {
            cancel(begun.number)
        }
        if Task.isCancelled { throw CancellationError() }
    }

    private func begin(_ number: Int, _ continuation: CheckedContinuation<Void, Never>, for time: Duration) {
        let deadline = DispatchTime.now() + FileWatch.interval(time)
        let waits = state.withLock { state in
            // Cancelled before it began.
            guard state.coming.remove(number) != nil else { return false }
            state.waiting[number] = continuation
            if let source, !state.isListening {
                state.isListening = true
                source.resume()
            }
            if state.deadline.map({ deadline < $0 }) ?? true {
                state.deadline = deadline
                timer.schedule(deadline: deadline, leeway: .milliseconds(1))
            }
            return true
        }
        if !waits { continuation.resume() }
    }

    private func cancel(_ number: Int) {
        let continuation = state.withLock { state in
            state.coming.remove(number)
            return state.waiting.removeValue(forKey: number)
        }
        continuation?.resume()
    }

    /// The system has news. When they concern the file, all waits end.
    private func takeNews() {
        let waits = state.withLock { state in
            guard state.notices.take() else { return [CheckedContinuation<Void, Never>]() }
            if state.isListening {
                state.isListening = false
                source?.suspend()
            }
            state.hasNews = state.waiting.isEmpty
            return FileWatch.endAll(&state)
        }
        for wait in waits { wait.resume() }
    }

    private func timeIsUp() {
        let waits = state.withLock { FileWatch.endAll(&$0) }
        for wait in waits { wait.resume() }
    }

    private static func endAll(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        defer { state.waiting = [:] }
        state.deadline = nil
        return Array(state.waiting.values)
    }

    /// A duration as the timer wants it; a day stands for everything longer.
    private static func interval(_ time: Duration) -> DispatchTimeInterval {
        let (seconds, attoseconds) = min(max(time, .zero), .seconds(86_400)).components
        return .nanoseconds(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }
}
