/// Reads which devices a profile is for. Everything but `all` needs the fleet file to be resolved.
struct TargetReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) {
        self.collector = collector
    }

    private static let conditions = ["all", "group", "type", "attribute", "device", "registered", "unregistered"]
    private static let words: [String: Target.Condition] = [
        "all": .all, "registered": .registered, "unregistered": .unregistered,
    ]

    /// The targets; every device when they are wrong, which was then reported.
    func read(_ node: YAMLNode) -> [Target] {
        guard !node.items.isEmpty, !node.isNull else {
            collector.report(.target, at: node.place, "the profile is for nothing", help: "`targets: [all]` means all")
            return [.all]
        }
        return node.items.compactMap { item in
            readTarget(item)
        }
    }

    /// The targets that AWS's ARNs name; every device when there is none.
    func read(arns: [String]) -> [Target] {
        let targets = arns.compactMap { readARN($0, Place(line: 0, column: 0, length: 0)) }
        return targets.isEmpty ? [.all] : targets
    }

    private func readTarget(_ node: YAMLNode) -> Target? {
        if node.isMapping {
            guard var keys = MappingReader(node, "a target", collector) else { return nil }
            let exceptions = keys.take("except").flatMap { entry in
                MappingReader(entry.value, "`except`", collector).map { readConditions($0) }
            }
            let conditions = readConditions(keys)
            checkContradictions(conditions, except: exceptions ?? [], at: node.place)
            if conditions.isEmpty, exceptions?.isEmpty == false {
                return Target([.all], except: exceptions ?? [])
            }
            return conditions.isEmpty ? nil : Target(conditions, except: exceptions ?? [])
        }
        guard let text = node.text else {
            collector.report(
                .target, at: node.place, "a target is `all` or a mapping such as `{ group: thermostats }`")
            return nil
        }
        if let condition = Self.words[text] { return Target([condition]) }
        if text.hasPrefix("arn:") { return readARN(text, node.place) }
        collector.report(
            .target, at: node.place, "there is no target `\(text)`",
            help: "`all`, `unregistered`, or a mapping such as `{ group: thermostats }`",
            suggestion: DidYouMean.closest(to: text, among: Self.words.keys.sorted()) ?? "{ group: \(text) }")
        return nil
    }

    /// A target that no device can be would watch nothing, and say nothing.
    private func checkContradictions(_ conditions: [Target.Condition], except: [Target.Condition], at place: Place) {
        let needsFleet = conditions.contains { condition in
            switch condition {
            case .group, .type, .attribute, .registered: true
            case .all, .device, .unregistered: false
            }
        }
        if conditions.contains(.unregistered), needsFleet {
            collector.report(
                .target, at: place, "no device is meant: what is not registered has no group, type or attribute",
                help: "conditions inside of one target must all hold; write two targets when either is meant")
        } else if except.contains(where: { takesAway($0, conditions, needsFleet: needsFleet) }) {
            collector.report(
                .target, at: place, "no device is meant: `except` takes away all that the target names",
                help: "`except` is for some of them, such as `{ group: thermostats, except: { device: \"lab-*\" } }`")
        }
    }

    /// Whether an exception covers all that `conditions` mean.
    private func takesAway(_ exception: Target.Condition, _ conditions: [Target.Condition], needsFleet: Bool) -> Bool {
        if exception == .all || conditions.contains(exception) { return true }
        if exception == .registered { return needsFleet }
        guard case .device(let pattern) = exception else { return false }
        if !pattern.isEmpty, pattern.allSatisfy({ $0 == "*" }) { return true }
        return conditions.contains { condition in
            // Only a `*` of the pattern takes the `*` of a name.
            guard case .device(let names) = condition else { return false }
            return NameGlob.matches(pattern, names)
        }
    }

    private func readConditions(_ reader: MappingReader) -> [Target.Condition] {
        var keys = reader
        var conditions: [Target.Condition] = []
        for word in Self.words.keys.sorted() {
            guard let entry = keys.take(word), let condition = Self.words[word] else { continue }
            if entry.value.flag == true {
                conditions.append(condition)
            } else {
                collector.report(.target, at: entry.keyPlace, "`\(word)` can only be true")
            }
        }
        if let group = keys.text(["group"]) { conditions.append(.group(group.text)) }
        if let type = keys.text(["type"]) { conditions.append(.type(type.text)) }
        if let device = keys.text(["device"]) { conditions.append(.device(device.text)) }
        if let entry = keys.take("attribute") {
            if case .mapping(let attributes) = entry.value.content {
                for attribute in attributes {
                    guard let (value, _) = MappingReader.text(of: attribute, collector) else { continue }
                    conditions.append(.attribute(name: attribute.key, value: value))
                }
            } else {
                collector.report(
                    .target, at: entry.keyPlace, "`attribute` is a mapping such as `{ firmware: \"4.1.0\" }`")
            }
        }
        keys.finish(help: "known are \(Self.conditions.joined(separator: ", "))")
        return conditions
    }

    /// A target as AWS names it: `arn:aws:iot:REGION:ACCOUNT:all/things` or `…:thinggroup/NAME`.
    private func readARN(_ text: String, _ place: Place) -> Target? {
        let resource = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last ?? ""
        switch resource {
        case "all/things": return .all
        case "all/registered-things": return Target([.registered])
        case "all/unregistered-things": return Target([.unregistered])
        default:
            let prefix = "thinggroup/"
            guard resource.hasPrefix(prefix), resource.count > prefix.count else {
                collector.report(
                    .target, at: place, "this ARN is no target of a security profile",
                    help: "AWS's end in `all/things`, `all/registered-things`, `all/unregistered-things` or "
                        + "`thinggroup/NAME`")
                return nil
            }
            return Target([.group(String(resource.dropFirst(prefix.count)))])
        }
    }
}
