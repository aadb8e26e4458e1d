import Foundation

/// As much of JSON Schema (draft 7) as the schema of profiles uses. A word that it does not know is a problem itself, so
/// that no part of the schema goes unchecked.
struct SchemaCheck {
    let root: [String: Any]

    private static let silent: Set<String> = ["$schema", "title", "examples", "description"]

    func problems(of value: Any) -> [String] { problems(of: value, root, "") }

    private func problems(of value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        var found: [String] = []
        for (word, rule) in schema where !SchemaCheck.silent.contains(word) {
            switch (word, rule) {
            case ("type", let name as String):
                if !isType(value, name) { found.append("\(path) is no \(name)") }
            case ("type", let names as [String]):
                if !names.contains(where: { isType(value, $0) }) { found.append("\(path) is none of \(names)") }
            case ("enum", let values as [String]):
                if !values.contains(where: { $0 == value as? String }) { found.append("\(path) is none of \(values)") }
            case ("const", let flag as Bool):
                if value as? Bool != flag { found.append("\(path) is not \(flag)") }
            case ("pattern", let pattern as String):
                guard let text = value as? String else { break }
                if text.range(of: pattern, options: .regularExpression) == nil {
                    found.append("\(path): `\(text)` is not like \(pattern)")
                }
            case ("minimum", let bound as Double):
                if let number = number(value), number < bound { found.append("\(path) is below \(bound)") }
            case ("maximum", let bound as Double):
                if let number = number(value), number > bound { found.append("\(path) is above \(bound)") }
            case ("required", let keys as [String]):
                guard let object = value as? [String: Any] else { break }
                found += keys.filter { object[$0] == nil }.map { "\(path) has no \($0)" }
            case ("anyOf", let all as [[String: Any]]):
                let each = all.map { problems(of: value, $0, path) }
                if !each.contains(where: \.isEmpty) { found += each.min { $0.count < $1.count } ?? [] }
            case ("items", let item as [String: Any]):
                guard let list = value as? [Any] else { break }
                for (index, element) in list.enumerated() { found += problems(of: element, item, "\(path)/\(index)") }
            case ("properties", _), ("patternProperties", _), ("additionalProperties", _): break
            default: found.append("the schema has `\(word)` at \(path), which this check does not know")
            }
        }
        return found + keys(of: value, schema, path)
    }

    private func keys(of value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        guard let object = value as? [String: Any] else { return [] }
        let properties = schema["properties"] as? [String: Any] ?? [:]
        let patterns = schema["patternProperties"] as? [String: Any] ?? [:]
        var found: [String] = []
        for (key, part) in object {
            var rules = properties[key].map { [$0] } ?? []
            rules += patterns.filter { key.range(of: $0.key, options: .regularExpression) != nil }.map(\.value)
            if rules.isEmpty, let rest = schema["additionalProperties"] {
                if rest as? Bool == false { found.append("\(path) has an unknown key \(key)") }
                rules = (rest as? [String: Any]).map { [$0] } ?? []
            }
            for case let rule as [String: Any] in rules { found += problems(of: part, rule, "\(path)/\(key)") }
        }
        return found
    }

    private func number(_ value: Any) -> Double? { (value as? Int64).map(Double.init) ?? value as? Double }

    private func isType(_ value: Any, _ name: String) -> Bool {
        switch name {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": value is Bool
        case "integer": value is Int64
        case "number": value is Int64 || value is Double
        case "null": value is NSNull
        default: false
        }
    }
}
