import PicketEvents

/// Says in one plain sentence what a behavior does.
package enum Explain {
    /// Every behavior of `profile`, one line each, after a line about the profile itself.
    package static func text(_ profile: SecurityProfile) -> String {
        var lines = ["\(profile.name): \(profile.description ?? "no description")"]
        for behavior in profile.behaviors { lines.append("- \(behavior.name): \(sentence(behavior))") }
        return lines.map { VisibleText.of($0) }.joined(separator: "\n")
    }

    /// The sentence of one behavior: `Alarm (high) when a device sends more than 120 messages in 5 minutes, looked at
    /// every 10 seconds.`
    package static func sentence(_ behavior: Behavior) -> String {
        var text = "Alarm (\(severity(behavior))) when \(condition(behavior))"
        if let duration = behavior.duration {
            text += " in \(duration == 1 ? "1 second" : window(duration))"
            if let slide = behavior.slide { text += ", looked at every \(Quantity.words(seconds: slide))" }
        }
        if let filter = behavior.filter { text += ", counting only events whose \(filter)" }
        if behavior.datapointsToAlarm > 1 { text += ", \(behavior.datapointsToAlarm) times in a row" }
        if behavior.datapointsToClear > 1 {
            text += "; clear after \(behavior.datapointsToClear) in a row that conform"
        }
        text += "."
        if let playbook = behavior.playbook { text += " Then follow the playbook \(playbook)." }
        if behavior.suppressed { text += " Only recorded: its alerts are suppressed." }
        return text
    }

    private static func window(_ seconds: Int) -> String {
        let words = Quantity.words(seconds: seconds)
        return words.first?.isNumber == true ? words : "1 \(words)"
    }

    private static func severity(_ behavior: Behavior) -> String {
        let severity = behavior.severity
        guard !severity.steps.isEmpty else { return severity.base.rawValue }
        let bound = severity.risesWithValue ? "from" : "down from"
        let steps = severity.steps.map { step in
            let threshold = behavior.amount(step.threshold)
            return "\(step.level.rawValue) \(bound) \(threshold)"
        }
        return ([severity.base.rawValue] + steps).joined(separator: ", ")
    }

    private static func condition(_ behavior: Behavior) -> String {
        let article = behavior.subject == .address ? "an" : "a"
        let subject = "\(article) \(behavior.subject.rawValue)"
        guard let limit = behavior.limit else {
            return "\(behavior.metric.rawValue) of \(subject) is not \(behavior.expectedText)"
        }
        let amount = amount(behavior, limit)
        let many = limit.bound != 1 || amount == "any"
        return switch behavior.metric {
        case .messagesSent: "\(subject) sends \(counted(amount, "message", many))"
        case .messagesReceived: "\(subject) receives \(counted(amount, "message", many))"
        case .bytesSent: "\(subject) sends \(amount == "any" ? "anything" : amount)"
        case .bytesReceived: "\(subject) receives \(amount == "any" ? "anything" : amount)"
        case .authorizationFailures: "\(subject) has \(counted(amount, "authorization failure", many))"
        case .connectionAttempts: "\(subject) makes \(counted(amount, "connection attempt", many))"
        case .disconnects: "\(subject) has \(counted(amount, "disconnect", many))"
        case .count: "\(subject) has \(counted(amount, "event", many))"
        case .messageByteSize where behavior.duration == nil:
            "\(subject) sends or receives a message of \(amount == "any" ? "any size" : amount)"
        case .messageByteSize:
            "the largest message that \(subject) sends or receives is \(amount == "any" ? "of any size" : amount)"
        default: "\(subject) has \(amount) \(many ? behavior.metric.unit : behavior.metric.singularUnit)"
        }
    }

    private static func counted(_ amount: String, _ noun: String, _ many: Bool) -> String {
        switch amount {
        case "any", "no": "\(amount) \(noun)"
        default: "\(amount) \(noun)\(many ? "s" : "")"
        }
    }

    private static func amount(_ behavior: Behavior, _ limit: Limit) -> String {
        let bound = behavior.boundText
        return switch limit.comparison {
        case .above: limit.bound == 0 ? "any" : "more than \(bound)"
        case .atLeast: "at least \(bound)"
        case .below where limit.bound == 1 && !behavior.metric.isSize: "no"
        case .below: "\(behavior.metric.isSize ? "less" : "fewer") than \(bound)"
        case .atMost: "at most \(bound)"
        }
    }
}
