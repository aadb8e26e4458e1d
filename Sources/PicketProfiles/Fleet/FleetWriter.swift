/// Writes a fleet as a fleet file: what is read back is equal.
package enum FleetWriter {
    package static func yaml(_ fleet: Fleet) -> String {
        var lines: [String] = []
        switch fleet.identity {
        case .strongest: break
        case .certificate: lines.append("identity: certificate")
        case .user: lines.append("identity: user")
        case .clientID: lines.append("identity: client-id")
        case .topic(let topic): lines.append("identity: { topic: \(scalar(topic)) }")
        }
        if !fleet.groups.isEmpty { lines.append("groups:") }
        for (name, group) in fleet.groups.sorted(by: { $0.key < $1.key }) {
            var keys: [String] = []
            if let type = group.type { keys.append("type: \(scalar(type))") }
            if let parent = group.parent { keys.append("group: \(scalar(parent))") }
            let topics = group.topics.sorted { $0.key < $1.key }.map { "\($0.key): \(list($0.value))" }
            if !topics.isEmpty { keys.append("topics: { \(topics.joined(separator: ", ")) }") }
            lines.append("  \(scalar(name)): { \(keys.joined(separator: ", ")) }")
        }
        if !fleet.devices.isEmpty { lines.append("devices:") }
        for (name, device) in fleet.devices.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(scalar(name)): { \(keys(device).joined(separator: ", ")) }")
        }
        if !fleet.protected.isEmpty { lines.append("protected: \(list(fleet.protected))") }
        return lines.isEmpty ? "{}\n" : lines.joined(separator: "\n") + "\n"
    }

    private static func keys(_ device: Fleet.Device) -> [String] {
        var keys: [String] = []
        if !device.groups.isEmpty { keys.append("groups: \(list(device.groups))") }
        if let type = device.type { keys.append("type: \(scalar(type))") }
        if !device.certificates.isEmpty { keys.append("certificates: \(list(device.certificates))") }
        if let user = device.user { keys.append("user: \(scalar(user))") }
        let attributes = device.attributes.sorted { $0.key < $1.key }.map { "\(scalar($0.key)): \(scalar($0.value))" }
        if !attributes.isEmpty { keys.append("attributes: { \(attributes.joined(separator: ", ")) }") }
        return keys
    }

    private static func list(_ values: [String]) -> String { "[\(values.map(scalar).joined(separator: ", "))]" }

    private static func scalar(_ text: String) -> String { ProfileWriter.scalar(text) }
}
