import PicketEvents

/// Reads `where`: which events of the metric count. Keys must all hold; the values of one key are alternatives.
struct WhereReader {
    private let collector: DiagnosticCollector
    /// The behavior's metric; nil when it could not be read.
    private let metric: Metric?

    init(_ collector: DiagnosticCollector, metric: Metric?) {
        self.collector = collector
        self.metric = metric
    }

    /// The filter; nil when it is empty or wrong, which was then reported.
    func read(_ entry: YAMLNode.Entry) -> Filter? {
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`where` is a mapping such as `{ topic: \"alarm/#\" }`, not \(entry.value.kindText)")
            return nil
        }
        guard !entries.isEmpty else {
            collector.report(.empty, at: entry.keyPlace, "`where` is empty", help: "leave it out to count all events")
            return nil
        }
        var kinds: EventKindSet?
        var terms: [(term: Term, entry: YAMLNode.Entry)] = []
        var seen: [String: String] = [:]
        var hours: HoursWindow?
        let values = ValueReader(collector, metric: metric)
        for entry in entries {
            if entry.key == WhereKey.hours {
                hours = HoursReader.read(entry, collector)
                continue
            }
            guard let key = WhereKey.read(entry, collector), let items = items(of: entry) else { continue }
            if let other = seen.updateValue(entry.key, forKey: key.canonical) {
                collector.report(
                    .conflict, at: entry.keyPlace, "`\(entry.key)` and `\(other)` are the same key",
                    help: "values of one key are alternatives; put them in one list")
                continue
            }
            if key.field == nil {
                guard let set = values.kinds(items, isNegated: key.isNegated) else { continue }
                kinds = kinds?.intersection(set) ?? set
            } else if let term = values.term(key, items) {
                terms.append((term, entry))
            }
        }
        checkReach(kinds: kinds, terms: terms, entry)
        // Kinds that the metric does not count say nothing, and must not keep behaviors from sharing what they compute.
        if let all = metric?.kinds, let some = kinds {
            kinds = some.intersection(all) == all ? nil : some.intersection(all)
        }
        return kinds == nil && terms.isEmpty && hours == nil
            ? nil : Filter(kinds: kinds, terms: terms.map(\.term), hours: hours)
    }

    private func items(of entry: YAMLNode.Entry) -> [YAMLNode]? {
        let items = entry.value.items
        guard !items.isEmpty else {
            collector.report(.empty, at: entry.keyPlace, "`\(entry.key)` has no value to compare with")
            return nil
        }
        guard items.count <= ProfileLimits.filterValues else {
            collector.report(
                .tooMany, at: entry.keyPlace,
                "`\(entry.key)` has \(items.count) values; at most \(ProfileLimits.filterValues) are compared")
            return nil
        }
        for item in items where item.text == nil {
            collector.report(
                .wrongType, at: item.isNull ? entry.keyPlace : item.place,
                "`\(entry.key)` is compared with text, not with \(item.kindText)")
        }
        return items.allSatisfy { $0.text != nil } ? items : nil
    }

    /// A filter that no event can pass would be silent forever, and nobody would know.
    private func checkReach(
        kinds: EventKindSet?, terms: [(term: Term, entry: YAMLNode.Entry)], _ entry: YAMLNode.Entry
    ) {
        guard let metric else { return }
        let reached = metric.kinds.intersection(kinds ?? metric.kinds)
        guard !reached.isEmpty else {
            collector.report(
                .neverMatches, at: entry.keyPlace, "no event of `\(metric.rawValue)` has such a kind",
                help: "it counts \(ValueReader.names(metric.kinds))")
            return
        }
        for (term, entry) in terms where term.field.kinds.intersection(reached).isEmpty {
            collector.report(
                .neverMatches, at: entry.keyPlace,
                "no event that counts here has a \(term.field.rawValue)",
                help: "`\(term.field.rawValue)` is found in \(ValueReader.names(term.field.kinds))")
        }
        for (term, entry) in terms {
            guard case .reasons(let bits) = term.test, !term.isNegated else { continue }
            let possible = reasons(metric, reached)
            guard !possible.isEmpty, possible.allSatisfy({ bits & 1 << UInt32($0.rawValue) == 0 }) else { continue }
            collector.report(
                .neverMatches, at: entry.keyPlace, "no event that counts here has such a reason",
                help: "it is one of \(possible.map { "\($0.name)" }.joined(separator: ", "))")
        }
    }

    /// The reasons that events of these kinds can have.
    private func reasons(_ metric: Metric, _ kinds: EventKindSet) -> [Reason] {
        if metric == .authorizationFailures { return Metric.authorizationFailureReasons }
        if kinds.contains(EventKind.dropped) { return Reason.allCases.filter { $0 != .none } }
        let failed = kinds.contains(EventKind.connectFailed) ? Reason.connectFailedReasons : []
        let ended = kinds.contains(EventKind.disconnect) ? Reason.disconnectReasons : []
        return Reason.allCases.filter { failed.contains($0) || ended.contains($0) }
    }
}
