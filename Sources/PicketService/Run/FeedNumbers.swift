import PicketEvents
import PicketLocks

/// Gives feeds that are found while Picket runs their numbers: the one that the log has for the name, or the next.
final class FeedNumbers: Sendable {
    private let names: Locked<[String]>

    /// - Parameter names: of all feeds in the log and the configuration, by their numbers.
    init(_ names: [String]) { self.names = Locked(names) }

    func feed(named name: String) -> FeedID {
        names.withLock { names in
            if let known = names.firstIndex(of: name) { return FeedID(known) }
            names.append(name)
            return FeedID(names.count - 1)
        }
    }
}
