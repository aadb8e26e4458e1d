import Foundation
import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog

/// What the daemon does with a request: a decision is durable before it is answered.
struct Control {
    let pipeline: Pipeline
    let desk: MitigationDesk

    func answer(_ request: ControlRequest, by user: String) async -> ControlAnswer {
        if let (action, id) = request.mitigation, let objection = desk.objection(to: action, id, by: user) {
            return ControlAnswer(isDone: false, message: objection)
        }
        do {
            guard let action = try await pipeline.decide(request, by: user) else {
                let statistics = await pipeline.statistics
                return ControlAnswer(
                    isDone: true,
                    message:
                        "picket \(Daemon.version) runs: \(statistics.events) events, \(statistics.rejected) rejected, "
                        + "\(await pipeline.records) records in the log")
            }
            return ControlAnswer(isDone: true, message: "\(action): recorded")
        } catch {
            return ControlAnswer(isDone: false, message: "the decision could not be recorded: \(error)")
        }
    }
}

extension Pipeline {
    /// Records what a person decided, or that one reads.
    ///
    /// - Returns: what was recorded, in a word, when it is durable; nil for a request that leaves no record.
    func decide(_ request: ControlRequest, by user: String) async throws -> String? {
        var action: String?
        try await exclusively {
            let received = now()
            if case .read(let access, let what) = request {
                let record = AccessRecord(access, what)
                try await write(record.line(by: user, time: received), received)
                if record.isSound { lastVerified = received }
                action = access.rawValue
                return
            }
            guard let record = request.record(by: user, received: received) else { return }
            let line = record.line()
            try await write(line, received)
            action = record.action
            // Read back, so that detection sees here what it will see in a replay of the log.
            if let decision = ControlRecord(line: Data(line)) {
                detector.step(decision, feed: nil, into: &found)
                try await tell(received)
            }
            let id = record.details.first { $0.key == "mitigation" }?.value
            if let line = mitigation?.decided(record.action, id, by: user, received: received) {
                try await write(line, received)
            }
            mitigation?.written()
        }
        return action
    }
}
