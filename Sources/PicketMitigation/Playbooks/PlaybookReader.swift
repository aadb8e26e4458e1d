import Foundation
package import PicketProfiles

/// Reads playbook files, with diagnostics of the same kind as profiles.
package struct PlaybookReader {
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
            let before = set.playbooks
            diagnostics += parse(text: text, file: path, into: &set)
            let runs = set.playbooks.contains { name, playbook in
                before[name] == nil && playbook.allSteps.contains { $0.name == Playbook.Step.runName }
            }
            if runs, let problem = ProgramTrust.problem(of: path) {
                diagnostics.append(
                    Diagnostic(code: .unreadable, file: path, message: problem.message, help: problem.help))
            }
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
            if let entry = keys.take("tests") {
                let tests = PlaybookTestReader(collector: collector).read(entry)
                for test in tests where set.playbooks[test.playbook] == nil {
                    collector.report(
                        .unknownValue, at: test.place, "there is no playbook named `\(test.playbook)`",
                        suggestion: DidYouMean.closest(to: test.playbook, among: set.playbooks.keys.sorted()))
                }
                set.tests += tests
            }
            keys.finish(help: "known are playbooks, protected and tests")
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
            playbook.steps = steps.value.items.compactMap { StepReader(collector: collector).read($0) }
            if steps.value.items.isEmpty { collector.report(.empty, at: steps.keyPlace, "the playbook has no steps") }
        }
        if let escalation = keys.take("escalate") {
            playbook.escalation = escalation.value.items.compactMap { StepReader(collector: collector).read($0) }
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
        if let approval = keys.take("approval") { self.approval(approval.value, &playbook) }
        if let moves = keys.take("unattended-moves") {
            if let flag = moves.value.flag {
                playbook.movesUnattended = flag
            } else {
                collector.report(.wrongType, at: moves.value.place, "`unattended-moves` is true or false")
            }
        }
        if let undo = keys.take("undo"), var after = MappingReader(undo.value, "`undo`", collector) {
            if let text = after.text(["after"]) { playbook.undoSeconds = duration(text, "after", upTo: 86_400 * 7) }
            after.finish()
        }
        keys.finish()
        return playbook
    }

    private func approval(_ node: YAMLNode, _ playbook: inout Playbook) {
        guard var keys = MappingReader(node, "`approval`", collector) else { return }
        if let text = keys.text(["within"]), let seconds = duration(text, "within", upTo: 86_400 * 7) {
            playbook.approvalSeconds = seconds
        }
        if let by = keys.take("by") {
            if let count = by.value.integer, (1...2).contains(count) {
                playbook.approvers = Int(count)
            } else {
                collector.report(.numberRange, at: by.value.place, "`by` is the number of people who approve, 1 or 2")
            }
        }
        keys.finish()
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

    private func duration(_ value: (text: String, place: Place), _ key: String, upTo most: Int) -> Int? {
        PlaybookReader.duration(value, key, upTo: most, collector)
    }

    /// Seconds; what is no duration, or too long, is reported.
    static func duration(
        _ value: (text: String, place: Place), _ key: String, upTo most: Int, _ collector: DiagnosticCollector
    ) -> Int? {
        if let seconds = Durations.seconds(value.text), seconds <= most { return seconds }
        collector.report(
            .duration, at: value.place, "`\(key)` is a duration of at most \(most) s", help: "for example 10s")
        return nil
    }
}
