/// What detection asks of the fleet file: which devices there are, and what is true of each.
package struct FleetView: Hashable, Sendable {
    package struct Device: Hashable, Sendable {
        /// Its groups, with those that hold them.
        package var groups: Set<String>
        package var type: String?
        package var attributes: [String: String]

        package init(groups: Set<String> = [], type: String? = nil, attributes: [String: String] = [:]) {
            self.groups = groups
            self.type = type
            self.attributes = attributes
        }
    }

    /// The registered devices by name.
    package var devices: [String: Device]

    /// Groups that others hold: each with all that hold it, itself too.
    package var holders: [String: Set<String>]
    /// By device, then by group: whether mitigation has moved it into the group, or out of it. It outlives a reload of the
    /// fleet file, over which it lies.
    package var memberships: [String: [String: Bool]] = [:]

    package init(devices: [String: Device] = [:], holders: [String: Set<String>] = [:]) {
        self.devices = devices
        self.holders = holders
    }

    /// The groups of the device called `name`, with those that hold them. Who is moved out of a group stays in those that
    /// hold it.
    package func groups(of name: String) -> Set<String> {
        let filed = devices[name]?.groups ?? []
        guard !memberships.isEmpty, let moved = memberships[name] else { return filed }
        return moved.reduce(into: filed) { groups, move in
            if move.value { groups.formUnion(holders[move.key] ?? [move.key]) } else { groups.remove(move.key) }
        }
    }

    /// No fleet file: nothing is registered.
    package static let none = FleetView()
}

extension [Target] {
    /// Whether a device called `name` is meant by any of the alternatives.
    package func include(_ name: String, in fleet: FleetView) -> Bool {
        let device = fleet.devices[name]
        return contains { target in
            target.conditions.allSatisfy { $0.holds(for: name, device, in: fleet) }
                && !target.exceptions.contains { $0.holds(for: name, device, in: fleet) }
        }
    }

    /// Whether they mean whatever an event names, also events that name no device.
    package var includeEverything: Bool { contains { $0.conditions == [.all] && $0.exceptions.isEmpty } }
}

extension Target.Condition {
    /// Whether it holds for a device called `name`; `device` is what the fleet file says of it.
    func holds(for name: String, _ device: FleetView.Device?, in fleet: FleetView) -> Bool {
        switch self {
        case .all: true
        case .registered: device != nil
        case .unregistered: device == nil
        case .group(let group):
            fleet.memberships.isEmpty
                ? device?.groups.contains(group) ?? false : fleet.groups(of: name).contains(group)
        case .type(let type): device?.type == type
        case .device(let pattern): NameGlob.matches(pattern, name)
        case .attribute(let attribute, let value): device?.attributes[attribute] == value
        }
    }
}
