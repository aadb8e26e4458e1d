import PicketProfiles

/// The criteria of a behavior as AWS writes them: what is expected, where ours say what is a violation.
enum AWSCriteria {
    static func object(_ behavior: Behavior) -> [String: Any] {
        var criteria: [String: Any] = [
            "consecutiveDatapointsToAlarm": behavior.datapointsToAlarm,
            "consecutiveDatapointsToClear": behavior.datapointsToClear,
        ]
        if let duration = behavior.duration { criteria["durationSeconds"] = duration }
        switch behavior.condition {
        case .limit(let limit):
            criteria["comparisonOperator"] = expected(limit.comparison)
            criteria["value"] = ["count": limit.bound]
        case .percentile(let limit):
            criteria["comparisonOperator"] = expected(limit.comparison)
            criteria["statisticalThreshold"] = ["statistic": limit.percentile.name]
        case .set(let set):
            let isInside = set.relation == .outside
            switch set.members {
            case .addresses(let ranges):
                criteria["comparisonOperator"] = isInside ? "in-cidr-set" : "not-in-cidr-set"
                criteria["value"] = ["cidrs": ranges.map(\.description)]
            case .numbers(let numbers):
                criteria["comparisonOperator"] = isInside ? "in-set" : "not-in-set"
                criteria["value"] = ["numbers": numbers]
            case .texts(let texts):
                criteria["comparisonOperator"] = isInside ? "in-set" : "not-in-set"
                criteria["value"] = ["strings": texts]
            }
        // AWS has no words for these.
        case .firstSeen, .peers, .history, .without: break
        }
        return criteria
    }

    private static func expected(_ violating: Limit.Comparison) -> String {
        switch violating {
        case .above: "less-than-equals"
        case .atLeast: "less-than"
        case .below: "greater-than-equals"
        case .atMost: "greater-than"
        }
    }
}
