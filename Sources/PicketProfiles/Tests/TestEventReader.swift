import PicketEvents

/// Reads the events of a test and makes the lines of a feed of them.
struct TestEventReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) { self.collector = collector }

    /// The kinds of events that a test may have.
    static let kinds = EventKind.allCases.filter { !$0.isReserved }

    /// A line, and when it reaches Picket; a restart has none.
    private struct Line {
        var arrival: Int64
        var bytes: [UInt8]
    }

    /// What arrives, in its order: lines of a feed, cut where Picket starts anew.
    typealias Feed = [[UInt8]]

    /// The lines in the order of their arrival; lines of one moment in the order of the test.
    func lines(_ entry: YAMLNode.Entry, mostEvents: Int, mostSeconds: Int) -> Feed {
        guard case .list(let items) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`events` is a list, not \(entry.value.kindText)")
            return []
        }
        var lines: [Line] = []
        for item in items { add(item, to: &lines, mostEvents, mostSeconds) }
        let sorted = lines.enumerated().sorted { ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset) }
        var feed: Feed = [[]]
        for (_, line) in sorted {
            if line.bytes.isEmpty { feed.append([]) } else { feed[feed.count - 1] += line.bytes }
        }
        return feed
    }

    private func add(_ node: YAMLNode, to lines: inout [Line], _ mostEvents: Int, _ mostSeconds: Int) {
        guard var keys = MappingReader(node, "an event", collector) else { return }
        let at = keys.need(["at"], help: "when, after the start of the test: `+30s`").flatMap { time($0, mostSeconds) }
        if let restart = keys.take("restart") {
            keys.finish(help: "a restart has a time and nothing else: `{ at: +30s, restart: true }`")
            guard restart.value.flag == true else {
                collector.report(.wrongType, at: restart.value.place, "`restart` can only be true")
                return
            }
            if let at { lines.append(Line(arrival: at, bytes: [])) }
            return
        }
        let count = keys.take("repeat").map { number($0, mostEvents) } ?? 1
        let every = keys.take("every").map { seconds($0, mostSeconds) } ?? 1
        let delay = keys.take("delay").map { seconds($0, mostSeconds) } ?? 0
        var fields: [(key: EventKey, node: YAMLNode)] = []
        let said = keys.take("kind")
        var kind = said.flatMap { self.kind($0, Self.kinds) }
        for candidate in Self.kinds where kind == nil {
            // `publish: t-7` is short for `kind: publish, device: t-7`; `user: anna` alone stays a user.
            guard candidate != .user, let entry = keys.take("\(candidate.name)") else { continue }
            kind = candidate
            if !entry.value.isNull { fields.append((.device, entry.value)) }
        }
        for key in EventKey.allCases {
            guard let entry = keys.take("\(key.name)") else { continue }
            fields.append((key, entry.value))
        }
        keys.finish(help: "known are at, repeat, every, delay, restart, a kind of event and its keys")
        guard let kind else {
            // A kind that there is not was reported where it stands.
            guard said == nil else { return }
            collector.report(
                .missingKey, at: node.place, "the event does not say what happens",
                help: "such as `publish: t-7`, or `kind: connect` with `device: t-7`")
            return
        }
        guard let at, let count, let every, let delay else { return }
        guard lines.count + count <= mostEvents else {
            collector.report(.tooMany, at: node.place, "a test has at most \(mostEvents) events")
            return
        }
        for index in 0..<count {
            let time = at + Int64(index) * Int64(every) * 1_000
            lines.append(Line(arrival: time + Int64(delay) * 1_000, bytes: line(kind, time, fields, index + 1)))
        }
    }

    /// One line of the feed; `{n}` in its texts is the number of the repetition.
    private func line(
        _ kind: EventKind, _ time: Int64, _ fields: [(key: EventKey, node: YAMLNode)], _ number: Int
    ) -> [UInt8] {
        var bytes = Array(#"{"time":""#.utf8)
        Timestamp.append(time, to: &bytes)
        bytes += Array("\",\"kind\":\"\(kind.name)\"".utf8)
        for (key, node) in fields {
            bytes += Array(",\"\(key.name)\":".utf8)
            append(node, as: key.form, number, to: &bytes)
        }
        return bytes + [0x7D, 0x0A]
    }

    private func append(_ node: YAMLNode, as form: EventKey.Form, _ number: Int, to bytes: inout [UInt8]) {
        switch node.content {
        case .scalar(let text, let isPlain):
            let isLiteral = isPlain && (node.flag != nil || node.isNull || Double(text) != nil)
            if isLiteral, form != .text {
                bytes += Array((node.isNull ? "null" : text).utf8)
            } else {
                CanonicalJSON.appendString(text.replacing("{n}", with: "\(number)"), to: &bytes)
            }
        case .list(let items):
            bytes.append(0x5B)
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                append(item, as: .json, number, to: &bytes)
            }
            bytes.append(0x5D)
        case .mapping(let entries):
            bytes.append(0x7B)
            for (index, entry) in entries.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                CanonicalJSON.appendString(entry.key, to: &bytes)
                bytes.append(0x3A)
                append(entry.value, as: .json, number, to: &bytes)
            }
            bytes.append(0x7D)
        }
    }

    private func kind(_ entry: YAMLNode.Entry, _ known: [EventKind]) -> EventKind? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        if let kind = known.first(where: { "\($0.name)" == text }) { return kind }
        let names = known.map { "\($0.name)" }
        collector.report(
            .unknownValue, at: place, "there is no kind of event `\(text)`",
            help: "known are \(names.joined(separator: ", "))", suggestion: DidYouMean.closest(to: text, among: names))
        return nil
    }

    /// `+240s` after the start, in Unix milliseconds.
    func time(_ entry: YAMLNode.Entry, _ most: Int) -> Int64? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        let bare = text.hasPrefix("+") ? String(text.dropFirst()) : text
        if ["0", "0s"].contains(bare) { return ProfileTest.start }
        do throws(AlarmWords.Failure) {
            return ProfileTest.start + Int64(try AlarmWords.parseDuration(bare, most: most)) * 1_000
        } catch {
            collector.report(error.code, at: place, error.message, help: "a moment of a test is `+30s` or `+1h 30m`")
            return nil
        }
    }

    private func seconds(_ entry: YAMLNode.Entry, _ most: Int) -> Int? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        do throws(AlarmWords.Failure) {
            return try AlarmWords.parseDuration(text, most: most)
        } catch {
            collector.report(error, in: text, at: place)
            return nil
        }
    }

    private func number(_ entry: YAMLNode.Entry, _ most: Int) -> Int? {
        guard let number = entry.value.integer, (1...Int64(most)).contains(number) else {
            collector.report(.numberRange, at: entry.value.place, "`\(entry.key)` is a whole number, 1 to \(most)")
            return nil
        }
        return Int(number)
    }
}
