import PicketEvents

/// Writes the condition of a behavior in the words that ``ConditionReader`` and ``AlarmWords`` read.
enum ConditionWriter {
    /// The keys that state it.
    static func keys(of behavior: Behavior) -> [String] {
        switch behavior.condition {
        case .limit: return ["alarm: \(ProfileWriter.scalar(behavior.alarmText))"]
        case .set(let set): return ["alarm: { \(set.relation.rawValue): [\(members(set.members, behavior.metric))] }"]
        case .percentile(let limit):
            let words = ["more than", "at least", "less than", "at most"]
            let index = Limit.Comparison.allCases.firstIndex(of: limit.comparison) ?? 0
            let window = behavior.windowText.map { " in \($0)" } ?? ""
            let alarm = "alarm: \(ProfileWriter.scalar("\(words[index]) \(limit.percentile.name)\(window)"))"
            return limit.minimumSubjects == 10 ? [alarm] : [alarm, "minimumSubjects: \(limit.minimumSubjects)"]
        case .firstSeen(let seen):
            let prefix = seen.prefix.map { "prefix: \($0), " } ?? ""
            return ["firstSeen: { \(prefix)learnFor: \(Quantity.duration(seen.learnForSeconds)) }"]
        case .peers(let limit):
            let common = comparison(limit.percentile, limit.factorThousandths, limit.floor, behavior)
            return ["peers: { \(common)\(limit.minimumPeers == 2 ? "" : ", minimumPeers: \(limit.minimumPeers)") }"]
        case .history(let limit):
            let common = comparison(limit.percentile, limit.factorThousandths, limit.floor, behavior)
            let days = limit.days == 14 ? "" : ", days: \(limit.days)"
            let samples = limit.minimumSamples == 200 ? "" : ", minimumSamples: \(limit.minimumSamples)"
            return ["history: { \(common)\(days)\(samples) }"]
        case .without(let companion):
            let entries = ProfileWriter.entries(of: companion.filter)
            let within = "within: \(Quantity.duration(companion.withinSeconds))"
            return ["without: { \((entries + [within]).joined(separator: ", ")) }"]
        }
    }

    private static func comparison(
        _ percentile: Percentile, _ factor: Int64, _ floor: Int64, _ behavior: Behavior
    ) -> String {
        let name = percentile.name.dropFirst()
        return "percentile: \(name), factor: \(Behavior.factor(factor)), floor: \(behavior.amount(floor)), "
            + "in: \(behavior.windowText ?? "5m")"
    }

    private static func members(_ members: SetLimit.Members, _ metric: Metric) -> String {
        let texts =
            switch members {
            case .addresses(let ranges): ranges.map { ProfileWriter.scalar($0.description) }
            case .numbers(let numbers): numbers.map { metric.amount($0) }
            case .texts(let texts): texts.map { ProfileWriter.scalar($0) }
            }
        return texts.joined(separator: ", ")
    }

    /// One exception, as a mapping in one line.
    static func exception(_ exception: ViolationException) -> String {
        var keys: [String] = []
        if let behavior = exception.behavior { keys.append("behavior: \(behavior)") }
        if let subject = exception.subject { keys.append("device: \(ProfileWriter.scalar(subject))") }
        keys.append("reason: \(ProfileWriter.scalar(exception.reason))")
        keys.append("owner: \(ProfileWriter.scalar(exception.owner))")
        if exception.from != .min { keys.append("from: \"\(Timestamp.format(exception.from))\"") }
        keys.append("expires: \"\(Timestamp.format(exception.expires))\"")
        if let hours = exception.hours { keys.append("hours: \(ProfileWriter.scalar(hours.description))") }
        return "{ \(keys.joined(separator: ", ")) }"
    }
}
