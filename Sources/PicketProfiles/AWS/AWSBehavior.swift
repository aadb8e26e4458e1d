import Foundation
package import PicketEvents

/// One behavior as AWS IoT API 2015-05-28 has it, or why it cannot be one.
package struct AWSBehavior {
    /// A list of topic filters, which AWS keeps beside the profile.
    struct Dimension {
        var name: String
        var filters: [String]
        var isNegated: Bool
    }

    private let behavior: Behavior
    /// Why AWS has nothing like it; nil when it has.
    private(set) var impossible: String?
    /// What it is written without.
    private(set) var losses: [String] = []
    var dimension: Dimension?

    /// The windows of AWS, in seconds (developer guide, cloud-side metrics).
    private static let durations = [300, 600, 900, 1_800, 3_600]
    /// The most topic filters of a dimension, and the most bytes of one (CreateDimension: `stringValues`).
    private static let filtersOfDimension = 100
    private static let bytesOfFilter = 256
    /// Metrics that AWS takes dimensions for (developer guide, scoping security behavior).
    private static let scoped: Set<Metric> = [
        .messagesSent, .messagesReceived, .messageByteSize, .sourceAddress, .authorizationFailures,
    ]

    package init(_ behavior: Behavior, profile: String) {
        self.behavior = behavior
        impossible = readMetric() ?? readFilter(profile) ?? readWindow() ?? readCondition()
        guard impossible == nil else { return }
        if behavior.severity != .standard { losses.append("its severity: AWS's violations have none") }
        if let playbook = behavior.playbook { losses.append("the playbook \(playbook)") }
    }

    /// The object of `behaviors`. What AWS has no words for is left out of it.
    package var json: [String: Any] {
        var json: [String: Any] = ["name": behavior.name, "criteria": criteria]
        json["metric"] = Self.name(of: behavior.metric)
        if let dimension {
            json["metricDimension"] = [
                "dimensionName": dimension.name, "operator": dimension.isNegated ? "NOT_IN" : "IN",
            ]
        }
        if behavior.suppressed { json["suppressAlerts"] = true }
        return json
    }

    /// The name of a metric: `aws:` stands before AWS's own alone.
    package static func name(of metric: Metric) -> String {
        Metric.ofAWS.contains(metric) ? "aws:\(metric.rawValue)" : metric.rawValue
    }

    /// A datapoint as `metricValue` has it, in the member of its type; nil when there is none.
    ///
    /// - Parameter text: of metrics that are no number, what the datapoint showed.
    package static func metricValue(_ metric: Metric, value: Int64?, text: String?) -> [String: Any]? {
        func number(_ text: String) -> NSDecimalNumber {
            NSDecimalNumber(string: text, locale: Locale(identifier: "en_US_POSIX"))
        }
        var isCustom = false
        if case .custom = metric { isCustom = true }
        guard metric.values != .number else {
            return value.map { isCustom ? ["number": number(metric.amount($0))] : ["count": $0] }
        }
        guard let text else { return nil }
        switch metric.values {
        case .addresses: return ["cidrs": [text]]
        case .numbers: return [isCustom ? "numbers" : "ports": [number(text)]]
        case .texts, .number: return ["strings": [text]]
        }
    }

    // MARK: What AWS can hold

    private func readMetric() -> String? {
        var isCustom = false
        if case .custom = behavior.metric { isCustom = true }
        guard isCustom || Metric.ofAWS.contains(behavior.metric) else {
            return "AWS has no metric like `\(behavior.metric.rawValue)`"
        }
        if behavior.subject != .device { return "AWS knows no subject but the device" }
        return behavior.after == nil ? nil : "AWS has nothing like `after`"
    }

    private mutating func readFilter(_ profile: String) -> String? {
        guard let filter = behavior.filter else { return nil }
        guard filter.kinds == nil, filter.hours == nil, filter.terms.count == 1, let term = filter.terms.first,
            term.field == .topic, case .text(let patterns) = term.test,
            patterns.allSatisfy({ if case .topic = $0.kind { true } else { false } })
        else { return "AWS filters by lists of topics alone (a dimension), and `where` says more" }
        guard AWSBehavior.scoped.contains(behavior.metric) else {
            return "AWS takes no topics for `\(behavior.metric.rawValue)`"
        }
        // `{device}` is what AWS calls the client id, which there is the thing's name.
        let filters = patterns.map { $0.source.replacing("{device}", with: "${iot:ClientId}") }
        guard filters.count <= AWSBehavior.filtersOfDimension,
            filters.allSatisfy({ $0.utf8.count <= AWSBehavior.bytesOfFilter })
        else {
            return "AWS's dimensions hold at most \(AWSBehavior.filtersOfDimension) topic filters of at most "
                + "\(AWSBehavior.bytesOfFilter) bytes"
        }
        let name = String("\(profile)-\(behavior.name)".prefix(ProfileLimits.nameLength))
        dimension = Dimension(name: name, filters: filters, isNegated: term.isNegated)
        return nil
    }

    private func readWindow() -> String? {
        if let duration = behavior.duration {
            guard AWSBehavior.durations.contains(duration) else {
                return "AWS's windows are 5, 10, 15, 30 and 60 minutes, and not \(Quantity.duration(duration))"
            }
            guard behavior.slide == Window.defaultSlide(duration: duration) else {
                return "AWS does not let `every` be chosen"
            }
        } else if [.count, .sum].contains(behavior.metric.aggregation) {
            return "AWS counts in windows of 5 to 60 minutes, and this has none"
        }
        return nil
    }

    private func readCondition() -> String? {
        switch behavior.condition {
        case .limit, .set: return nil
        case .percentile(let limit):
            guard Percentile.ofAWS.contains(limit.percentile) else {
                return "AWS has no statistic \(limit.percentile.name)"
            }
            return limit.minimumSubjects == 1 ? nil : "AWS compares from one device on, not \(limit.minimumSubjects)"
        case .history:
            return confidence == nil ? "AWS's machine learning takes no limits; it has LOW, MEDIUM and HIGH" : nil
        case .firstSeen: return "AWS has nothing like `firstSeen`"
        case .peers: return "AWS has nothing like `peers`; a percentile of all (`more than p99`) comes near"
        case .without: return "AWS has nothing like `without`"
        }
    }

    /// The level that reads as this history.
    private var confidence: String? {
        guard case .history(let limit) = behavior.condition, behavior.duration == CriteriaReader.learnedWindow else {
            return nil
        }
        return CriteriaReader.confidences.first {
            limit
                == HistoryLimit(
                    percentile: Percentile(tenThousandths: 9_900), factorThousandths: $0.factorThousandths, floor: 1)
        }?.level
    }

    // MARK: Criteria: what is expected, the contrary of what violates

    private var criteria: [String: Any] {
        var criteria: [String: Any] = [:]
        if let duration = behavior.duration { criteria["durationSeconds"] = duration }
        if behavior.datapointsToAlarm != 1 { criteria["consecutiveDatapointsToAlarm"] = behavior.datapointsToAlarm }
        if behavior.datapointsToClear != 1 { criteria["consecutiveDatapointsToClear"] = behavior.datapointsToClear }
        switch behavior.condition {
        case .limit(let limit):
            criteria["comparisonOperator"] = AWSBehavior.expected(limit.comparison)
            if case .custom = behavior.metric {
                criteria["value"] = ["number": number(limit.bound)]
            } else {
                criteria["value"] = ["count": limit.bound]
            }
        case .percentile(let limit):
            criteria["comparisonOperator"] = AWSBehavior.expected(limit.comparison)
            criteria["statisticalThreshold"] = ["statistic": limit.percentile.name]
        case .set(let set):
            let (kind, value) = members(set.members)
            criteria["comparisonOperator"] = set.relation == .outside ? "in-\(kind)" : "not-in-\(kind)"
            criteria["value"] = value
        default:
            if let confidence { criteria["mlDetectionConfig"] = ["confidenceLevel": confidence] }
        }
        return criteria
    }

    private static func expected(_ violation: Limit.Comparison) -> String {
        CriteriaReader.operators.first { $0.violation == violation }?.name ?? ""
    }

    private func members(_ members: SetLimit.Members) -> (kind: String, value: [String: Any]) {
        switch members {
        case .addresses(let ranges): return ("cidr-set", ["cidrs": ranges.map(\.description)])
        case .numbers(let numbers):
            guard case .custom = behavior.metric else { return ("port-set", ["ports": numbers]) }
            return ("set", ["numbers": numbers.map { number($0) }])
        case .texts(let texts): return ("set", ["strings": texts])
        }
    }

    /// A fixed-point number with all its digits.
    private func number(_ value: Int64) -> NSDecimalNumber {
        NSDecimalNumber(string: behavior.metric.amount(value), locale: Locale(identifier: "en_US_POSIX"))
    }
}
