import PicketEvents

/// What a behavior says of itself: in violations, in `explain`, and in files.
extension Behavior {
    /// What would have been right: `at most 120`.
    package var expectedText: String {
        switch limit.comparison {
        case .above: limit.bound == 0 ? "none" : "at most \(boundText)"
        case .atLeast: "\(metric.isSize ? "less" : "fewer") than \(boundText)"
        case .below: "at least \(boundText)"
        case .atMost: "more than \(boundText)"
        }
    }

    /// The duration as it is written: `5m`; nil when each event is judged alone.
    package var windowText: String? { duration.map { Quantity.duration($0) } }

    /// What is an alarm, in the words that a file takes: `more than 120 in 5m`.
    package var alarmText: String {
        let window = windowText.map { " in \($0)" } ?? ""
        return switch limit.comparison {
        case .above: limit.bound == 0 ? "any\(window)" : "more than \(boundText)\(window)"
        case .atLeast: "at least \(boundText)\(window)"
        case .below where limit.bound == 1 && duration != nil && !metric.isSize: "none\(window)"
        case .below: "\(metric.isSize ? "less" : "fewer") than \(boundText)\(window)"
        case .atMost: "at most \(boundText)\(window)"
        }
    }

    /// One sentence on a violation with this value: `121 messages sent in 5 min; at most 120 expected`.
    package func why(value: Int64) -> String {
        let window = duration.map { " in \(Quantity.shortWords(seconds: $0))" } ?? ""
        let measured =
            switch metric {
            case .messageByteSize: duration == nil ? "a message of \(bytes(value))" : "largest message \(bytes(value))"
            case .bytesSent: "\(bytes(value)) sent"
            case .bytesReceived: "\(bytes(value)) received"
            default: "\(value == 0 ? "no" : "\(value)") \(value == 1 ? metric.singularUnit : metric.unit)"
            }
        return "\(measured)\(window); \(expectedText) expected"
    }

    /// The bound in the metric's unit: `120`, `200 MB`.
    var boundText: String { metric.isSize ? Quantity.size(limit.bound) : "\(limit.bound)" }

    private func bytes(_ value: Int64) -> String { "\(value) byte\(value == 1 ? "" : "s")" }
}

extension Metric {
    /// ``unit`` for a single one: `message sent`.
    var singularUnit: String {
        switch self {
        case .messagesSent: "message sent"
        case .messagesReceived: "message received"
        case .messageByteSize: "byte in a message"
        case .bytesSent: "byte sent"
        case .bytesReceived: "byte received"
        case .authorizationFailures: "authorization failure"
        case .connectionAttempts: "connection attempt"
        case .disconnects: "disconnect"
        case .count: "event"
        }
    }
}
