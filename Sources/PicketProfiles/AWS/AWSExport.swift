import PicketEvents

/// A folder with outputs of `aws iot` commands, each recognised by its shape (AWS IoT API 2015-05-28): what belongs to a
/// security profile and is not in `describe-security-profile`.
struct AWSExport {
    /// Dimensions and custom metrics.
    private(set) var definitions = Definitions()
    /// Targets by the name of their file: the output does not say whose they are.
    private var targets: [(file: String, arns: [String])] = []
    /// Members of groups by the name of their file, likewise.
    private var members: [(file: String, things: [String])] = []
    private var things: [String: Fleet.Device] = [:]
    private var groups: Set<String> = []

    /// Whether there is anything of AWS in the folder besides profiles.
    var isEmpty: Bool {
        targets.isEmpty && members.isEmpty && things.isEmpty && groups.isEmpty && definitions.dimensions.isEmpty
            && definitions.customMetrics.isEmpty
    }

    /// Takes a file, if it is an output that belongs to profiles.
    mutating func take(_ root: YAMLNode, file: String) -> Bool {
        guard case .mapping(let entries) = root.content else { return false }
        let keys = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        if let values = keys["stringValues"], let name = keys["name"]?.text {
            definitions.dimensions[name] = values.items.compactMap(\.text)
        } else if let name = keys["metricName"]?.text, let type = keys["metricType"]?.text {
            definitions.customMetrics[name] = CustomMetric.MetricType(rawValue: type)
            if definitions.customMetrics[name] == nil { definitions.unknownTypes[name] = type }
        } else if let list = keys["securityProfileTargets"] {
            targets.append((file, list.items.compactMap { $0["arn"]?.text }))
        } else if let list = keys["thingGroups"] {
            groups.formUnion(list.items.compactMap { $0["groupName"]?.text })
        } else if let list = keys["things"] {
            takeThings(list, file: file)
        } else {
            return false
        }
        return true
    }

    /// `list-things` has objects, `list-things-in-thing-group` names.
    private mutating func takeThings(_ list: YAMLNode, file: String) {
        let names = list.items.compactMap(\.text)
        if !names.isEmpty || file.contains("members") {
            members.append((file, names))
            return
        }
        for item in list.items {
            guard let name = item["thingName"]?.text else { continue }
            var device = things[name] ?? Fleet.Device()
            device.type = item["thingTypeName"]?.text
            if case .mapping(let attributes) = item["attributes"]?.content {
                for attribute in attributes { device.attributes[attribute.key] = attribute.value.text }
            }
            things[name] = device
        }
    }

    /// The targets of a profile: those in the file that has its name, or in the only one there is.
    func targets(of profile: String, profiles: Int) -> [String]? {
        if let own = AWSExport.best(targets.map(\.file), for: profile) { return targets[own].arns }
        return targets.count == 1 && profiles == 1 ? targets[0].arns : nil
    }

    /// Things, and the groups that they are in; nil when the folder names neither.
    var fleet: Fleet? {
        guard !things.isEmpty || !groups.isEmpty || !members.isEmpty else { return nil }
        var fleet = Fleet()
        fleet.devices = things
        for group in groups { fleet.groups[group] = Fleet.Group() }
        for (file, names) in members {
            guard let group = groupName(of: file) else { continue }
            fleet.groups[group] = fleet.groups[group] ?? Fleet.Group()
            for name in names { fleet.devices[name, default: Fleet.Device()].groups.append(group) }
        }
        return fleet
    }

    /// Whether the members of `group` are here.
    func knowsMembers(of group: String) -> Bool { members.contains { groupName(of: $0.file) == group } }

    /// The group whose members a file holds: the longest known name that the file's name holds, else what its name says
    /// before `.members.json`.
    private func groupName(of file: String) -> String? {
        let base = AWSExport.base(file)
        if let known = groups.filter({ base.contains($0) }).max(by: { $0.count < $1.count }) { return known }
        return base.firstRange(of: ".members").map { String(base[..<$0.lowerBound]) }
    }

    /// The file whose name begins with `name`, or holds it.
    private static func best(_ files: [String], for name: String) -> Int? {
        files.firstIndex { base($0).hasPrefix("\(name).") } ?? files.firstIndex { base($0).contains(name) }
    }

    private static func base(_ file: String) -> String { file.split(separator: "/").last.map(String.init) ?? file }
}

extension YAMLNode {
    /// The value of a key of a mapping.
    fileprivate subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }
}
