/// Which devices a profile is for. Items of a profile's list are alternatives; inside one item all conditions hold,
/// and none of the exceptions.
package struct Target: Hashable, Sendable {
    /// One thing that is true of a device.
    package enum Condition: Hashable, Sendable {
        /// Every device.
        case all
        /// Devices that the fleet file knows.
        case registered
        /// Devices that the fleet file does not know.
        case unregistered
        /// Members of a group.
        case group(String)
        /// Devices of a type.
        case type(String)
        /// Devices with a name, where `*` stands for any run of characters.
        case device(String)
        /// Devices with an attribute of this value.
        case attribute(name: String, value: String)
    }

    package let conditions: [Condition]
    package let exceptions: [Condition]

    package init(_ conditions: [Condition], except exceptions: [Condition] = []) {
        self.conditions = conditions
        self.exceptions = exceptions
    }

    /// Every device.
    package static let all = Target([.all])

    /// Whether only the fleet file can say which devices are meant.
    package var needsFleet: Bool { self != .all }

    /// Whether it means nobody where there is no fleet file.
    package var needsGroups: Bool {
        conditions.contains {
            switch $0 {
            case .registered, .group, .type, .attribute: true
            case .all, .unregistered, .device: false
            }
        }
    }
}
