import PicketEvents
import PicketLocks
import PicketMitigation

/// What is known of one command on its way: told by the pipeline and by the connection, read by whoever waits for it.
final class CommandWatch: Sendable {
    private struct State {
        var proof: AcknowledgementProof
        var refusal: String?
        /// Why the broker could not be asked, the newest reason.
        var problem: String?
        var isSent = false
    }

    private let state: Locked<State>
    private let changes: AsyncStream<Void>.Continuation
    /// Comes whenever something may have changed; ends with ``finish()``.
    let news: AsyncStream<Void>

    init(_ proof: AcknowledgementProof) {
        state = Locked(State(proof: proof))
        (news, changes) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        changes.yield()
    }

    func observe(_ batch: borrowing EventBatch, rows: Range<Int>) {
        // Not by `change`: a closure cannot borrow what its function borrows.
        state.withLock { $0.proof.observe(batch, rows: rows) }
        changes.yield()
    }

    func hear(bytes: Int, _ answer: Acknowledgement?) {
        change { state in
            state.proof.hear(bytes: bytes, answer)
            if case .refused(let words) = answer { state.refusal = words }
        }
    }

    func askAgain() { change { $0.proof.askAgain() } }

    func sent() { change { $0.isSent = true } }

    func failed(_ problem: String) { change { $0.problem = problem } }

    /// Time is over.
    func finish() { changes.finish() }

    var isSent: Bool { state.withLock { $0.isSent } }
    var isProved: Bool { state.withLock { $0.proof.isProved } }
    var isAnswered: Bool { state.withLock { $0.proof.isAnswered } }
    var isRefused: Bool { state.withLock { $0.proof.isRefused } }
    var refusal: String? { state.withLock { $0.refusal } }
    var problem: String? { state.withLock { $0.problem } }
    var stranger: String? { state.withLock { $0.proof.stranger } }
}
