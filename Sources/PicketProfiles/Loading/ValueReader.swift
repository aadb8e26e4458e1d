import PicketEvents

/// Reads the values that an entry of `where` compares with.
struct ValueReader {
    private let collector: DiagnosticCollector
    private let metric: Metric?

    init(_ collector: DiagnosticCollector, metric: Metric?) {
        self.collector = collector
        self.metric = metric
    }

    /// The kinds named by `items`, or all others; nil when one of them is wrong.
    func kinds(_ items: [YAMLNode], isNegated: Bool) -> EventKindSet? {
        let known = (metric?.kinds ?? Metric.count.kinds).kinds.map { "\($0.name)" }
        let all = EventKind.allCases.map { "\($0.name)" }
        var set = EventKindSet(rawValue: 0)
        var isWhole = true
        for (text, place) in items.compactMap(textAndPlace) {
            if let kind = EventKind(name: text) {
                set.insert(EventKindSet(kind))
                continue
            }
            isWhole = false
            collector.report(
                .unknownValue, at: place, "there is no kind of event `\(text)`",
                help: "the metric counts \(known.joined(separator: ", "))",
                suggestion: DidYouMean.closest(to: text, among: known + all))
        }
        guard isWhole else { return nil }
        guard isNegated else { return set }
        return EventKind.allCases.reduce(into: EventKindSet(rawValue: 0)) { others, kind in
            if !set.contains(kind) { others.insert(EventKindSet(kind)) }
        }
    }

    /// The term that `key` makes with `items`; nil when one of them is wrong.
    func term(_ key: WhereKey, _ items: [YAMLNode]) -> Term? {
        guard let field = key.field else { return nil }
        let test: Term.Test?
        switch field {
        case .reason:
            let known = Reason.allCases.filter { $0 != .none }.map { ($0.rawValue, "\($0.name)") }
            test = names(field, items, known).map { .reasons($0) }
        case .identity:
            test = names(field, items, Identity.allCases.map { ($0.rawValue, "\($0.name)") }).map { .identities($0) }
        case .bytes, .qos: test = numbers(key, field, items).map { .number($0) }
        case .retain: test = flag(items).map { .flag($0) }
        default: test = patterns(key, field, items).map { .text($0) }
        }
        return test.map { Term(field, $0, isNegated: key.isNegated) }
    }

    /// The names of `kinds`, for help.
    static func names(_ kinds: EventKindSet) -> String { kinds.kinds.map { "\($0.name)" }.joined(separator: ", ") }

    private func names(_ field: Field, _ items: [YAMLNode], _ known: [(bit: UInt8, name: String)]) -> UInt32? {
        var bits: UInt32 = 0
        var isWhole = true
        for (text, place) in items.compactMap(textAndPlace) {
            if let value = known.first(where: { $0.name == text }) {
                bits |= 1 << UInt32(value.bit)
                continue
            }
            isWhole = false
            let names = known.map(\.name)
            collector.report(
                .unknownValue, at: place, "there is no \(field.rawValue) `\(text)`",
                help: "known are \(names.joined(separator: ", "))",
                suggestion: DidYouMean.closest(to: text, among: names))
        }
        return isWhole ? bits : nil
    }

    private func numbers(_ key: WhereKey, _ field: Field, _ items: [YAMLNode]) -> [NumberTest]? {
        var tests: [NumberTest] = []
        var isWhole = true
        for (text, place) in items.compactMap(textAndPlace) {
            do throws(AlarmWords.Failure) {
                let number = try AlarmWords.parseAmount(text, unit: field == .bytes ? .size : .events)
                if field == .qos, number > 2 {
                    collector.report(.numberRange, at: place, "the quality of service is 0, 1 or 2")
                    isWhole = false
                }
                let relation = key.modifier.flatMap { NumberTest.Relation(rawValue: $0.rawValue) } ?? .equal
                tests.append(NumberTest(relation, number))
            } catch {
                var failure = error
                if failure.code == .unit, field == .qos { failure.help = "the quality of service is 0, 1 or 2" }
                collector.report(failure, in: text, at: place)
                isWhole = false
            }
        }
        return isWhole ? tests : nil
    }

    private func flag(_ items: [YAMLNode]) -> Bool? {
        guard items.count == 1, let flag = items[0].flag else {
            collector.report(.wrongType, at: items[0].place, "`retain` is true or false")
            return nil
        }
        return flag
    }

    private func patterns(_ key: WhereKey, _ field: Field, _ items: [YAMLNode]) -> [TextPattern]? {
        var patterns: [TextPattern] = []
        var isWhole = true
        for (text, place) in items.compactMap(textAndPlace) {
            if let pattern = pattern(key, field, text, place) { patterns.append(pattern) } else { isWhole = false }
        }
        return isWhole ? patterns : nil
    }

    private func pattern(_ key: WhereKey, _ field: Field, _ text: String, _ place: Place) -> TextPattern? {
        guard !text.isEmpty else {
            collector.report(.unknownValue, at: place, "an empty text is in every text and equal to none")
            return nil
        }
        guard text.utf8.count <= ProfileLimits.filterValueBytes else {
            collector.report(
                .tooMany, at: place, "a value has at most \(ProfileLimits.filterValueBytes) bytes",
                help: "longer ones cost more than they tell")
            return nil
        }
        switch key.modifier {
        case .re: return expression(text, place)
        case .cidr: return addresses(text, place)
        case nil where field == .address: return address(text, place)
        case nil where field == .topic: return topic(text, place)
        default: break
        }
        do throws(TextTemplate.UnknownPlaceholder) {
            switch key.modifier {
            case .startswith: return TextPattern(kind: .prefix(try TextTemplate(text)), source: text)
            case .endswith: return TextPattern(kind: .suffix(try TextTemplate(text)), source: text)
            case .contains: return TextPattern(kind: .contains(try TextTemplate(text)), source: text)
            default: return try TextPattern.wildcard(text)
            }
        } catch {
            report(error, in: text, at: place)
            return nil
        }
    }

    private func topic(_ text: String, _ place: Place) -> TextPattern? {
        do throws(TopicPattern.Failure) {
            return TextPattern(kind: .topic(try TopicPattern(text)), source: text)
        } catch {
            switch error {
            case .malformed(let message, let offset, let length):
                collector.report(
                    .topicFilter, at: collector.place(place, part: offset..<offset + length, of: text), message,
                    help: "`+` is one level, `#` at the end is all that follow; for other shapes there are "
                        + "`topic|startswith`, `|endswith`, `|contains` and `|re`")
            case .placeholder(let placeholder): report(placeholder, in: text, at: place)
            }
            return nil
        }
    }

    private func expression(_ text: String, _ place: Place) -> TextPattern? {
        do throws(RegularExpression.Failure) {
            return TextPattern(kind: .expression(try RegularExpression(text)), source: text)
        } catch {
            let code: DiagnosticCode =
                switch error.kind {
                case .malformed: .regularExpression
                case .irregular: .irregular
                case .tooLarge: .automatonTooLarge
                case .placeholder: .placeholder
                }
            let part = error.offset..<error.offset + error.length
            collector.report(
                code, at: collector.place(place, part: part, of: text), error.message, help: error.help)
            return nil
        }
    }

    private func addresses(_ text: String, _ place: Place) -> TextPattern? {
        range(text, place).map { TextPattern(kind: .addresses($0), source: text) }
    }

    /// An address range; nil when it is wrong, which was then reported.
    func range(_ text: String, _ place: Place) -> AddressRange? {
        do throws(AddressRange.Failure) {
            return try AddressRange(text)
        } catch {
            switch error {
            case .notAnAddress:
                collector.report(
                    .address, at: place, "`\(text)` is not an address or range",
                    help: "such as `10.0.0.0/8`, `192.168.1.7` or `2001:db8::/32`")
            case .prefixLength(let largest):
                collector.report(.address, at: place, "the prefix of this address is a number of bits, 0 to \(largest)")
            case .hostBits(let meant):
                collector.report(
                    .address, at: place, "there are bits set behind the prefix",
                    help: "a range begins at its first address",
                    suggestion: meant)
            }
            return nil
        }
    }

    /// A single address; compared as a number, so that every way to write it is the same.
    private func address(_ text: String, _ place: Place) -> TextPattern? {
        guard !text.contains("/") else {
            collector.report(
                .modifier, at: place, "`address` is compared with single addresses", help: "ranges take `address|cidr`")
            return nil
        }
        guard !text.contains("*") else {
            collector.report(
                .address, at: place, "`address` takes no wildcards", help: "use `address|cidr` or `address|startswith`")
            return nil
        }
        return addresses(text, place)
    }

    private func report(_ failure: TextTemplate.UnknownPlaceholder, in text: String, at place: Place) {
        let part = failure.offset..<failure.offset + failure.text.unicodeScalars.count
        collector.report(
            .placeholder, at: collector.place(place, part: part, of: text),
            "there is no placeholder `\(failure.text)`",
            help: "known are \(TextTemplate.placeholders.joined(separator: " and "))",
            suggestion: DidYouMean.closest(to: failure.text, among: TextTemplate.placeholders))
    }

    private func textAndPlace(_ node: YAMLNode) -> (text: String, place: Place)? {
        node.text.map { ($0, node.place) }
    }
}
