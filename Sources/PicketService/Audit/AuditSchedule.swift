import Foundation
import PicketEvents
import PicketLog
import PicketReports

/// Runs the audit of a daemon: when it starts, as often as the plan says, and within a minute of a change to one of the
/// files it looks at.
struct AuditSchedule {
    let plan: AuditPlan
    let pipeline: Pipeline
    let say: @Sendable (String) -> Void

    /// How often files are looked at for changes: a look costs one call for each file.
    var lookEvery = Duration.seconds(60)

    /// After what time another try is made where the log could not be read.
    private static let again = Duration.seconds(600)

    func run() async throws {
        var files: [String: FileTrace] = [:]
        var due = ContinuousClock.now
        var known: Set<String> = []
        while !Task.isCancelled {
            if ContinuousClock.now >= due || files.contains(where: { FileTrace($0.key) != $0.value }) {
                let result = try await audit()
                files = result?.files ?? [:]
                // What could not be read a moment ago is no reason to wait for a day.
                let every = Duration.seconds(plan.everySeconds)
                due = .now + (result == nil ? min(every, AuditSchedule.again) : every)
                if let result { tell(result, &known) }
            }
            do {
                try await Task.sleep(for: min(lookEvery, .seconds(plan.everySeconds)))
            } catch {
                return
            }
        }
    }

    /// - Returns: nil when the log could not be read; the next time is another try.
    private func audit() async throws -> AuditResult? {
        let outcome = await withCheckedContinuation {
            (done: CheckedContinuation<Result<(AuditResult, OpenFindings), any Error>, Never>) in
            // It reads for seconds where the log is large: not on a thread that live feeds need.
            DispatchQueue.global(qos: .utility).async { [plan] in
                done.resume(
                    returning: Result {
                        var audit = Audit(plan, now: Daemon.wallClock())
                        let result = try audit.run()
                        return (result, try plan.log.map { try OpenFindings(folder: $0) } ?? OpenFindings())
                    })
            }
        }
        switch outcome {
        case .success((let result, let open)):
            try await pipeline.record(result, open: open)
            return result
        case .failure(let error):
            say("picket: the audit could not read the log: \(error)")
            return nil
        }
    }

    private func tell(_ result: AuditResult, _ known: inout Set<String>) {
        let open = result.open.map { "\($0.check.rawValue)\t\($0.resource)" }
        let new = open.filter { !known.contains($0) }
        known = Set(open)
        guard !new.isEmpty else { return }
        let words = Counted.text(open.count, "finding needs", "findings need")
        say("picket: audit: \(words) attention, \(new.count) of them new: picket log query --kind finding")
    }
}

extension Pipeline {
    /// Makes what an audit found durable.
    ///
    /// - Parameter open: what earlier audits found and none has closed.
    func record(_ result: AuditResult, open: OpenFindings) async throws {
        try await exclusively {
            let received = now()
            for line in result.records(received: received, open: open) { buffer.append(line: line, time: received) }
            try await flush()
        }
    }
}
