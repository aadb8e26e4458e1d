import PicketEvents

/// The behaviors of a profile, in our form and AWS's.
extension ProfileSchema {
    static var behavior: [String: Any] {
        object(
            [
                "name": name, "metric": metric, "where": filter, "alarm": alarm, "severity": severity,
                "playbook": name, "subject": subject, "every": duration, "minimumSubjects": whole,
                "consecutiveDatapointsToAlarm": datapoints, "consecutiveDatapointsToClear": datapoints,
                "suppressAlerts": ["type": "boolean"], "exportMetric": ["type": "boolean"],
                "firstSeen": object(
                    ["prefix": ["type": "integer", "minimum": 1, "maximum": 32], "learnFor": duration],
                    required: ["learnFor"]),
                "peers": learned(["minimumPeers": whole]),
                "history": learned([
                    "days": ["type": "integer", "minimum": 1, "maximum": LearnedLimits.days], "minimumSamples": whole,
                ]),
                "without": companion,
                "after": object(["behavior": name, "within": duration], required: ["behavior", "within"]),
                "criteria": criteria,
                "metricDimension": object(
                    ["dimensionName": text, "operator": words(["IN", "NOT_IN"])], required: ["dimensionName"]),
            ], required: ["name", "metric"])
    }

    /// Our metrics by name, AWS's with their prefix too, and any name for one of the users' own.
    private static var metric: [String: Any] {
        let known = Metric.allCases.map(\.rawValue)
        return [
            "anyOf": [
                words(known + Metric.ofAWS.map { "aws:\($0.rawValue)" }),
                ["type": "string", "pattern": "^(?!aws:)[A-Za-z0-9:_-]{1,\(ProfileLimits.nameLength)}$"],
            ]
        ]
    }

    private static var alarm: [String: Any] {
        let members = list(text)
        return [
            "anyOf": [
                [
                    "type": "string",
                    "examples": [
                        "more than 120 in 5m", "none in 30m", "any", "at least 200 MB in 1h", "more than p99 in 10m",
                    ],
                ], object(["outside": members], required: ["outside"]),
                object(["inside": members], required: ["inside"]),
            ]
        ]
    }

    private static var severity: [String: Any] {
        let levels = Severity.Level.allCases.map(\.rawValue)
        let steps = Dictionary(uniqueKeysWithValues: levels.map { ($0, amount as Any) })
        return ["anyOf": [words(levels), object(steps)]]
    }

    private static var subject: [String: Any] {
        let bits: (Int) -> [String: Any] = { ["type": "integer", "minimum": 1, "maximum": $0] }
        return [
            "anyOf": [
                words(SubjectKind.allCases.map(\.rawValue)),
                object(["address": bits(32), "ipv6": bits(128)], required: ["address"]),
            ]
        ]
    }

    /// The keys of `where`: fields with the modifiers that they take.
    private static var filterKeys: [String: Any] {
        var patterns: [String: Any] = [
            "^kind(\\|not)?$": list(words(EventKind.allCases.filter { !$0.isPicketOwn }.map { "\($0.name)" }))
        ]
        for field in Field.allCases {
            let modifiers = WhereKey.modifiers(of: field).map(\.rawValue)
            let compared = modifiers.isEmpty ? "" : "|(\\|not)?\\|(\(modifiers.joined(separator: "|")))(\\|not)?"
            patterns["^\(field.rawValue)(|\\|not\(compared))$"] = list(text)
        }
        return patterns
    }

    private static var filter: [String: Any] {
        [
            "type": "object", "patternProperties": filterKeys, "properties": [WhereKey.hours: hours],
            "additionalProperties": false,
        ]
    }

    private static var companion: [String: Any] {
        [
            "type": "object", "patternProperties": filterKeys,
            "properties": [WhereKey.hours: hours, "user-action": list(text), "within": duration],
            "required": ["within"], "additionalProperties": false,
        ]
    }

    private static func learned(_ more: [String: Any]) -> [String: Any] {
        let common: [String: Any] = ["percentile": amount, "factor": amount, "floor": amount, "in": duration]
        return object(common.merging(more) { first, _ in first }, required: ["factor", "floor", "in"])
    }

    private static var criteria: [String: Any] {
        let operators = CriteriaReader.operators.map(\.name) + CriteriaReader.setOperators.map(\.name)
        return object([
            "comparisonOperator": words(operators),
            "value": object([
                "count": ["type": "integer", "minimum": 0], "number": amount, "cidrs": list(text), "ports": list(text),
                "numbers": list(amount), "strings": list(text),
            ]),
            "durationSeconds": [
                "type": "integer", "minimum": 1, "maximum": ProfileLimits.durationSeconds,
            ],
            "consecutiveDatapointsToAlarm": datapoints, "consecutiveDatapointsToClear": datapoints,
            "statisticalThreshold": object(
                ["statistic": words(Percentile.ofAWS.map(\.name))], required: ["statistic"]),
            "mlDetectionConfig": object(
                ["confidenceLevel": words(CriteriaReader.confidences.map(\.level))], required: ["confidenceLevel"]),
        ])
    }
}
