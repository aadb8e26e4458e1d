package import PicketProfiles
package import PicketState

/// The fleet file beside what the log has seen: who is registered, and who is there.
package struct FleetCensus: Sendable {
    /// A device, as both know it.
    package struct Member: Sendable {
        package enum State: String, Sendable, CaseIterable {
            /// Registered and seen.
            case seen
            /// Registered, and no event of it is in the log.
            case neverSeen = "never-seen"
            /// Seen, and not in the fleet file.
            case unregistered
        }

        package var name: String
        package var state: State
        /// What the fleet file says; nil for a device that it does not list.
        package var device: Fleet.Device?
        /// What the log says; nil for one that it never saw.
        package var entry: DeviceEntry?
    }

    /// By name.
    package let members: [Member]

    package init(fleet: Fleet, seen: [DeviceEntry]) {
        var entries = Dictionary(seen.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var members: [Member] = []
        for (name, device) in fleet.devices {
            let entry = entries.removeValue(forKey: name)
            members.append(Member(name: name, state: entry == nil ? .neverSeen : .seen, device: device, entry: entry))
        }
        members += entries.map { Member(name: $0.key, state: .unregistered, device: nil, entry: $0.value) }
        self.members = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// How many are in `state`.
    package func count(_ state: Member.State) -> Int { members.count { $0.state == state } }
}
