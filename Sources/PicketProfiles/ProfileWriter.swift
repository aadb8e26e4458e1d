import PicketEvents

/// Writes a profile in our form, one way only: `profile fmt`, and what an AWS profile looks like as ours.
///
/// What is read back from it is equal to what was written. Comments and `tests` are not part of a profile, so they are
/// not written; ``TestSection`` finds the tests of a file.
package enum ProfileWriter {
    /// `profile` as YAML.
    package static func yaml(_ profile: SecurityProfile) -> String {
        var lines = ["profile: \(scalar(profile.name))"]
        if let description = profile.description { lines.append("description: \(scalar(description))") }
        lines.append("targets: [\(profile.targets.map { target($0) }.joined(separator: ", "))]")
        if !profile.controls.isEmpty { lines.append("controls: \(list(profile.controls))") }
        let custom = Set(
            profile.behaviors.compactMap { behavior -> CustomMetric? in
                if case .custom(let metric) = behavior.metric { metric } else { nil }
            })
        if !custom.isEmpty {
            let types = custom.sorted { $0.name < $1.name }.map { "\(scalar($0.name)): \($0.type.rawValue)" }
            lines.append("customMetrics: { \(types.joined(separator: ", ")) }")
        }
        lines.append("behaviors:\(profile.behaviors.isEmpty ? " []" : "")")
        for behavior in profile.behaviors {
            for (index, line) in keys(of: behavior).enumerated() { lines.append((index == 0 ? "  - " : "    ") + line) }
        }
        if !profile.exceptions.isEmpty { lines.append("exceptions:") }
        for exception in profile.exceptions { lines.append("  - \(ConditionWriter.exception(exception))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func keys(of behavior: Behavior) -> [String] {
        var keys = ["name: \(scalar(behavior.name))"]
        if let prefix = behavior.prefix {
            keys.append("subject: { address: \(prefix.ipv4)\(prefix.ipv6 == 64 ? "" : ", ipv6: \(prefix.ipv6)") }")
        } else if behavior.subject != .device {
            keys.append("subject: \(behavior.subject.rawValue)")
        }
        keys.append("metric: \(behavior.metric.rawValue)")
        if let filter = behavior.filter { keys.append("where: { \(entries(of: filter).joined(separator: ", ")) }") }
        keys += ConditionWriter.keys(of: behavior)
        if let after = behavior.after {
            keys.append(
                "after: { behavior: \(scalar(after.behavior)), within: \(Quantity.duration(after.withinSeconds)) }")
        }
        if let slide = behavior.slide, let duration = behavior.duration,
            slide != Window.defaultSlide(duration: duration)
        {
            keys.append("every: \(Quantity.duration(slide))")
        }
        if behavior.datapointsToAlarm != 1 {
            keys.append("consecutiveDatapointsToAlarm: \(behavior.datapointsToAlarm)")
        }
        if behavior.datapointsToClear != 1 {
            keys.append("consecutiveDatapointsToClear: \(behavior.datapointsToClear)")
        }
        if behavior.severity != .standard { keys.append("severity: \(severity(behavior))") }
        if let playbook = behavior.playbook { keys.append("playbook: \(scalar(playbook))") }
        if behavior.suppressed { keys.append("suppressAlerts: true") }
        return keys
    }

    private static func severity(_ behavior: Behavior) -> String {
        let severity = behavior.severity
        guard !severity.steps.isEmpty else { return severity.base.rawValue }
        let steps = severity.steps.map { step in
            "\(step.level.rawValue): \(behavior.amount(step.threshold))"
        }
        return "{ \(steps.joined(separator: ", ")) }"
    }

    static func entries(of filter: Filter) -> [String] {
        var entries: [String] = []
        if let kinds = filter.kinds { entries.append("kind: \(list(kinds.kinds.map { "\($0.name)" }))") }
        for term in filter.terms {
            let not = term.isNegated ? "|not" : ""
            let key = "\(term.field.rawValue)\(not)"
            switch term.test {
            case .text(let patterns):
                let modifier = patterns.first.map { $0.modifier } ?? ""
                entries.append("\(key)\(modifier): \(list(patterns.map(\.source)))")
            case .number(let tests):
                let modifier = tests.first.map { $0.relation == .equal ? "" : "|\($0.relation.rawValue)" } ?? ""
                let numbers = tests.map { term.field == .bytes ? Quantity.size($0.number) : "\($0.number)" }
                entries.append(
                    "\(key)\(modifier): \(numbers.count == 1 ? numbers[0] : "[\(numbers.joined(separator: ", "))]")")
            case .reasons(let bits):
                let names = Reason.allCases.filter { bits & 1 << UInt32($0.rawValue) != 0 }.map { "\($0.name)" }
                entries.append("\(key): \(list(names))")
            case .identities(let bits):
                let names = Identity.allCases.filter { bits & 1 << UInt32($0.rawValue) != 0 }.map { "\($0.name)" }
                entries.append("\(key): \(list(names))")
            case .flag(let wanted): entries.append("\(key): \(wanted)")
            }
        }
        if let hours = filter.hours { entries.append("hours: \(scalar(hours.description))") }
        return entries
    }

    private static func target(_ target: Target) -> String {
        if target == .all { return "all" }
        let except = target.exceptions.isEmpty ? [] : ["except: { \(conditions(target.exceptions)) }"]
        return "{ \(([conditions(target.conditions)] + except).joined(separator: ", ")) }"
    }

    private static func conditions(_ conditions: [Target.Condition]) -> String {
        var texts: [String] = []
        var attributes: [String] = []
        for condition in conditions {
            switch condition {
            case .all: texts.append("all: true")
            case .registered: texts.append("registered: true")
            case .unregistered: texts.append("unregistered: true")
            case .group(let name): texts.append("group: \(scalar(name))")
            case .type(let name): texts.append("type: \(scalar(name))")
            case .device(let name): texts.append("device: \(scalar(name))")
            case .attribute(let name, let value): attributes.append("\(scalar(name)): \(scalar(value))")
            }
        }
        if !attributes.isEmpty { texts.append("attribute: { \(attributes.joined(separator: ", ")) }") }
        return texts.joined(separator: ", ")
    }

    /// One value as it is, several in brackets.
    private static func list(_ values: [String]) -> String {
        values.count == 1 ? scalar(values[0]) : "[\(values.map { scalar($0) }.joined(separator: ", "))]"
    }

    /// A text, in quotes where YAML could read it as something else.
    static func scalar(_ text: String) -> String {
        if isPlain(text) { return text }
        guard text.unicodeScalars.allSatisfy({ VisibleText.of($0) == $0 }) else { return doubleQuoted(text) }
        return "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
    }

    /// Deliberately narrow: letters, digits, and signs that mean nothing to YAML inside of a word; and no word that
    /// some reader of YAML takes for a number, a flag, a date or nothing.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic, text.last != " ",
            text.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_/. ".unicodeScalars.contains($0))
            })
        else { return false }
        return !["true", "false", "yes", "no", "on", "off", "y", "n", "null"].contains(text.lowercased())
    }

    private static func doubleQuoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"", "\\": return "\\\(scalar)"
            case _ where VisibleText.of(scalar) == scalar: return String(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return "\"\(escaped.joined())\""
    }
}

extension TextPattern {
    /// The modifier that a value like this is written with, with its bar.
    fileprivate var modifier: String {
        switch kind {
        case .equal, .wildcard, .topic: ""
        case .prefix: "|startswith"
        case .suffix: "|endswith"
        case .contains: "|contains"
        case .expression: "|re"
        case .addresses: "|cidr"
        }
    }
}
