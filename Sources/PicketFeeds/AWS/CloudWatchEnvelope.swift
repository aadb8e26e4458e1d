import PicketEvents

/// What a subscription of CloudWatch Logs sends: some lines of one log group.
struct CloudWatchEnvelope {
    private let group: String
    /// The lines; none where CloudWatch only asks whether somebody is there (`CONTROL_MESSAGE`).
    private let lines: [JSONValue]

    /// The most bytes that an envelope unpacks to. CloudWatch sends at most 1 MB at a time.
    private static let unpackedBytes = 4 << 20

    /// The envelope that `object` is, packed or not; nil when it is none.
    static func read(_ object: JSONObject) throws(RecordProblem) -> CloudWatchEnvelope? {
        if let data = object["awslogs"]?.object?["data"]?.text {
            guard let packed = Encoded.base64(data),
                let bytes = GzipBody.unpack(packed, limit: CloudWatchEnvelope.unpackedBytes)
            else { throw RecordProblem(.badValue, detail: "awslogs.data is not gzip in base64") }
            return try CloudWatchEnvelope(try JSONReading.object(bytes))
        }
        return object.has("logEvents") ? try CloudWatchEnvelope(object) : nil
    }

    private init(_ object: JSONObject) throws(RecordProblem) {
        guard let group = object["logGroup"]?.text, let lines = object["logEvents"]?.array else {
            throw RecordProblem(.notALine, detail: "an envelope has a logGroup and logEvents")
        }
        self.group = group
        self.lines = object["messageType"]?.text == "CONTROL_MESSAGE" ? [] : lines
    }

    func events() throws(RecordProblem) -> [EventDraft] {
        var events: [EventDraft] = []
        for line in lines {
            guard let line = line.object, let message = line["message"]?.text else {
                throw RecordProblem(.badValue, detail: "a log event has no message")
            }
            let time = try RecordTime.need(line["timestamp"])
            if let entry = try? JSONReading.object(message.utf8), entry.has("eventType"), entry.has("logLevel") {
                events.append(try CloudWatchEntry.event(entry))
            } else if let event = ServiceLine.event(message, group: group, time: time) {
                events.append(event)
            }
        }
        return events
    }
}

/// A line of a program's own log: of Lambda, RDS or another service. Only what is an error or a warning is an event.
private enum ServiceLine {
    private static let levels: [(level: String, words: [String])] = [
        ("error", ["ERROR", "FATAL", "PANIC", "CRITICAL", "Task timed out", "Traceback", "Exception", "errorType"]),
        ("warning", ["WARN"]),
    ]

    static func event(_ message: String, group: String, time: Int64) -> EventDraft? {
        guard let level = levels.first(where: { $0.words.contains(where: message.contains) })?.level else { return nil }
        var event = EventDraft(.service, time: time)
        event.add(.service, name(group))
        event.add(.level, level)
        event.add(.code, code(message))
        // The rest of the line can hold anything, messages of devices included.
        return event
    }

    /// `lambda:resize` of `/aws/lambda/resize`, `rds:fleet` of `/aws/rds/instance/fleet/error`.
    private static func name(_ group: String) -> String {
        let parts = group.split(separator: "/")
        guard parts.count >= 3, parts[0] == "aws" else { return group }
        let isRDS = parts[1] == "rds" && parts.count >= 4
        return "\(parts[1]):\(isRDS ? parts[3] : parts[2])"
    }

    /// What kind of error it is: `"errorType":"Runtime.ExitError"`, `[MY-010457]`, `Task timed out`.
    private static func code(_ message: String) -> String? {
        if let object = try? JSONReading.object(message.utf8), let type = object["errorType"]?.text { return type }
        if message.contains("Task timed out") { return "Task timed out" }
        let words = message.split { $0.isWhitespace || "[](),\"".contains($0) }
        return words.first { word in
            word.hasPrefix("MY-") || word.hasPrefix("Runtime.") || word.hasSuffix("Error")
                || word.hasSuffix("Exception")
        }.map(String.init)
    }
}
