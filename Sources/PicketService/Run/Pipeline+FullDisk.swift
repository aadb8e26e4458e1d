import PicketDetection
import PicketEvents
import PicketLog

/// A full disk stops nothing for good: what was to be written waits, the feeds wait behind it, and the log says afterwards
/// for how long nobody was watching.
extension Pipeline {
    /// Why the log takes nothing at the moment.
    package enum Refusal: Equatable, Sendable {
        /// There is no room; it goes on when there is.
        case full(since: Int64, problem: String)
        /// Nothing more will be written by this run.
        case failed(problem: String)
    }

    /// Why the log takes nothing at the moment; nil while it does.
    package var refusal: Refusal? {
        if let failure { return .failed(problem: "\(failure)") }
        return full.map { .full(since: $0.since, problem: $0.problem) }
    }

    /// Runs `body` alone, in the order of the calls. While it waits for room nothing else may add lines: detection sees
    /// events in the order of the log, or a replay would find something else.
    func exclusively(_ body: () async throws -> Void) async throws {
        await turns.begin()
        defer { turns.end() }
        if let failure { throw failure }
        try await body()
        while full != nil { try await writeGaps() }
    }

    /// Writes what is in the buffer; waits while there is no room.
    func flush() async throws {
        while !buffer.isEmpty {
            let before = writer.nextIndex
            do throws(LogError) {
                try writer.append(buffer)
                buffer.removeAll()
            } catch {
                guard error.kind == .full, error.outcome == .notWritten else {
                    failure = error
                    throw error
                }
                // Of a buffer of several frames the first may be in.
                buffer.removeFirst(Int(writer.nextIndex - before))
                try await waitForRoom(error)
            }
        }
    }

    /// Waits no more for room on a full disk: what waits is refused, and the feeds read it again at the next start.
    package func stopWaiting() {
        mayWait = false
        pause?.cancel()
    }

    private func waitForRoom(_ error: LogError) async throws {
        do {
            if full == nil {
                full = (since: buffer.times.first ?? now(), problem: "\(error)")
                say("picket: no room for the log: \(error). Until then the feeds wait")
                try noteFull(error)
            }
            repeat {
                guard mayWait else { throw error }
                // Not the caller's own sleep: one that is cancelled, such as a cut-off that a person stopped, must not end
                // the log for everybody. What it began to write waits for room like the rest; only `stopWaiting()` ends that.
                let pause = Task { [retryEvery] in try await Task.sleep(for: retryEvery) }
                self.pause = pause
                // One that was cut short has the same end: the next look at `mayWait`.
                _ = await pause.result
            } while try !writer.hasRoom()
        } catch {
            failure = error
            throw error
        }
    }

    /// Into the room that was kept for this, before the records that have none.
    private func noteFull(_ error: LogError) throws {
        let received = full?.since ?? now()
        let record = LogRecord(received: received, event: .full, version: Daemon.version, note: error.problem)
        var line = RecordBuffer()
        line.append(line: record.line(), time: received)
        _ = try writer.noteFull(line)
    }

    private func writeGaps() async throws {
        guard let since = full?.since else { return }
        full = nil
        let received = now()
        say("picket: there is room for the log again")
        for state in feeds {
            let gap = GapRecord(received: received, name: state.name, from: since, to: received, cause: "disk-full")
            buffer.append(line: gap.line(), time: received)
            try await flush()
            detector.step(.gap(gap), feed: nil, into: &found)
        }
        try await tell(received)
    }
}
