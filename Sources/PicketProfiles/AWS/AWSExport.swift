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
    /// The names of the profiles in the folder, and of the groups that their targets name.
    private var profiles: Set<String> = []
    /// Whether the outputs of `list-things` and of `list-thing-groups` are here, be they empty.
    private(set) var hasThings = false
    private(set) var hasGroups = false

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
            hasGroups = true
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
        if !names.isEmpty || AWSExport.base(file).contains("members") {
            members.append((file, names))
            return
        }
        hasThings = true
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

    /// Takes note of the name of a profile: files that belong to profiles are told apart by all of them.
    mutating func takeName(of root: YAMLNode) {
        if let name = root["securityProfileName"]?.text { profiles.insert(name) }
    }

    /// What a folder says of the targets of a profile.
    enum Targets: Equatable {
        case arns([String])
        /// There is no such file.
        case missing
        /// Several files can be meant.
        case ambiguous([String])
    }

    /// The targets of a profile: those in the file that has its name, or in the only one there is.
    func targets(of profile: String, profiles count: Int) -> Targets {
        let own = targets.filter { AWSExport.owner(of: $0.file, among: profiles) == profile }
        if let exact = own.first(where: { AWSExport.stem($0.file) == profile }) { return .arns(exact.arns) }
        if own.count > 1 { return .ambiguous(own.map { AWSExport.base($0.file) }) }
        if let only = own.first { return .arns(only.arns) }
        return targets.count == 1 && count == 1 ? .arns(targets[0].arns) : .missing
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

    /// Whether `group` is in the output of `list-thing-groups`; true where that is not here.
    func knows(group: String) -> Bool { !hasGroups || groups.contains(group) }

    /// The names of the groups, for suggestions.
    var groupNames: [String] { groups.sorted() }

    /// The group whose members a file holds: the one that its name says, else what stands before `.members.json`.
    private func groupName(of file: String) -> String? {
        if let known = AWSExport.owner(of: file, among: groups) { return known }
        let base = AWSExport.base(file)
        return base.firstRange(of: ".members").map { String(base[..<$0.lowerBound]) }
    }

    /// Whom a file belongs to, by its name: who is called as the part before the first `.` is, which no name of AWS holds; else the
    /// longest name in it, so that `indoor-sensors` is not taken for `sensors`. Nil when two are as long.
    private static func owner(of file: String, among names: Set<String>) -> String? {
        let stem = stem(file)
        if names.contains(stem) { return stem }
        let base = base(file)
        let held = names.filter { base.contains($0) }
        guard let longest = held.map(\.count).max() else { return nil }
        let best = held.filter { $0.count == longest }
        return best.count == 1 ? best.first : nil
    }

    /// The name of a file up to its first `.`.
    private static func stem(_ file: String) -> String {
        let base = base(file)
        return String(base.prefix { $0 != "." })
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
