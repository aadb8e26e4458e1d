import Dispatch
import PicketLog
import PicketState
import Synchronization

/// Keeps the tables of `state.db` at the end of the log while the daemon runs. It reads the log as any other reader does, so
/// that nothing waits for it and the tables can hold nothing that the log does not.
struct StateFollower {
    let place: LogPlace
    let pipeline: Pipeline
    /// Is told once when the tables cannot be written, and once when they can again.
    let say: @Sendable (String) -> Void

    /// How old the tables may be.
    private static let every = Duration.seconds(1)

    /// Runs until the task is cancelled.
    func run() async {
        guard let file = StatePlace(place).file else { return }
        let isWanted = Atomic(true)
        var held: UInt64?
        var isFailing = false
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                let records = await pipeline.records
                if records != held {
                    do {
                        held = try await catchUp(file) { isWanted.load(ordering: .relaxed) }
                        if isFailing { say("picket: the tables in \(file) are written again") }
                        isFailing = false
                    } catch {
                        // Nothing depends on them: the next question makes them anew.
                        if !isFailing { say("picket: the tables in \(file) cannot be written: \(error)") }
                        isFailing = true
                    }
                }
                do {
                    try await Task.sleep(for: StateFollower.every)
                } catch {
                    return
                }
            }
        } onCancel: {
            isWanted.store(false, ordering: .relaxed)
        }
    }

    /// Reading a long log takes long: on a thread that may be kept waiting.
    private func catchUp(_ file: String, while isWanted: @escaping @Sendable () -> Bool) async throws -> UInt64 {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global(qos: .utility).async { [folder = place.folder, pipeline] in
                done.resume(
                    with: Result {
                        let tables = try StateDatabase(path: file)
                        let held = try tables.catchUp(with: folder, while: isWanted)
                        pipeline.counts.mitigated(try tables.mitigationCounts())
                        return held
                    })
            }
        }
    }
}
