import PicketProfiles

/// Reads the steps that put a device into groups, or take it out: ours, and AWS's ADD_THINGS_TO_THING_GROUP.
struct GroupStepReader {
    let collector: DiagnosticCollector

    /// What AWS allows in one action.
    private static let mostGroups = 10
    private static let longestWatchSeconds = 300
    private static let standardWatchSeconds = 5

    /// `move-to-group: { group: quarantine, probe: "telemetry/{device}", watch: 5s }`.
    func move(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`move-to-group`", collector) else { return nil }
        defer { keys.finish() }
        let groups = names(&keys)
        var watch = Self.standardWatchSeconds
        if let text = keys.text(["watch"]),
            let seconds = PlaybookReader.duration(text, "watch", upTo: Self.longestWatchSeconds, collector)
        {
            watch = seconds
        }
        let probe = keys.text(["probe"])
        if let probe {
            if probe.text.contains("+") || probe.text.contains("#") {
                collector.report(.topicFilter, at: probe.place, "`probe` is one topic: it holds no wildcard")
            }
            if let unknown = ActText.unknownPlaceholder(in: probe.text) {
                collector.report(
                    .placeholder, at: probe.place, "there is no placeholder `\(unknown)`",
                    help: "known are \(ActText.placeholders.joined(separator: ", "))",
                    suggestion: DidYouMean.closest(to: unknown, among: ActText.placeholders))
            }
        }
        guard let groups else { return nil }
        return .moveToGroup(groups, probe: probe?.text, watchSeconds: watch)
    }

    /// `release: { group: quarantine }`.
    func release(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`release`", collector) else { return nil }
        defer { keys.finish() }
        return names(&keys).map { .release($0) }
    }

    /// The parameters of a mitigation action of AWS: `{ thingGroupNames: […], overrideDynamicGroups: true }`. We have no
    /// dynamic groups, so there is none to override.
    func aws(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`addThingsToThingGroupParams`", collector) else { return nil }
        defer { keys.finish() }
        if let override = keys.take("overrideDynamicGroups"), override.value.flag == nil {
            collector.report(.wrongType, at: override.value.place, "`overrideDynamicGroups` is true or false")
        }
        guard let entry = keys.need(["thingGroupNames"], help: "a list of groups"), let groups = names(in: entry) else {
            return nil
        }
        return .moveToGroup(groups, probe: nil, watchSeconds: Self.standardWatchSeconds)
    }

    private func names(_ keys: inout MappingReader) -> [String]? {
        keys.need(["group", "groups"], help: "a group of the fleet file").flatMap { names(in: $0) }
    }

    private func names(in entry: YAMLNode.Entry) -> [String]? {
        let groups = entry.value.items.compactMap(\.text)
        guard groups.count == entry.value.items.count, (1...Self.mostGroups).contains(groups.count),
            groups.allSatisfy({ SafeName.problem($0) == nil })
        else {
            collector.report(
                .wrongType, at: entry.value.place,
                "`\(entry.key)` is the name of a group, or a list of at most \(Self.mostGroups) of them")
            return nil
        }
        return groups
    }
}
