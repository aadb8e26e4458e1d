import PicketEvents

/// Reads the conditions that are mappings: sets, and limits that depend on others or on the past.
struct ConditionReader {
    /// A condition with the window it is judged in.
    struct Meaning {
        var condition: Condition
        /// In seconds.
        var duration: Int?
    }

    private let collector: DiagnosticCollector
    private let metric: Metric?

    init(_ collector: DiagnosticCollector, metric: Metric?) {
        self.collector = collector
        self.metric = metric
    }

    /// The keys of a behavior that state a condition beside `alarm` and `criteria`.
    static let keys = ["firstSeen", "peers", "history", "without"]

    /// What to write in an `alarm` that is a mapping.
    private static let setForms = "`{ outside: [10.0.0.0/8] }` or `{ inside: [23, 2323] }`"

    /// The condition that the entry of one of ``keys`` states; nil when it is wrong, which was then reported.
    func read(_ entry: YAMLNode.Entry) -> Meaning? {
        switch entry.key {
        case "firstSeen": firstSeen(entry)
        case "peers": peers(entry)
        case "history": history(entry)
        default: without(entry)
        }
    }

    // MARK: Sets

    /// `alarm: { outside: […] }`.
    func set(_ entry: YAMLNode.Entry) -> Meaning? {
        guard var keys = MappingReader(entry.value, "an alarm", collector) else { return nil }
        let outside = keys.take("outside")
        let inside = keys.take("inside")
        keys.finish(help: "an alarm is a text: \(AlarmWords.forms); or a set: \(Self.setForms)")
        if let outside, let inside {
            collector.report(
                .conflict, at: inside.keyPlace, "`inside` and `outside` are two conditions",
                help: "line \(outside.keyPlace.line) has the other; make two behaviors of them")
            return nil
        }
        guard let list = outside ?? inside else {
            if keys.keys.isEmpty {
                collector.report(.empty, at: entry.keyPlace, "the alarm says nothing", help: Self.setForms)
            }
            return nil
        }
        return members(list).map {
            Meaning(condition: .set(SetLimit(outside == nil ? .inside : .outside, $0)), duration: nil)
        }
    }

    /// The members of a set, in the kind of values that the metric has.
    func members(_ entry: YAMLNode.Entry) -> SetLimit.Members? {
        let items = entry.value.items
        guard items.count <= ProfileLimits.filterValues else {
            collector.report(
                .tooMany, at: entry.keyPlace,
                "`\(entry.key)` has \(items.count) members; at most \(ProfileLimits.filterValues) are compared")
            return nil
        }
        for item in items where item.text == nil {
            collector.report(
                .wrongType, at: item.isNull ? entry.keyPlace : item.place,
                "a member of a set is a text or a number, not \(item.kindText)")
        }
        let texts = items.compactMap { node in node.text.map { ($0, node.place) } }
        guard texts.count == items.count, let metric else { return nil }
        switch metric.values {
        case .number:
            collector.report(
                .conflict, at: entry.keyPlace, "`\(metric.rawValue)` is a number, and is not compared with sets",
                help: "a number has limits: `more than 120 in 5m`")
            return nil
        case .addresses:
            let values = ValueReader(collector, metric: metric)
            let ranges = texts.compactMap { values.range($0.0, $0.1) }
            return ranges.count == texts.count ? .addresses(ranges) : nil
        case .numbers: return numbers(texts, metric)
        case .texts: return .texts(texts.map(\.0))
        }
    }

    private func numbers(_ texts: [(String, Place)], _ metric: Metric) -> SetLimit.Members? {
        var numbers: [Int64] = []
        var isWhole = true
        for (text, place) in texts {
            do throws(AlarmWords.Failure) {
                let number = try AlarmWords.parseAmount(text, unit: AmountUnit(metric))
                if metric.decimals == 0, number > 65_535 {
                    collector.report(.numberRange, at: place, "a port is 0 to 65535")
                    isWhole = false
                }
                numbers.append(number)
            } catch {
                collector.report(error, in: text, at: place)
                isWhole = false
            }
        }
        return isWhole ? .numbers(numbers) : nil
    }

    // MARK: Learned limits

    private func firstSeen(_ entry: YAMLNode.Entry) -> Meaning? {
        guard var keys = MappingReader(entry.value, "`firstSeen`", collector) else { return nil }
        let prefix = keys.take("prefix")
        let learnFor = keys.need(["learnFor"], help: "how long everything is usual, such as `3d`")
            .flatMap { duration($0, most: LearnedLimits.learnSeconds) }
        keys.finish()
        var bits: Int?
        if let prefix {
            guard let number = prefix.value.integer, (1...32).contains(number) else {
                collector.report(
                    .numberRange, at: prefix.value.place, "`prefix` is a number of bits, 1 to 32",
                    help: "24 tells networks of 256 addresses apart; an IPv6 network is twice as long")
                return nil
            }
            bits = Int(number)
            if let metric, metric.values != .addresses {
                collector.report(
                    .conflict, at: prefix.keyPlace, "`prefix` is for addresses, and `\(metric.rawValue)` has none")
                return nil
            }
        }
        if let metric, metric.values == .number {
            collector.report(
                .conflict, at: entry.keyPlace, "`\(metric.rawValue)` is a number, and numbers are always new",
                help: "`firstSeen` is for \(Self.listMetrics)")
            return nil
        }
        guard let learnFor else { return nil }
        return Meaning(condition: .firstSeen(FirstSeen(prefix: bits, learnForSeconds: learnFor)), duration: nil)
    }

    private static let listMetrics = Metric.allCases.filter { $0.values != .number }.map(\.rawValue)
        .joined(separator: ", ")

    private func peers(_ entry: YAMLNode.Entry) -> Meaning? {
        guard var keys = MappingReader(entry.value, "`peers`", collector) else { return nil }
        let common = comparison(&keys)
        let minimum = count(&keys, "minimumPeers", standard: 2)
        keys.finish()
        guard let common, let minimum, isNumber(entry) else { return nil }
        let limit = PeerLimit(
            percentile: common.percentile, factorThousandths: common.factor, floor: common.floor,
            minimumPeers: minimum)
        return Meaning(condition: .peers(limit), duration: common.window)
    }

    private func history(_ entry: YAMLNode.Entry) -> Meaning? {
        guard var keys = MappingReader(entry.value, "`history`", collector) else { return nil }
        let common = comparison(&keys)
        let days = count(&keys, "days", standard: 14)
        let samples = count(&keys, "minimumSamples", standard: 200)
        keys.finish()
        guard let common, let days, let samples, isNumber(entry) else { return nil }
        guard days <= LearnedLimits.days else {
            collector.report(.numberRange, at: entry.keyPlace, "`days` is at most \(LearnedLimits.days)")
            return nil
        }
        let limit = HistoryLimit(
            percentile: common.percentile, factorThousandths: common.factor, floor: common.floor, days: days,
            minimumSamples: samples)
        return Meaning(condition: .history(limit), duration: common.window)
    }

    /// What `peers` and `history` have in common.
    private func comparison(
        _ keys: inout MappingReader
    ) -> (percentile: Percentile, factor: Int64, floor: Int64, window: Int)? {
        let percentile = keys.take("percentile").map { entry -> Percentile? in
            amount(entry) { (text) throws(AlarmWords.Failure) in try AlarmWords.parsePercentile(text) }
        }
        let factor = keys.need(["factor"], help: "how many times the others' value is too much, such as `3`")
            .flatMap { entry -> Int64? in
                amount(entry) { (text) throws(AlarmWords.Failure) in
                    try AlarmWords.parseAmount(text, unit: .decimal(places: 3))
                }
            }
        let unit = metric.map { AmountUnit($0) } ?? .size
        let floor = keys.need(["floor"], help: "what is never too much, such as `5 KB`: it keeps small numbers quiet")
            .flatMap { entry -> Int64? in
                amount(entry) { (text) throws(AlarmWords.Failure) in try AlarmWords.parseAmount(text, unit: unit) }
            }
        let window = keys.need(["in"], help: "the window that is compared, such as `in: 10m`")
            .flatMap { duration($0, most: ProfileLimits.durationSeconds) }
        guard let factor, let floor, let window, let percentile = percentile ?? Percentile(tenThousandths: 9_900) else {
            return nil
        }
        return (percentile, factor, floor, window)
    }

    private func isNumber(_ entry: YAMLNode.Entry) -> Bool {
        guard let metric, metric.values != .number else { return metric != nil }
        collector.report(
            .conflict, at: entry.keyPlace, "`\(metric.rawValue)` is no number, and cannot be more than others'",
            help: "use `firstSeen`, or `alarm: { outside: […] }`")
        return false
    }

    // MARK: Absence and sequence

    private func without(_ entry: YAMLNode.Entry) -> Meaning? {
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`without` is a mapping such as `{ user-action: unlock, within: 30s }`")
            return nil
        }
        var conditions: [YAMLNode.Entry] = []
        var within: Int?
        for part in entries {
            switch part.key {
            case "within": within = duration(part, most: LearnedLimits.joinSeconds)
            case "user-action":
                conditions.append(
                    YAMLNode.Entry(
                        key: "kind", keyPlace: part.keyPlace,
                        value: YAMLNode(.scalar("user", isPlain: true), at: part.value.place)))
                conditions.append(YAMLNode.Entry(key: "action", keyPlace: part.keyPlace, value: part.value))
            default: conditions.append(part)
            }
        }
        if !entries.contains(where: { $0.key == "within" }) {
            collector.report(
                .missingKey, at: entry.keyPlace, "`without` needs `within`", help: "how far the two may be apart: `30s`"
            )
        }
        let mapping = YAMLNode.Entry(
            key: "without", keyPlace: entry.keyPlace, value: YAMLNode(.mapping(conditions), at: entry.value.place))
        guard let filter = WhereReader(collector, metric: .count).read(mapping), let within else { return nil }
        // A companion of every kind would be the event itself.
        let whole = Filter(kinds: filter.kinds ?? Metric.count.kinds, terms: filter.terms, hours: filter.hours)
        return Meaning(condition: .without(Companion(whole, withinSeconds: within)), duration: nil)
    }

    /// `after: { behavior: guessing, within: 10m }`.
    func predecessor(_ entry: YAMLNode.Entry) -> Predecessor? {
        guard var keys = MappingReader(entry.value, "`after`", collector) else { return nil }
        let behavior = keys.need(["behavior"], help: "the behavior that must be violated first")
            .flatMap { Names.read($0, "behavior", collector) }
        let within = keys.need(["within"], help: "how long it still counts after its end, such as `10m`")
            .flatMap { duration($0, most: LearnedLimits.joinSeconds) }
        keys.finish()
        guard let behavior, let within else { return nil }
        return Predecessor(behavior: behavior, withinSeconds: within)
    }

    // MARK: Parts

    private func duration(_ entry: YAMLNode.Entry, most: Int) -> Int? {
        amount(entry) { (text) throws(AlarmWords.Failure) in try AlarmWords.parseDuration(text, most: most) }
    }

    private func amount<Value>(
        _ entry: YAMLNode.Entry, _ read: (String) throws(AlarmWords.Failure) -> Value
    ) -> Value? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        do throws(AlarmWords.Failure) {
            return try read(text)
        } catch {
            collector.report(error, in: text, at: place)
            return nil
        }
    }

    private func count(_ keys: inout MappingReader, _ key: String, standard: Int) -> Int? {
        guard let entry = keys.take(key) else { return standard }
        guard let number = entry.value.integer, (1...1_000_000).contains(number) else {
            collector.report(.numberRange, at: entry.value.place, "`\(key)` is a whole number, 1 to 1000000")
            return nil
        }
        return Int(number)
    }
}

/// The limits of what is learned and joined, each with its reason.
enum LearnedLimits {
    /// The longest time to learn, in seconds: what is new every 30 days is new.
    static let learnSeconds = 30 * 86_400
    /// The most days of history: one sketch is kept for each.
    static let days = 60
    /// The longest time between two events that belong together, in seconds: each one waits in memory that long.
    static let joinSeconds = 86_400
}
