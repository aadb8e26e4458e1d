import PicketEvents

/// Reads the `tests` of a profile.
package struct ProfileTestReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) { self.collector = collector }

    /// The most events of one test: a week of one a second.
    private static let mostEvents = 604_800
    /// The longest stretch of time of a test, in seconds.
    private static let mostSeconds = 60 * 86_400

    /// The tests of the profile in `text`.
    ///
    /// - Returns: the tests that can be read; and what is wrong with the others, or with the profile.
    package static func parse(text: String, file: String) -> (tests: [ProfileTest], diagnostics: [Diagnostic]) {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        guard let root = YAMLDocument.read(collector), case .mapping(let entries) = root.content,
            let entry = entries.first(where: { $0.key == "tests" })
        else { return ([], collector.diagnostics) }
        let tests = ProfileTestReader(collector).read(entry, behaviors: nil)
        return (tests, collector.diagnostics)
    }

    /// - Parameter behaviors: the names that an expectation may have; nil for all.
    func read(_ entry: YAMLNode.Entry, behaviors: [String]?) -> [ProfileTest] {
        guard case .list(let items) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`tests` is a list, not \(entry.value.kindText)")
            return []
        }
        return items.compactMap { test($0, behaviors) }
    }

    /// The events of a violation; one that is not said is the first.
    static let transitions = ["in-alarm", "alarm-cleared", "alarm-invalidated"]

    private func test(_ node: YAMLNode, _ behaviors: [String]?) -> ProfileTest? {
        guard var keys = MappingReader(node, "a test", collector) else { return nil }
        let name = keys.need(["name"], help: "what the test shows").flatMap { MappingReader.text(of: $0, collector) }
        let events = keys.need(["events"], help: "what happens, such as `[{ at: +0s, publish: t-7, bytes: 80 }]`")
        let expect = keys.need(["expect"], help: "the violations that must come; `[]` for none")
        var fleet: Fleet?
        if let entry = keys.take("fleet"), let reader = MappingReader(entry.value, "a fleet", collector) {
            fleet = FleetReader.read(reader, collector)
        }
        keys.finish()
        guard let name, let events, let expect else { return nil }
        let lines = TestEventReader(collector).lines(events, mostEvents: Self.mostEvents, mostSeconds: Self.mostSeconds)
        let expectations = expect.value.isNull ? [] : expect.value.items.compactMap { expectation($0, behaviors) }
        return ProfileTest(
            name: name.text, place: node.place, feed: lines, expectations: expectations, fleet: fleet)
    }

    private func expectation(_ node: YAMLNode, _ behaviors: [String]?) -> ProfileTest.Expectation? {
        guard var keys = MappingReader(node, "an expectation", collector) else { return nil }
        let at = keys.take("at").map { TestEventReader(collector).time($0, Self.mostSeconds) }
        let event = keys.text(["event"])
        let behavior = keys.need(["behavior"]).flatMap { MappingReader.text(of: $0, collector) }
        let subject = keys.text(SubjectKind.allCases.map(\.rawValue))
        let value = keys.text(["value"])
        keys.finish(help: "known are at, event, behavior, device (or another subject), value")
        guard let behavior else { return nil }
        if let behaviors, !behaviors.contains(behavior.text) {
            collector.report(
                .unknownValue, at: behavior.place, "the profile has no behavior `\(behavior.text)`",
                suggestion: DidYouMean.closest(to: behavior.text, among: behaviors))
        }
        let known = Self.transitions
        if let event, !known.contains(event.text) {
            collector.report(
                .unknownValue, at: event.place, "there is no event `\(event.text)` of a violation",
                help: "known are \(known.joined(separator: ", "))",
                suggestion: DidYouMean.closest(to: event.text, among: known))
        }
        return ProfileTest.Expectation(
            time: at ?? nil, event: event?.text ?? known[0], behavior: behavior.text, subject: subject?.text,
            value: value?.text, place: node.place)
    }
}
