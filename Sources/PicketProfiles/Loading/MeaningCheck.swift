import PicketEvents

/// Conditions that can be read and that the metric cannot have.
struct MeaningCheck {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) { self.collector = collector }

    /// Whether the condition fits the metric; what does not was reported.
    func accepts(_ rule: BehaviorReader.Rule, metric: Metric) -> Bool {
        func refuse(_ message: String, help: String) -> Bool {
            collector.report(.conflict, at: rule.place, message, help: help)
            return false
        }
        switch rule.condition {
        case .limit where metric.values != .number:
            return refuse(
                "`\(metric.rawValue)` is no number, and has no limit",
                help: "compare it with a set, `alarm: { outside: […] }`, or use `firstSeen`")
        case .limit where metric.aggregation == .elapsed && rule.duration != nil:
            return refuse(
                "`\(metric.rawValue)` is a time that passes by itself, and has no window",
                help: "leave out what follows `in`: `more than 5m`")
        case .limit(let limit) where metric.aggregation == .elapsed && !limit.isUpper:
            return refuse(
                "`\(metric.rawValue)` begins at 0 each time, so a lower limit is always violated",
                help: "an alarm is `more than 5m`")
        case .limit where rule.duration == nil && metric.isCountOfDifferent:
            return refuse(
                "a number of different things needs a duration", help: "as in `more than 20 in 1h`")
        case .percentile where metric.values != .number || rule.duration == nil || metric.aggregation == .elapsed:
            return refuse(
                "a percentile compares what devices did in a window", help: "as in `more than p99 in 10m`")
        case .set where rule.duration != nil:
            return refuse(
                "a set is compared with each event, and has no duration", help: "leave `durationSeconds` out")
        default: return true
        }
    }
}

extension Metric {
    /// Whether its value is a number of different things.
    fileprivate var isCountOfDifferent: Bool { if case .distinct = aggregation { true } else { false } }
}
