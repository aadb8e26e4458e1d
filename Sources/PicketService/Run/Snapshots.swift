import Dispatch
import Foundation
import PicketEvents
import PicketLog
import PicketProfiles

/// Writes a snapshot now and then, so that the next start reads the tail of the log only.
///
/// A snapshot is made as a start would make it: from the one before and the records of the log since. So it holds what the
/// log says and nothing else, the pipeline does not wait for it, and it costs no memory between two.
struct Snapshots {
    /// When a snapshot is due.
    struct Rhythm {
        /// Not sooner than this after the last one, unless ``records`` have come.
        var every = Duration.seconds(600)
        /// Records after which there is one in any case. A start reads about half a million in a second.
        var records: UInt64 = 1_000_000
        /// How often somebody looks.
        var look = Duration.seconds(5)
    }

    let folder: SnapshotFolder
    /// The folder of the log.
    let log: String
    let feeds: [Configuration.Feed]
    let say: @Sendable (String) -> Void
    /// Who is registered, for decoders that must know.
    var fleet = FleetInForce(.none)
    var rhythm = Rhythm()

    /// Records that a start may read before it leaves a snapshot for the next one at once.
    static let worthWriting: UInt64 = 100_000

    /// What a start knows: the newest good snapshot, and the records since.
    ///
    /// - Throws: `LogError` when the log cannot be read.
    func start() throws -> Startup {
        let began = ContinuousClock.now
        let restored = try folder.restore(feeds: feeds, fleet: fleet, log: log, ignored: say)
        var startup = restored ?? Startup(feeds: feeds, fleet: fleet)
        try startup.read(folder: log)
        let before = restored?.position ?? 0
        let count = startup.position - before
        let took = String(format: "%.2f", (ContinuousClock.now - began) / .seconds(1))
        if restored != nil {
            say("picket: restored at record \(before), read \(count) records in \(took) s")
        } else if count > 0 {
            say("picket: read \(count) records in \(took) s")
        }
        if count >= Snapshots.worthWriting { attempt { try write(startup) } }
        return startup
    }

    /// Follows the log until the task is cancelled.
    ///
    /// - Parameter records: how many there are that are durable.
    func run(records: @Sendable () async -> UInt64) async {
        var last = (records: await records(), at: ContinuousClock.now)
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: rhythm.look)
            } catch {
                return
            }
            let now = await records()
            let isDue = now >= last.records + rhythm.records || ContinuousClock.now >= last.at + rhythm.every
            guard isDue, now > last.records else { continue }
            await withCheckedContinuation { done in
                DispatchQueue.global(qos: .utility).async {
                    update(through: now)
                    done.resume()
                }
            }
            last = (now, ContinuousClock.now)
        }
    }

    /// Writes a snapshot of the log up to the record `end`.
    func update(through end: UInt64 = .max) {
        attempt {
            let restored = try folder.restore(feeds: feeds, fleet: fleet, log: log, ignored: say)
            var startup = restored ?? Startup(feeds: feeds, fleet: fleet)
            try startup.read(folder: log, below: end)
            if startup.position > restored?.position ?? 0 { try write(startup) }
        }
    }

    private func write(_ startup: Startup) throws {
        guard startup.lastLeaf != nil else { return }
        try folder.write(try Snapshot.write(startup, folder: log), records: startup.position)
    }

    /// Nothing depends on a snapshot but the time of the next start.
    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            say("picket: no snapshot was written to \(folder.path): \(error). The next start reads more of the log")
        }
    }
}
