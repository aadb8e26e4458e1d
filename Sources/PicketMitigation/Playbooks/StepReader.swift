import PicketProfiles

/// Reads one step of a playbook.
struct StepReader {
    /// What looks like a step and is none.
    private static let none = [
        "kick": "a kicked client is back within a second: `cut-off` denies it first"
    ]
    private static let longestWatchSeconds = 300
    private static let longestRunSeconds = 300
    private static let longestWaitSeconds = 3_600

    let collector: DiagnosticCollector

    /// The step that `node` says; nil when there is an error, which was reported.
    func read(_ node: YAMLNode) -> Playbook.Step? {
        guard var keys = MappingReader(node, "a step", collector) else { return nil }
        keys.refuse(Self.none, code: .notYet)
        defer { keys.finish(help: "known are command, cut-off, move-to-group, notify, release, revoke, run and wait") }
        if let entry = keys.take("command") { return CommandReader(collector: collector).read(entry) }
        if let entry = keys.take("cut-off") { return cutOff(entry) }
        if let entry = keys.take("revoke") { return revoke(entry) }
        if let entry = keys.take("run") { return run(entry) }
        if let entry = keys.take("wait") { return wait(entry) }
        if let entry = keys.take("notify") { return notify(entry) }
        let groups = GroupStepReader(collector: collector)
        if let entry = keys.take("move-to-group") { return groups.move(entry) }
        if let entry = keys.take("release") { return groups.release(entry) }
        if let entry = keys.take("addThingsToThingGroupParams") { return groups.aws(entry) }
        return nil
    }

    private func cutOff(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`cut-off`", collector) else { return nil }
        let reason = reason(keys.text(["revoke"]))
        var watch = 5
        if let text = keys.text(["watch"]), let seconds = seconds(text, "watch", upTo: Self.longestWatchSeconds) {
            watch = seconds
        }
        keys.finish()
        return .cutOff(reason: reason, watchSeconds: watch)
    }

    /// `revoke: keyCompromise`, or `revoke: { reason: keyCompromise }`.
    private func revoke(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        if let text = entry.value.text { return .revoke(reason: reason((text, entry.value.place))) }
        guard var keys = MappingReader(entry.value, "`revoke`", collector) else { return nil }
        defer { keys.finish() }
        return .revoke(reason: reason(keys.text(["reason"])))
    }

    private func reason(_ text: (text: String, place: Place)?) -> RevocationReason {
        guard let text else { return .keyCompromise }
        if let known = RevocationReason(rawValue: text.text) { return known }
        let names = RevocationReason.allCases.map(\.rawValue)
        collector.report(
            .unknownValue, at: text.place, "`\(text.text)` is no reason to revoke a certificate",
            help: "known are \(names.joined(separator: ", "))",
            suggestion: DidYouMean.closest(to: text.text, among: names))
        return .keyCompromise
    }

    private func run(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`run`", collector) else { return nil }
        var within = 10
        if let text = keys.text(["within"]), let seconds = seconds(text, "within", upTo: Self.longestRunSeconds) {
            within = seconds
        }
        let harmless = keys.take("harmless")
        if let harmless, harmless.value.flag == nil {
            collector.report(.wrongType, at: harmless.value.place, "`harmless` is true or false")
        }
        let command = keys.need(["command"], help: "a list: a program and its arguments")
        keys.finish()
        guard let command else { return nil }
        let arguments = command.value.items.compactMap(\.text)
        guard let program = arguments.first, program.hasPrefix("/"), !program.contains("{"),
            arguments.count == command.value.items.count
        else {
            collector.report(
                .wrongType, at: command.value.place,
                "`command` is a list of texts, and the first is the whole path of a program",
                help: "it is started as it is, without a shell: nothing but placeholders is filled in")
            return nil
        }
        for (argument, node) in zip(arguments, command.value.items) {
            if let unknown = ActText.unknownPlaceholder(in: argument) {
                collector.report(
                    .placeholder, at: node.place, "there is no placeholder `\(unknown)`",
                    help: "known are \(ActText.placeholders.joined(separator: ", "))",
                    suggestion: DidYouMean.closest(to: unknown, among: ActText.placeholders))
            }
        }
        return .run(arguments: arguments, withinSeconds: within, isHarmless: harmless?.value.flag ?? false)
    }

    private func notify(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`notify`", collector) else { return nil }
        defer { keys.finish() }
        guard let to = keys.need(["to"], help: "a name under `notify` in the configuration"),
            let name = MappingReader.text(of: to, collector)
        else { return nil }
        return .notify(to: name.text)
    }

    private func wait(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        if let text = entry.value.text {
            return seconds((text, entry.value.place), "wait", upTo: Self.longestWaitSeconds).map {
                .wait(for: nil, withinSeconds: $0)
            }
        }
        guard var keys = MappingReader(entry.value, "`wait`", collector) else { return nil }
        defer { keys.finish() }
        guard let entry = keys.need(["for"], help: "what it waits for"),
            let wanted = MappingReader.text(of: entry, collector)
        else { return nil }
        var within = 10
        if let text = keys.text(["within"]), let seconds = seconds(text, "within", upTo: Self.longestWaitSeconds) {
            within = seconds
        }
        if let condition = Playbook.Step.Condition(rawValue: wanted.text) {
            return .wait(for: condition, withinSeconds: within)
        }
        let names = Playbook.Step.Condition.allCases.map(\.rawValue)
        collector.report(
            .unknownValue, at: wanted.place, "nobody can wait for `\(wanted.text)`",
            help: "known are \(names.joined(separator: ", "))",
            suggestion: DidYouMean.closest(to: wanted.text, among: names))
        return nil
    }

    private func seconds(_ value: (text: String, place: Place), _ key: String, upTo most: Int) -> Int? {
        PlaybookReader.duration(value, key, upTo: most, collector)
    }
}
