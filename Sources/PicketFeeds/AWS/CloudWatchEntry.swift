import PicketEvents

/// One entry of AWS IoT Core's log (developer guide, "CloudWatch AWS IoT log entries").
enum CloudWatchEntry {
    static func event(_ entry: JSONObject) throws(RecordProblem) -> EventDraft {
        guard let type = entry["eventType"]?.text, let level = entry["logLevel"]?.text else {
            throw RecordProblem(.notALine, detail: "an entry has an eventType and a logLevel")
        }
        let time = try time(entry)
        let isFailure = entry["status"]?.text?.lowercased() == "failure"
        guard let kind = kind(type, isFailure) else { return service(entry, type, level, isFailure, time) }
        var event = EventDraft(kind, time: time)
        event.client = entry["clientId"]?.text
        event.device = entry["thingName"]?.text ?? event.client
        event.user = entry["principalId"]?.text
        event.address = entry["sourceIp"]?.text
        switch kind {
        case .connect: event.add(.protocol, entry["protocol"]?.text)
        case .connectFailed: event.reason = failure(entry["reason"]?.text)
        case .disconnect: event.reason = AWSReason.disconnect(entry["disconnectReason"]?.text)
        case .denied:
            event.topic = entry["topicName"]?.text
            event.add(.action, type == "Publish-In" ? "publish" : type.lowercased())
        case .dropped:
            event.topic = entry["topicName"]?.text
            event.add(.reason, entry["reason"]?.text?.lowercased().replacing("_", with: "-"))
        default:
            event.topic = entry["topicName"]?.text
            event.qos = entry["qos"]?.integer
            event.retain = entry["retain"]?.isTrue ?? false
        }
        return event
    }

    private static func kind(_ type: String, _ isFailure: Bool) -> EventKind? {
        switch type {
        case "Connect": isFailure ? .connectFailed : .connect
        case "Disconnect": .disconnect
        case "Publish-In": isFailure ? .denied : .publish
        case "Publish-Out": isFailure ? .dropped : .deliver
        case "Subscribe": isFailure ? .denied : .subscribe
        case "Unsubscribe": isFailure ? .denied : .unsubscribe
        default: nil
        }
    }

    /// What the cloud did with a message: a rule that failed, a shadow that was asked for.
    private static func service(
        _ entry: JSONObject, _ type: String, _ level: String, _ isFailure: Bool, _ time: Int64
    ) -> EventDraft {
        var event = EventDraft(.service, time: time)
        event.client = entry["clientId"]?.text
        event.device = entry[["thingName", "deviceShadowName"]]?.text ?? event.client
        event.address = entry["sourceIp"]?.text
        event.add(.service, "aws-iot")
        event.add(.level, isFailure ? "error" : level.lowercased())
        event.add(.code, [type, entry["reason"]?.text].compactMap(\.self).joined(separator: "/"))
        // The details of a failed action may hold the message that it was given; the rule's name says which it was.
        event.add(.message, entry["ruleName"]?.text)
        return event
    }

    private static func failure(_ reason: String?) -> Reason {
        switch reason {
        case "AUTHORIZATION_FAILURE", "AUTHORIZATION_FAILED", "AUTH_ERROR", "FORBIDDEN_ACCESS": .notAuthorized
        case "THROTTLED", "SERVER_ERROR", "SERVICE_UNAVAILABLE": .unavailable
        case "CLIENT_ERROR", "PROTOCOL_ERROR": .protocolError
        default: .unknown
        }
    }

    /// `2017-08-10 15:37:23.476`, in UTC and without saying so.
    private static func time(_ entry: JSONObject) throws(RecordProblem) -> Int64 {
        guard case .string(let text)? = entry["timestamp"] else { return try RecordTime.need(entry["timestamp"]) }
        return try RecordTime.need(.string(Timestamp.parse(text) == nil ? text + "Z" : text))
    }
}
