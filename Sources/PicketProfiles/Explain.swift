import PicketEvents

/// Says in one plain sentence what a behavior does.
package enum Explain {
    /// Every behavior of `profile`, one line each, after a line about the profile itself.
    ///
    /// - Parameter now: Unix milliseconds, to tell which exceptions are over.
    package static func text(_ profile: SecurityProfile, now: Int64) -> String {
        var lines = ["\(profile.name): \(profile.description ?? "no description")"]
        lines.append("  For \(targets(profile)).")
        for behavior in profile.behaviors { lines.append("- \(behavior.name): \(sentence(behavior))") }
        for exception in profile.exceptions { lines.append("  \(sentence(exception, now: now))") }
        return lines.map { VisibleText.of($0) }.joined(separator: "\n")
    }

    /// Every behavior and every exception of `profile`, each as one line of JSON.
    package static func json(_ profile: SecurityProfile, now: Int64) -> [[UInt8]] {
        let behaviors = profile.behaviors.map { behavior in
            var line = RecordLine()
            line.add("profile", profile.name)
            line.add("behavior", behavior.name)
            line.add("sentence", sentence(behavior))
            return line.finish()
        }
        return behaviors
            + profile.exceptions.map { exception in
                var line = RecordLine()
                line.add("profile", profile.name)
                if let behavior = exception.behavior { line.add("behavior", behavior) }
                if let subject = exception.subject { line.add("except", subject) }
                line.add("reason", exception.reason)
                line.add("owner", exception.owner)
                line.add("expires", time: exception.expires)
                line.add("expired", exception.expires <= now)
                line.add("sentence", sentence(exception, now: now))
                return line.finish()
            }
    }

    /// The sentence of one exception.
    static func sentence(_ exception: ViolationException, now: Int64) -> String {
        let who = exception.subject.map { " by \($0)" } ?? ""
        let what = exception.behavior.map { "violations of \($0)" } ?? "all violations"
        let from = exception.from == .min ? "" : " from \(Timestamp.format(exception.from))"
        let hours = exception.hours.map { ", \($0)" } ?? ""
        let why = "\(exception.reason) (\(exception.owner))"
        guard exception.expires > now else {
            return "No more excepted since \(Timestamp.format(exception.expires)): \(what)\(who), \(why)."
        }
        return
            "Except that \(what)\(who) are only recorded\(from) until \(Timestamp.format(exception.expires))\(hours): "
            + "\(why)."
    }

    /// The sentence of one behavior: `Alarm (high) when a device sends more than 120 messages in 5 minutes, looked at
    /// every 10 seconds.`
    package static func sentence(_ behavior: Behavior) -> String {
        var text = "Alarm (\(severity(behavior))) when \(condition(behavior))"
        if let duration = behavior.duration {
            text += " in \(duration == 1 ? "1 second" : window(duration))"
            if let slide = behavior.slide { text += ", looked at every \(Quantity.words(seconds: slide))" }
        }
        // Of absence the filter says which event is meant, and stands in the condition.
        var isAbsence = false
        if case .without = behavior.condition { isAbsence = true }
        if let filter = behavior.filter, !isAbsence { text += ", counting only events whose \(filter)" }
        if behavior.datapointsToAlarm > 1 { text += ", \(behavior.datapointsToAlarm) times in a row" }
        if behavior.datapointsToClear > 1 {
            text += "; clear after \(behavior.datapointsToClear) in a row that conform"
        }
        if let after = behavior.after {
            text +=
                ", while \(after.behavior) is violated or was within \(Quantity.words(seconds: after.withinSeconds))"
        }
        text += "."
        if let playbook = behavior.playbook { text += " Then follow the playbook \(playbook)." }
        if behavior.suppressed { text += " Only recorded: its alerts are suppressed." }
        return text
    }

    /// Whom the profile is for.
    static func targets(_ profile: SecurityProfile) -> String {
        profile.targets.map(target).joined(separator: "; or ")
    }

    private static func target(_ target: Target) -> String {
        let what = target.conditions.map(words).joined(separator: " that are ")
        let except =
            target.exceptions.isEmpty
            ? "" : ", except those that are \(target.exceptions.map(words).joined(separator: " or "))"
        return what + except
    }

    private static func words(_ condition: Target.Condition) -> String {
        switch condition {
        case .all: "all devices"
        case .registered: "registered devices"
        case .unregistered: "devices that the fleet file does not list"
        case .group(let name): "members of the group \(name)"
        case .type(let name): "devices of the type \(name)"
        case .device(let name): "devices called \(name)"
        case .attribute(let name, let value): "devices whose \(name) is \(value)"
        }
    }

    /// Conditions that are no plain limit.
    private static func unusual(_ behavior: Behavior, _ subject: String) -> String {
        let metric = behavior.metric
        switch behavior.condition {
        case .set(let set): return "\(metric.rawValue) of \(subject) is \(set.relation.rawValue) \(set.members)"
        case .firstSeen(let seen):
            let network = seen.prefix.map { " (networks of \($0) bits)" } ?? ""
            return "\(subject) shows a \(metric.singularUnit)\(network) that it never showed before, after "
                + "\(window(seen.learnForSeconds)) of learning"
        case .without(let companion):
            let which = behavior.filter.map { " whose \($0)" } ?? ""
            return "\(subject) has an event\(which), and none whose \(companion.filter) is within "
                + "\(window(companion.withinSeconds)) of it"
        case .percentile(let limit):
            return "\(metric.rawValue) of \(subject) is not \(behavior.expectedText) (with at least "
                + "\(limit.minimumSubjects) of them)"
        default: return "\(metric.rawValue) of \(subject) is not \(behavior.expectedText)"
        }
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
            return unusual(behavior, subject)
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
        case .silence: "nothing is heard of \(subject) for \(time(limit))"
        case .disconnectDuration: "\(subject) stays disconnected for \(time(limit))"
        case .clockSkew: "the clock of \(subject) is \(amount == "any" ? "" : "\(time(limit)) ")off"
        default: "\(subject) has \(amount) \(many ? behavior.metric.unit : behavior.metric.singularUnit)"
        }
    }

    /// A limit of seconds: `more than 5 minutes`.
    private static func time(_ limit: Limit) -> String {
        let bound = limit.bound == 0 ? "0 seconds" : window(Int(clamping: limit.bound))
        return switch limit.comparison {
        case .above: "more than \(bound)"
        case .atLeast: "at least \(bound)"
        case .below: "less than \(bound)"
        case .atMost: "at most \(bound)"
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
