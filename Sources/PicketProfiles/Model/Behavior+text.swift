import PicketEvents

/// What a behavior says of itself: in violations, in `explain`, and in files.
extension Behavior {
    /// What would have been right: `at most 120`.
    package var expectedText: String {
        switch condition {
        case .limit(let limit):
            switch limit.comparison {
            case .above: limit.bound == 0 ? "none" : "at most \(amount(limit.bound))"
            case .atLeast: "\(metric.isSize || metric.isDuration ? "less" : "fewer") than \(amount(limit.bound))"
            case .below: "at least \(amount(limit.bound))"
            case .atMost: "more than \(amount(limit.bound))"
            }
        case .set(let set): set.relation == .outside ? "inside \(set.members)" : "none of \(set.members)"
        case .percentile(let limit):
            switch limit.comparison {
            case .above: "at most \(limit.percentile.name) of all"
            case .atLeast: "less than \(limit.percentile.name) of all"
            case .below: "at least \(limit.percentile.name) of all"
            case .atMost: "more than \(limit.percentile.name) of all"
            }
        case .firstSeen: "nothing new"
        case .peers(let limit):
            "at most \(Behavior.factor(limit.factorThousandths)) × \(limit.percentile.name) of the others"
                + " + \(amount(limit.floor))"
        case .history(let limit):
            "at most \(Behavior.factor(limit.factorThousandths)) × \(limit.percentile.name) of its own last"
                + " \(limit.days) days + \(amount(limit.floor))"
        case .without(let companion):
            "\(companion.filter) within \(Quantity.shortWords(seconds: companion.withinSeconds))"
        }
    }

    /// A factor in thousandths as people write it: `3`, `2.5`.
    static func factor(_ thousandths: Int64) -> String { Quantity.decimal(thousandths, places: 3) }

    /// The duration as it is written: `5m`; nil when each event is judged alone.
    package var windowText: String? { duration.map { Quantity.duration($0) } }

    /// What is an alarm, in the words that a file takes: `more than 120 in 5m`. Conditions that no words of `alarm`
    /// state are said by ``expectedText`` alone.
    package var alarmText: String {
        let window = windowText.map { " in \($0)" } ?? ""
        guard let limit else { return "not \(expectedText)\(window)" }
        return switch limit.comparison {
        // `any` alone has a window.
        case .above:
            limit.bound == 0 && (duration != nil || metric.aggregation != .count)
                ? "any\(window)" : "more than \(boundText)\(window)"
        case .atLeast: "at least \(boundText)\(window)"
        case .below where limit.bound == 1 && duration != nil && !metric.isSize: "none\(window)"
        case .below: "\(metric.isSize ? "less" : "fewer") than \(boundText)\(window)"
        case .atMost: "at most \(boundText)\(window)"
        }
    }

    /// One sentence on a violation with this value: `121 messages sent in 5 min; at most 120 expected`.
    ///
    /// - Parameters:
    ///   - value: a number in the metric's fixed point.
    ///   - text: of metrics that are no number: what the event showed.
    ///   - bound: of limits that depend on others or on the past: what they were at that moment.
    package func why(value: Int64, text: String? = nil, bound: Int64? = nil) -> String {
        let window = duration.map { " in \(Quantity.shortWords(seconds: $0))" } ?? ""
        let measured =
            switch metric {
            case _ where metric.values != .number: "\(singular) \(text ?? "")"
            case .messageByteSize: duration == nil ? "a message of \(bytes(value))" : "largest message \(bytes(value))"
            case .bytesSent, .allBytesOut: "\(bytes(value)) sent"
            case .bytesReceived, .allBytesIn: "\(bytes(value)) received"
            case .custom(let custom): "\(custom.name) \(amount(value))"
            case .silence: "silent for \(Quantity.shortWords(seconds: Int(value)))"
            case .disconnectDuration: "disconnected for \(Quantity.shortWords(seconds: Int(value)))"
            case .clockSkew: "clock off by \(Quantity.shortWords(seconds: Int(value)))"
            default:
                "\(value == 0 ? "no" : value > Limits.distinctValues && metric.isDistinct ? "more than \(value - 1)" : "\(value)")"
                    + " \(value == 1 ? metric.singularUnit : metric.unit)"
            }
        let limit = bound.map { " (\(amount($0)))" } ?? ""
        return "\(measured)\(window); \(expectedText)\(limit) expected"
    }

    private var singular: String {
        switch metric.values {
        case .addresses: "address"
        case .numbers: metric.isFromReports ? metric.singularUnit : "number"
        default: metric.rawValue
        }
    }

    /// A value in the metric's unit: `120`, `200 MB`, `12.5`, `5m`.
    package func amount(_ value: Int64) -> String { metric.amount(value) }

    /// The bound in the metric's unit: `120`, `200 MB`; empty where there is none.
    var boundText: String { limit.map { amount($0.bound) } ?? "" }

    private func bytes(_ value: Int64) -> String { "\(value) byte\(value == 1 ? "" : "s")" }
}

extension Metric {
    /// A value in its unit: `120`, `200 MB`, `12.5`, `5m`.
    package func amount(_ value: Int64) -> String {
        if decimals > 0 { return Quantity.decimal(value, places: decimals) }
        if isSize { return Quantity.size(value) }
        return isDuration ? Quantity.duration(Int(value)) : "\(value)"
    }

    /// Whether its value is a number of different things, counted exactly up to a limit.
    var isDistinct: Bool { if case .distinct = aggregation { true } else { false } }

    /// ``unit`` for a single one: `message sent`.
    var singularUnit: String {
        switch self {
        case .messageByteSize: "byte in a message"
        case .disconnectDuration, .silence, .clockSkew: "second\(unit.dropFirst(7))"
        case .listeningTCPPortCount: "listening TCP port"
        case .listeningUDPPortCount: "listening UDP port"
        case .establishedConnections: "established TCP connection"
        case .distinctAddresses: "address"
        case .sourceAddress: "source address"
        case .destinationAddresses: "destination address"
        case .connectsWithoutTraffic: "connection without traffic"
        default:
            // The plural is in the first word or in the last: `messages sent`, `keepalive timeouts`.
            unit.split(separator: " ").map { $0.hasSuffix("s") ? String($0.dropLast()) : String($0) }
                .joined(separator: " ")
        }
    }
}

extension SetLimit.Members: CustomStringConvertible {
    /// The members in brackets: `[10.0.0.0/8, 192.168.1.4]`.
    package var description: String {
        let texts =
            switch self {
            case .addresses(let ranges): ranges.map(\.description)
            case .numbers(let numbers): numbers.map { "\($0)" }
            case .texts(let texts): texts
            }
        // A long list is in the profile; a sentence names its beginning.
        let shown = texts.prefix(8).joined(separator: ", ")
        return "[\(shown)\(texts.count > 8 ? ", … \(texts.count - 8) more" : "")]"
    }
}
