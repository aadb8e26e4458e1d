/// Reads a whole profile, in our form or AWS's: both are one language with two spellings.
struct ProfileReader {
    private let collector: DiagnosticCollector

    private let definitions: Definitions

    private let folder: AWSFolder

    /// - Parameter folder: what lies beside the profile.
    init(_ collector: DiagnosticCollector, folder: AWSFolder = AWSFolder([])) {
        self.collector = collector
        self.folder = folder
        definitions = folder.export.definitions
    }

    /// What AWS adds to a profile that does not concern what is expected of a device.
    static let awsMetadata = [
        "securityProfileArn", "version", "creationDate", "lastModifiedDate", "tags",
    ]

    /// What AWS lets a profile ask for that has no counterpart here.
    static let withoutEffect = [
        "alertTargets": "`alertTargets` has no effect: alerts go where the playbooks say",
        "additionalMetricsToRetain": "`additionalMetricsToRetain` has no effect: the log keeps all events",
        "additionalMetricsToRetainV2": "`additionalMetricsToRetainV2` has no effect: the log keeps all events",
        "metricsExportConfig": "`metricsExportConfig` has no effect: the log keeps all events",
    ]

    /// The profile, as far as it can be read.
    func read(_ root: YAMLNode) -> SecurityProfile? {
        guard var keys = MappingReader(root, "a profile", collector),
            !OtherFiles.report(keys: keys.keys, collector)
        else { return nil }
        let isAWS = keys.has("securityProfileName")
        let name = keys.need(["profile", "securityProfileName"], help: "a name that tells its violations from others")
            .flatMap { Names.read($0, "profile", collector) }
        let description = keys.text(["description", "securityProfileDescription"])?.text
        let targetsEntry = keys.take("targets")
        let arns = name.flatMap { exportedTargets(of: $0) }
        let targets =
            targetsEntry.map { TargetReader(collector).read($0.value) }
            ?? arns.map { TargetReader(collector).read(arns: $0) } ?? [.all]
        checkPieces(targets)
        let controls = keys.take("controls").map { texts($0) } ?? []
        var own = definitions.merged(with: DefinitionsReader(collector).read(&keys))
        own.isFromAWS = isAWS
        let behaviorsEntry = keys.need(["behaviors"], help: "a list of what is expected")
        let behaviors = behaviorsEntry.map { readBehaviors($0, own) } ?? []
        let exceptions = keys.take("exceptions").map {
            ExceptionReader(collector).read($0, behaviors: behaviors.map(\.name))
        }

        // They are run by `profile test`, which reads them again; what is wrong with them is said here too.
        if let tests = keys.take("tests") {
            _ = ProfileTestReader(collector).read(tests, behaviors: behaviors.map(\.name))
        }
        keys.refuse(Self.withoutEffect, code: .noEffect, .note)
        keys.ignore(Self.awsMetadata)
        keys.finish(
            help:
                "known are profile, description, targets, controls, customMetrics, behaviors, exceptions, tests and AWS's spellings of them"
        )

        if targetsEntry == nil, arns == nil, let name, let behaviorsEntry, isFromAWS(behaviorsEntry.value) {
            collector.report(
                .targetsAssumed, at: nil, "the profile does not say its targets; it is taken to be for all devices",
                help: "AWS keeps them apart: `aws iot list-targets-for-security-profile "
                    + "--security-profile-name \(name)`; `\"targets\": [\"all\"]` says so here",
                severity: .warning)
        }
        guard let name else { return nil }
        // AWS watches nobody with a profile that is attached to nothing, as one is that was paused.
        if targetsEntry == nil, arns?.isEmpty == true {
            collector.report(
                .target, at: nil, "AWS has `\(name)` attached to nothing, so it is for nobody and is left out",
                help: "`\"targets\": [\"all\"]` in it says here for whom it is to be", severity: .warning)
            return nil
        }
        return SecurityProfile(
            name: name, description: description, behaviors: behaviors, controls: controls, targets: targets,
            exceptions: exceptions ?? [], source: collector.source.file)
    }

    private func readBehaviors(_ entry: YAMLNode.Entry, _ definitions: Definitions) -> [Behavior] {
        guard case .list(let items) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`behaviors` is a list, not \(entry.value.kindText)")
            return []
        }
        if items.isEmpty {
            collector.report(
                .empty, at: entry.keyPlace, "the profile has no behaviors, so it watches nothing", severity: .warning)
        }
        guard items.count <= ProfileLimits.behaviors else {
            collector.report(
                .tooMany, at: entry.keyPlace,
                "a profile has at most \(ProfileLimits.behaviors) behaviors, this one has \(items.count)",
                help: "split it into several profiles")
            return []
        }
        var names: [String: Place] = [:]
        var behaviors: [Behavior] = []
        for item in items {
            var reader = BehaviorReader(collector, definitions: definitions)
            let behavior = reader.read(item)
            if let (name, place) = reader.name {
                if let line = names[name]?.line {
                    collector.report(
                        .duplicateName, at: place, "a behavior named `\(name)` exists already",
                        help: "it is on line \(line); violations are told apart by the names of behaviors")
                } else {
                    names[name] = place
                }
            }
            if let behavior { behaviors.append(behavior) }
        }
        checkPredecessors(behaviors, names)
        return behaviors
    }

    /// A behavior that waits for one that is not there would be silent forever.
    private func checkPredecessors(_ behaviors: [Behavior], _ names: [String: Place]) {
        for behavior in behaviors {
            guard let after = behavior.after else { continue }
            let place = names[behavior.name]
            if after.behavior == behavior.name {
                collector.report(.conflict, at: place, "`\(behavior.name)` waits for itself")
            } else if names[after.behavior] == nil {
                collector.report(
                    .unknownValue, at: place,
                    "`\(behavior.name)` waits for `\(after.behavior)`, which is not in this profile",
                    suggestion: DidYouMean.closest(to: after.behavior, among: names.keys.sorted()))
            }
        }
    }

    /// The targets that an export names for the profile; nil when it names none.
    private func exportedTargets(of profile: String) -> [String]? {
        switch folder.export.targets(of: profile, profiles: folder.profiles.count) {
        case .arns(let arns): return arns
        case .missing: return nil
        case .ambiguous(let files):
            collector.report(
                .missingPiece, at: nil, "\(files.joined(separator: " and ")) can both hold the targets of `\(profile)`",
                help: "name the right one `\(Names.plain(profile)).targets.json`", severity: .warning)
            return nil
        }
    }

    /// What an export of AWS lacks: the profile would be for nobody, or for others than it was.
    private func checkPieces(_ targets: [Target]) {
        let export = folder.export
        guard !export.isEmpty else { return }
        let conditions = targets.flatMap(\.conditions)
        if !export.hasThings, conditions.contains(where: { $0 == .registered || $0 == .unregistered }) {
            collector.report(
                .missingPiece, at: nil, "which things are registered is not here, and the targets ask for it",
                help: "save them beside the profile: `aws iot list-things --output json >things.json`",
                severity: .warning)
        }
        for case .group(let group) in conditions where !export.knows(group: group) {
            collector.report(
                .missingPiece, at: nil, "`list-thing-groups` names no group `\(group)`",
                help:
                    "save it anew if it is older than the group: `aws iot list-thing-groups --output json >groups.json`",
                suggestion: DidYouMean.closest(to: group, among: export.groupNames), severity: .warning)
        }
        for case .group(let group) in conditions where !export.knowsMembers(of: group) {
            collector.report(
                .missingPiece, at: nil, "the members of the group `\(group)` are not here",
                help: "save them beside the profile: `aws iot list-things-in-thing-group --thing-group-name "
                    + "\(Names.plain(group)) >\(Names.plain(group)).members.json`",
                severity: .warning)
        }
    }

    private func texts(_ entry: YAMLNode.Entry) -> [String] {
        entry.value.items.compactMap { item in
            if let text = item.text { return text }
            collector.report(
                .wrongType, at: item.isNull ? entry.keyPlace : item.place,
                "`\(entry.key)` is a list of texts, not of \(item.kindText)")
            return nil
        }
    }

    private func isFromAWS(_ behaviors: YAMLNode) -> Bool {
        behaviors.items.contains { behavior in
            guard case .mapping(let entries) = behavior.content else { return false }
            return entries.contains { $0.key == "criteria" }
        }
    }
}
