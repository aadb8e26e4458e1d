import PicketEvents
import PicketLocks

/// What a simulated fleet did on real connections.
package final class LiveTally: Sendable {
    /// The counts.
    package struct Counts: Sendable, Equatable {
        /// Readings that were sent, lost for want of a connection or refused, and kept back after a command to stop.
        package var published = 0
        package var failed = 0
        package var silenced = 0
        /// Things of the schedule that a slow connection left no room for.
        package var dropped = 0
        /// Commands that came, repeats too, and those that were answered.
        package var commands = 0
        package var answered = 0
        /// Clients with a connection, and the most at one time.
        package var connected = 0
        package var mostConnected = 0
        /// How late the schedule ran at worst, in milliseconds.
        package var worstLateness: Int64 = 0
    }

    private let state = Locked(Counts())

    package init() {}

    package var counts: Counts { state.withLock { $0 } }

    func count(_ what: WritableKeyPath<Counts, Int>) { state.withLock { $0[keyPath: what] += 1 } }

    func connected(_ change: Int) {
        state.withLock { counts in
            counts.connected += change
            counts.mostConnected = max(counts.mostConnected, counts.connected)
        }
    }

    func late(by milliseconds: Int64) { state.withLock { $0.worstLateness = max($0.worstLateness, milliseconds) } }

    /// One line of JSON, without a newline.
    package var json: [UInt8] {
        let counts = counts
        var line = RecordLine()
        line.add("published", Int64(counts.published))
        line.add("failed", Int64(counts.failed))
        line.add("silenced", Int64(counts.silenced))
        line.add("dropped", Int64(counts.dropped))
        line.add("commands", Int64(counts.commands))
        line.add("answered", Int64(counts.answered))
        line.add("mostConnected", Int64(counts.mostConnected))
        line.add("worstLatenessMilliseconds", counts.worstLateness)
        return line.finish()
    }
}
