package import PicketFeeds
import PicketLocks
package import PicketProfiles

/// The fleet that is in force now, for readers of feeds, which must know who is registered also after a reload.
package final class FleetInForce: Sendable {
    private let fleet: Locked<Fleet>

    package init(_ fleet: Fleet) { self.fleet = Locked(fleet) }

    package func putInForce(_ fleet: Fleet) { self.fleet.withLock { $0 = fleet } }

    /// Whether the fleet file has a device called `name`.
    package func knows(_ name: String) -> Bool { fleet.withLock { $0.devices[name] != nil } }

    package var identity: Fleet.IdentityRule { fleet.withLock { $0.identity } }
}

extension DeviceNaming {
    /// As the fleet file says it.
    package init(_ rule: Fleet.IdentityRule) {
        switch rule {
        case .strongest: self = .strongest
        case .certificate: self = .certificate
        case .user: self = .user
        case .clientID: self = .clientID
        // The reader of the fleet file has refused what is no such topic.
        case .topic(let pattern): self = DeviceTopic(pattern).map { .topic($0) } ?? .strongest
        }
    }
}

extension Configuration.Feed {
    /// What its decoder is told.
    package func options(_ fleet: FleetInForce) -> FeedOptions {
        var options = FeedOptions()
        options.naming = DeviceNaming(fleet.identity)
        options.identity = isIdentityGiven ? identity : options.naming.brokerRule
        if reports.devices == .registered { options.reports.isKnown = { fleet.knows($0) } }
        options.reports.isBoundByACL = reports.publisher == .acl
        options.reports.countsUp = reports.traffic == .counters
        options.reports.alertTopic = reports.topic
        options.fields = fields
        options.csv = csv
        return options
    }
}
