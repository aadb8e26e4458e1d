import PicketLog

extension Pipeline {
    /// How often segments are looked at that may be too old, in milliseconds. They hold days; an hour is soon enough.
    private static let pruneEvery: Int64 = 3_600_000

    /// Deletes what is older than `retention` (milliseconds), at most once an hour.
    func prune(retention: Int64) async throws {
        guard failure == nil, !isPumping, turns.isFree else { return }
        try await exclusively {
            let received = now()
            guard received - prunedAt >= Pipeline.pruneEvery else { return }
            prunedAt = received
            do throws(LogError) {
                guard let below = try writer.prune(before: received - retention, time: received) else { return }
                say("picket: retention deleted the records below \(below)")
            } catch {
                // Nothing was deleted; the next hour tries again.
                guard error.kind == .full, error.outcome == .notWritten else { throw error }
            }
        }
    }
}
