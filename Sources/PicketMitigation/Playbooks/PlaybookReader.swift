import Foundation
package import PicketProfiles

/// Reads playbook files, with diagnostics of the same kind as profiles.
package struct PlaybookReader {
    /// Steps of the design that this version cannot take yet.
    private static let later = [
        "command": "this version sends no commands by MQTT yet; `run` can start a client that does",
        "move-to-group": "this version does not move devices between groups yet",
        "notify": "this version does not notify yet; `run` can start a program that does",
        "revoke": "revoking alone leaves the session connected; `cut-off: { revoke: … }` ends it too",
        "kick": "a kicked client is back within a second: `cut-off` denies it first",
    ]
    private static let longestWatchSeconds = 300
    private static let longestRunSeconds = 300

    private let collector: DiagnosticCollector

    /// The playbooks in files: all, or none.
    package static func load(paths: [String]) -> (set: PlaybookSet?, diagnostics: [Diagnostic]) {
        var set = PlaybookSet()
        var diagnostics: [Diagnostic] = []
        for path in paths {
            guard let data = FileManager.default.contents(atPath: path),
                let attributes = try? FileManager.default.attributesOfItem(
                    atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path),
                let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue
            else {
                diagnostics.append(
                    Diagnostic(code: .unreadable, file: path, message: "there is no such file, or it cannot be read"))
                continue
            }
            // Whoever writes this file decides who loses the network.
            if mode & 0o022 != 0 {
                diagnostics.append(
                    Diagnostic(
                        code: .unreadable, file: path, message: "others than its owner may write this file",
                        help: "run `chmod go-w` on it"))
            }
            let text = String(decoding: data, as: UTF8.self)
            diagnostics += parse(text: text, file: path, into: &set)
        }
        return (diagnostics.contains { $0.severity == .error } ? nil : set, diagnostics)
    }

    /// Reads one file.
    package static func parse(text: String, file: String, into set: inout PlaybookSet) -> [Diagnostic] {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        if let root = YAMLDocument.read(collector), var keys = MappingReader(root, "a playbook file", collector) {
            let reader = PlaybookReader(collector: collector)
            if let entry = keys.take("protected") { set.protected += entry.value.items.compactMap(\.text) }
            if let entry = keys.need(["playbooks"], help: "a mapping from names to playbooks") {
                reader.readAll(entry, into: &set)
            }
            keys.finish()
        }
        return collector.diagnostics
    }

    private func readAll(_ entry: YAMLNode.Entry, into set: inout PlaybookSet) {
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(.wrongType, at: entry.value.place, "`playbooks` is a mapping from names to playbooks")
            return
        }
        for entry in entries {
            guard set.playbooks[entry.key] == nil else {
                collector.report(.duplicateName, at: entry.keyPlace, "a playbook named `\(entry.key)` exists already")
                continue
            }
            if let playbook = read(entry) { set.playbooks[entry.key] = playbook }
        }
    }

    private func read(_ entry: YAMLNode.Entry) -> Playbook? {
        guard var keys = MappingReader(entry.value, "a playbook", collector) else { return nil }
        var playbook = Playbook(name: entry.key, steps: [])
        if let steps = keys.need(["steps"], help: "a list of steps") {
            playbook.steps = steps.value.items.compactMap { step($0) }
            if steps.value.items.isEmpty { collector.report(.empty, at: steps.keyPlace, "the playbook has no steps") }
        }
        if let mode = keys.text(["mode"]) {
            if let known = Playbook.Mode(rawValue: mode.text) {
                playbook.mode = known
            } else {
                let names = Playbook.Mode.allCases.map(\.rawValue)
                collector.report(
                    .unknownValue, at: mode.place, "there is no mode `\(mode.text)`",
                    help: "known are \(names.joined(separator: ", "))",
                    suggestion: DidYouMean.closest(to: mode.text, among: names))
            }
        }
        if let severity = keys.text(["severity"]) {
            if let level = Severity.Level(rawValue: severity.text) {
                playbook.severity = level
            } else {
                collector.report(.severity, at: severity.place, "there is no severity `\(severity.text)`")
            }
        }
        if let coolDown = keys.text(["cool-down"]), let seconds = duration(coolDown, "cool-down", upTo: 86_400) {
            playbook.coolDownSeconds = seconds
        }
        if let limits = keys.take("limits") { playbook.limits = self.limits(limits.value, playbook.limits) }
        keys.refuse(["undo": "this version undoes by command only: picket mitigation undo"], code: .notYet)
        keys.finish()
        return playbook
    }

    private func limits(_ node: YAMLNode, _ standard: Playbook.Limits) -> Playbook.Limits {
        var limits = standard
        guard var keys = MappingReader(node, "`limits`", collector) else { return limits }
        if let entry = keys.take("devices") {
            if let count = entry.value.integer, (1...1_000_000).contains(count) {
                limits.devices = Int(count)
            } else {
                collector.report(.numberRange, at: entry.value.place, "`devices` is a number of devices, at least 1")
            }
        }
        if let share = keys.text(["share"]) {
            if share.text.hasSuffix("%"), let percent = Double(share.text.dropLast()), percent > 0, percent <= 100 {
                limits.sharePercent = percent
            } else {
                collector.report(
                    .numberRange, at: share.place, "`share` is a part of the fleet", help: "for example 1%")
            }
        }
        if let per = keys.text(["per"]), let seconds = duration(per, "per", upTo: 86_400 * 7) {
            limits.perSeconds = seconds
        }
        keys.finish()
        return limits
    }

    private func step(_ node: YAMLNode) -> Playbook.Step? {
        guard var keys = MappingReader(node, "a step", collector) else { return nil }
        keys.refuse(Self.later, code: .notYet)
        defer { keys.finish(help: "known are cut-off and run") }
        if let entry = keys.take("cut-off") { return cutOff(entry) }
        if let entry = keys.take("run") { return run(entry) }
        return nil
    }

    private func cutOff(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`cut-off`", collector) else { return nil }
        var reason = RevocationReason.keyCompromise
        var watch = 5
        if let text = keys.text(["revoke"]) {
            if let known = RevocationReason(rawValue: text.text) {
                reason = known
            } else {
                let names = RevocationReason.allCases.map(\.rawValue)
                collector.report(
                    .unknownValue, at: text.place, "`\(text.text)` is no reason to revoke a certificate",
                    help: "known are \(names.joined(separator: ", "))",
                    suggestion: DidYouMean.closest(to: text.text, among: names))
            }
        }
        if let text = keys.text(["watch"]), let seconds = duration(text, "watch", upTo: Self.longestWatchSeconds) {
            watch = seconds
        }
        keys.finish()
        return .cutOff(reason: reason, watchSeconds: watch)
    }

    private func run(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`run`", collector) else { return nil }
        var within = 10
        if let text = keys.text(["within"]), let seconds = duration(text, "within", upTo: Self.longestRunSeconds) {
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

    private func duration(_ value: (text: String, place: Place), _ key: String, upTo most: Int) -> Int? {
        if let seconds = Durations.seconds(value.text), seconds <= most { return seconds }
        collector.report(
            .duration, at: value.place, "`\(key)` is a duration of at most \(most) s", help: "for example 10s")
        return nil
    }
}
