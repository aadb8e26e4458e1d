import PicketEvents
import PicketProfiles

/// Which records show that a behavior could see: those that it counts, and those that come from whoever would have told of
/// them. No refused connection in a month of connections is a result; a month without any is none.
enum Witnesses {
    static func of(_ behavior: Behavior) -> [EventKind] {
        var kinds = behavior.metric.kinds
        if let only = behavior.filter?.kinds { kinds.formIntersection(only) }
        let all = kinds.kinds.reduce(into: EventKindSet(rawValue: 0)) { $0.formUnion(witnesses($1)) }
        return all.kinds
    }

    private static func witnesses(_ kind: EventKind) -> EventKindSet {
        switch kind {
        case .connect, .connectFailed, .disconnect: EventKindSet(.connect, .connectFailed, .disconnect)
        // Brokers tell of refused acts where they tell of messages.
        case .denied: EventKindSet(.denied, .publish, .deliver)
        // Any feed can hold what cannot be read.
        case .rejected:
            EventKind.allCases.filter { !$0.isPicketOwn }.reduce(into: EventKindSet(rawValue: 0)) {
                $0.formUnion(EventKindSet($1))
            }
        default: EventKindSet(kind)
        }
    }
}
