import PicketEvents
import PicketProfiles

/// Reads the tests of a playbook file.
struct PlaybookTestReader {
    let collector: DiagnosticCollector

    /// As long as any duration of a playbook.
    private static let longestSeconds = 7 * 86_400

    func read(_ entry: YAMLNode.Entry) -> [PlaybookTest] { entry.value.items.compactMap { read($0) } }

    private func read(_ node: YAMLNode) -> PlaybookTest? {
        guard var keys = MappingReader(node, "a test", collector) else { return nil }
        defer { keys.finish() }
        let name = keys.need(["name"], help: "what it shows").flatMap { MappingReader.text(of: $0, collector)?.text }
        let playbook = keys.need(["playbook"], help: "the playbook that it tests").flatMap {
            MappingReader.text(of: $0, collector)?.text
        }
        guard let name, let playbook else { return nil }
        var test = PlaybookTest(name: name, place: node.place, playbook: playbook)
        if let violation = keys.take("violation") { self.violation(violation.value, &test) }
        if let registered = integer(&keys, "registered") { test.registered = registered }
        for item in keys.take("earlier")?.value.items ?? [] { earlier(item, &test) }
        for (step, value) in pairs(keys.take("answers")) {
            if let state = state(value, among: [.done, .failed, .unknown]) { test.answers[step] = state }
        }
        if let approvals = keys.take("approve") { test.approvals = approvals.value.items.compactMap(\.text) }
        test.isStopped = flag(&keys, "stopped")
        test.isOver = flag(&keys, "over")
        if let after = keys.text(["after"]),
            let seconds = PlaybookReader.duration(after, "after", upTo: Self.longestSeconds, collector)
        {
            test.afterSeconds = seconds
        }
        if let expected = keys.need(["expect"], help: "a list of steps with their ends, as in [command: done]") {
            for item in expected.value.items {
                guard case .mapping(let entries) = item.content else {
                    collector.report(
                        .wrongType, at: item.place, "`expect` is a list of steps with their ends",
                        help: "as in [command: done]")
                    continue
                }
                for entry in entries {
                    if let state = state(entry, among: Intent.State.allCases) {
                        test.expected.append(PlaybookTest.Expected(step: entry.key, state: state))
                    }
                }
            }
        }
        return test
    }

    private func violation(_ node: YAMLNode, _ test: inout PlaybookTest) {
        guard var keys = MappingReader(node, "`violation`", collector) else { return }
        defer { keys.finish() }
        if let device = keys.text(["device"]) { test.device = device.text }
        if let user = keys.text(["user"]) { test.user = user.text }
        if let serial = keys.text(["serial"]) { test.serial = serial.text == "none" ? nil : serial.text }
        if let severity = keys.text(["severity"]) {
            if let level = Severity.Level(rawValue: severity.text) {
                test.severity = level
            } else {
                collector.report(.severity, at: severity.place, "there is no severity `\(severity.text)`")
            }
        }
        if let subject = keys.text(["subject"]) {
            if let kind = SubjectKind(rawValue: subject.text) {
                test.subject = kind
            } else {
                collector.report(.unknownValue, at: subject.place, "there is no subject `\(subject.text)`")
            }
        }
        if let identity = keys.text(["identity"]) {
            if let known = Identity.allCases.first(where: { "\($0.name)" == identity.text }) {
                test.identity = known
            } else {
                collector.report(
                    .unknownValue, at: identity.place, "nobody is proved by `\(identity.text)`",
                    help: "known are certificate, password and claimed")
            }
        }
        if let evidence = keys.text(["evidence"]) {
            test.isDeviceWord = evidence.text == "device"
            if evidence.text != "device", evidence.text != "broker" {
                collector.report(
                    .unknownValue, at: evidence.place, "there is no evidence `\(evidence.text)`",
                    help: "known are broker and device")
            }
        }
    }

    private func earlier(_ node: YAMLNode, _ test: inout PlaybookTest) {
        guard var keys = MappingReader(node, "an earlier violation", collector) else { return }
        defer { keys.finish() }
        guard let device = keys.need(["device"], help: "whose it was"),
            let name = MappingReader.text(of: device, collector)
        else { return }
        var ago = 60
        if let text = keys.text(["ago"]),
            let seconds = PlaybookReader.duration(text, "ago", upTo: Self.longestSeconds, collector)
        {
            ago = seconds
        }
        test.earlier.append(PlaybookTest.Earlier(device: name.text, agoSeconds: ago))
    }

    private func pairs(_ entry: YAMLNode.Entry?) -> [(String, YAMLNode.Entry)] {
        guard let entry else { return [] }
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(.wrongType, at: entry.value.place, "`\(entry.key)` is a mapping from steps to their ends")
            return []
        }
        return entries.map { ($0.key, $0) }
    }

    private func state(_ entry: YAMLNode.Entry, among known: [Intent.State]) -> Intent.State? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        if let state = Intent.State(rawValue: text), known.contains(state) { return state }
        let names = known.map(\.rawValue)
        collector.report(
            .unknownValue, at: place, "a step does not end as `\(text)`",
            help: "known are \(names.joined(separator: ", "))",
            suggestion: DidYouMean.closest(to: text, among: names))
        return nil
    }

    private func integer(_ keys: inout MappingReader, _ key: String) -> Int? {
        guard let entry = keys.take(key) else { return nil }
        if let number = entry.value.integer, (0...10_000_000).contains(number) { return Int(number) }
        collector.report(.numberRange, at: entry.value.place, "`\(key)` is a number")
        return nil
    }

    private func flag(_ keys: inout MappingReader, _ key: String) -> Bool {
        guard let entry = keys.take(key) else { return false }
        if let flag = entry.value.flag { return flag }
        collector.report(.wrongType, at: entry.value.place, "`\(key)` is true or false")
        return false
    }
}
