/// What the fleet file says: which devices there are, how each of them proves who it is, and what belongs together.
package struct Fleet: Hashable, Sendable {
    /// How the identity of a device is established (DESIGN §4).
    package enum IdentityRule: Hashable, Sendable {
        /// The strongest that the feed carries.
        case strongest
        /// The common name of the client certificate.
        case certificate
        /// The user whose password was right.
        case user
        /// The client id, which is only claimed.
        case clientID
        /// The level of the topic that `{device}` stands for, behind a gateway.
        case topic(String)
    }

    /// A device that is registered.
    package struct Device: Hashable, Sendable {
        /// The groups that it names itself; those that hold them are in ``Fleet/view``.
        package var groups: [String] = []
        package var type: String?
        /// Serial numbers of its certificates, hexadecimal, upper case.
        package var certificates: [String] = []
        /// The user it logs in as, where that is not its name.
        package var user: String?
        package var attributes: [String: String] = [:]
    }

    /// Devices that belong together.
    package struct Group: Hashable, Sendable {
        /// The type of its members that have none of their own.
        package var type: String?
        /// The group that holds it.
        package var parent: String?
        /// Topic filters by class: `telemetry`, `actuation`.
        package var topics: [String: [String]] = [:]
    }

    package var identity = IdentityRule.strongest
    package var groups: [String: Group] = [:]
    package var devices: [String: Device] = [:]
    /// Devices that no playbook may touch; `*` stands for any run of characters.
    package var protected: [String] = []

    package init() {}

    /// No fleet file.
    package static let none = Fleet()

    /// What detection asks of it.
    package var view: FleetView {
        FleetView(
            devices: devices.mapValues { device in
                let all = device.groups.reduce(into: Set<String>()) { $0.formUnion(withParents($1)) }
                let type = device.type ?? device.groups.lazy.compactMap { self.groups[$0]?.type }.first
                return FleetView.Device(groups: all, type: type, attributes: device.attributes)
            },
            holders: groups.reduce(into: [:]) { holders, group in
                if group.value.parent != nil { holders[group.key] = withParents(group.key) }
            })
    }

    /// Whether the file says by which user the device called `name` logs in, so that its password proves it.
    package func bindsUser(of name: String) -> Bool {
        devices[name].map { $0.user != nil || identity == .user } ?? false
    }

    /// Whether no playbook may touch the device called `name`.
    package func protects(_ name: String) -> Bool { protected.contains { NameGlob.matches($0, name) } }

    /// The group and those that hold it.
    private func withParents(_ group: String) -> Set<String> {
        var found: Set<String> = []
        var next: String? = group
        while let name = next, found.insert(name).inserted { next = groups[name]?.parent }
        return found
    }
}
