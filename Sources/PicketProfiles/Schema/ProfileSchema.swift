package import Foundation
import PicketEvents

/// A JSON Schema (draft 7, which editors for YAML read) of profile files, made from the types that profiles are read into:
/// it completes keys and values, and marks what is unknown. What it cannot say, such as the words of an alarm, `picket
/// profile check` says.
package enum ProfileSchema {
    /// The schema as a file.
    package static var file: Data {
        get throws {
            try JSONSerialization.data(
                withJSONObject: document, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        }
    }

    static var document: [String: Any] {
        var root = object(
            [
                "profile": name, "securityProfileName": name,
                "description": ["type": "string"], "securityProfileDescription": ["type": "string"],
                "targets": targets, "controls": list(text),
                "customMetrics": [
                    "type": "object",
                    "additionalProperties": ["enum": CustomMetric.MetricType.allCases.map(\.rawValue)],
                ],
                "dimensions": ["type": "object", "additionalProperties": list(text)],
                "behaviors": ["type": "array", "items": behavior],
                "exceptions": ["type": "array", "items": exception],
                "tests": ["type": "array", "items": test],
            ], required: ["behaviors"])
        // What AWS adds, and what is read without effect.
        var properties = root["properties"] as? [String: Any] ?? [:]
        for key in ProfileReader.awsMetadata + ProfileReader.withoutEffect.keys { properties[key] = [String: Any]() }
        root["properties"] = properties
        root["anyOf"] = [["required": ["profile"]], ["required": ["securityProfileName"]]]
        root["$schema"] = "http://json-schema.org/draft-07/schema#"
        root["title"] = "Picket security profile"
        return root
    }

    // MARK: Parts

    static func object(_ properties: [String: Any], required: [String] = []) -> [String: Any] {
        var object: [String: Any] = [
            "type": "object", "properties": properties, "additionalProperties": false,
        ]
        if !required.isEmpty { object["required"] = required }
        return object
    }

    /// One value, or several in a list.
    static func list(_ item: [String: Any]) -> [String: Any] { ["anyOf": [item, ["type": "array", "items": item]]] }

    static func words(_ values: [String]) -> [String: Any] { ["enum": values] }

    /// What a reader takes for text: YAML reads some texts as numbers or flags.
    static var text: [String: Any] { ["type": ["string", "number", "boolean"]] }
    static var amount: [String: Any] { ["type": ["string", "number"]] }
    static var whole: [String: Any] { ["type": "integer", "minimum": 1] }
    static var name: [String: Any] {
        [
            "type": "string", "pattern": "^[A-Za-z0-9:_-]{1,\(ProfileLimits.nameLength)}$",
        ]
    }
    static var duration: [String: Any] {
        [
            "type": "string", "pattern": "[0-9] *[A-Za-z]", "examples": ["30s", "5m", "1h", "3d"],
        ]
    }
    static var datapoints: [String: Any] {
        [
            "type": "integer", "minimum": ProfileLimits.consecutiveDatapoints.lowerBound,
            "maximum": ProfileLimits.consecutiveDatapoints.upperBound,
        ]
    }

    private static var targets: [String: Any] {
        let conditions: [String: Any] = [
            "group": text, "type": text, "device": text, "all": ["const": true], "registered": ["const": true],
            "unregistered": ["const": true], "attribute": ["type": "object", "additionalProperties": text],
        ]
        let except = conditions.merging(["except": object(conditions)]) { first, _ in first }
        return list([
            "anyOf": [
                words(["all", "registered", "unregistered"]), ["type": "string", "pattern": "^arn:"], object(except),
            ]
        ])
    }

    private static var exception: [String: Any] {
        object(
            [
                "behavior": name, "device": text, "subject": text, "reason": text, "owner": text,
                "from": ["type": "string"], "expires": ["type": "string"], "hours": hours,
            ], required: ["reason", "owner", "expires"])
    }

    static var hours: [String: Any] {
        [
            "type": "string", "pattern": "^(inside|outside) [0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2} ",
            "examples": ["outside 06:00-22:00 Europe/Berlin", "inside 22:00-06:00 UTC"],
        ]
    }
}
