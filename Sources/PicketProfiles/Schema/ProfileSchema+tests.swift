import PicketEvents

/// The tests of a profile, and the fleet that one may have of its own.
extension ProfileSchema {
    static var test: [String: Any] {
        object(
            [
                "name": text, "events": ["type": "array", "items": event],
                "expect": ["anyOf": [["type": "null"], ["type": "array", "items": expectation]]], "fleet": fleet,
            ], required: ["name", "events", "expect"])
    }

    private static var event: [String: Any] {
        var properties: [String: Any] = [
            "at": text, "repeat": whole, "every": duration, "delay": duration, "restart": ["const": true],
            "kind": words(TestEventReader.kinds.map { "\($0.name)" }),
        ]
        for key in EventKey.allCases { properties["\(key.name)"] = [String: Any]() }
        // `publish: t-7` is short for `kind: publish, device: t-7`.
        for kind in TestEventReader.kinds where properties["\(kind.name)"] == nil {
            properties["\(kind.name)"] = ["type": ["string", "number", "boolean", "null"]]
        }
        return object(properties, required: ["at"])
    }

    private static var expectation: [String: Any] {
        var properties: [String: Any] = [
            "at": text, "event": words(ProfileTestReader.transitions), "behavior": name, "value": text,
        ]
        for subject in SubjectKind.allCases { properties[subject.rawValue] = text }
        return object(properties, required: ["behavior"])
    }

    private static var fleet: [String: Any] {
        let topics = object(["telemetry": list(text), "actuation": list(text)])
        let group = object(["type": text, "group": text, "in": text, "topics": topics])
        let attributes: [String: Any] = ["type": "object", "additionalProperties": text]
        let device = object([
            "group": list(text), "groups": list(text), "type": text, "user": text, "certificate": list(text),
            "certificates": list(text), "attributes": attributes,
        ])
        func named(_ part: [String: Any]) -> [String: Any] {
            ["type": ["object", "null"], "additionalProperties": ["anyOf": [part, ["type": "null"]]]]
        }
        return object([
            "identity": [
                "anyOf": [words(["certificate", "user", "client-id"]), object(["topic": ["type": "string"]])]
            ],
            "groups": named(group), "devices": named(device), "protected": list(text),
        ])
    }
}
