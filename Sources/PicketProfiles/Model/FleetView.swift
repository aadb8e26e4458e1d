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

    package init(devices: [String: Device] = [:]) { self.devices = devices }

    /// No fleet file: nothing is registered.
    package static let none = FleetView()
}

extension [Target] {
    /// Whether a device called `name` is meant by any of the alternatives.
    package func include(_ name: String, in fleet: FleetView) -> Bool {
        let device = fleet.devices[name]
        return contains { target in
            target.conditions.allSatisfy { $0.holds(for: name, device) }
                && !target.exceptions.contains { $0.holds(for: name, device) }
        }
    }

    /// Whether they mean whatever an event names, also events that name no device.
    package var includeEverything: Bool { contains { $0.conditions == [.all] && $0.exceptions.isEmpty } }
}

extension Target.Condition {
    /// Whether it holds for a device called `name`; `device` is what the fleet file says of it.
    func holds(for name: String, _ device: FleetView.Device?) -> Bool {
        switch self {
        case .all: true
        case .registered: device != nil
        case .unregistered: device == nil
        case .group(let group): device?.groups.contains(group) ?? false
        case .type(let type): device?.type == type
        case .device(let pattern): NameGlob.matches(pattern, name)
        case .attribute(let attribute, let value): device?.attributes[attribute] == value
        }
    }
}
