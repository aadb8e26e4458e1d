/// What a behavior measures. The names are AWS IoT Device Defender's, without `aws:`, and below them Picket's own.
package enum Metric: Hashable, Sendable {
    // AWS, cloud-side.
    case messagesSent, messagesReceived, messageByteSize, bytesSent, bytesReceived
    case authorizationFailures, connectionAttempts, disconnects
    case sourceAddress, disconnectDuration
    // AWS, device-side: the values of reports.
    case allBytesOut, allBytesIn, allPacketsOut, allPacketsIn
    case listeningTCPPortCount, listeningUDPPortCount, establishedConnections
    case listeningTCPPorts, listeningUDPPorts, destinationAddresses
    // Picket's own.
    case count
    case distinctTopics, distinctAddresses, distinctClients, devicesPerAddress, devicesPerCertificate, readersPerTopic
    case silence
    case takeovers, keepaliveTimeouts, protocolErrors, denied, connectsWithoutTraffic
    case topic, certificate, clientID, firmware
    case lateEvents, clockSkew, rejected, gaps
    /// A custom metric of reports.
    case custom(CustomMetric)

    /// All metrics with a name of their own, in the order in which people are shown them.
    package static let allCases: [Metric] = [
        .messagesSent, .messagesReceived, .messageByteSize, .bytesSent, .bytesReceived, .authorizationFailures,
        .connectionAttempts, .disconnects, .sourceAddress, .disconnectDuration,
        .allBytesOut, .allBytesIn, .allPacketsOut, .allPacketsIn, .listeningTCPPortCount, .listeningUDPPortCount,
        .establishedConnections, .listeningTCPPorts, .listeningUDPPorts, .destinationAddresses,
        .count, .distinctTopics, .distinctAddresses, .distinctClients, .devicesPerAddress, .devicesPerCertificate,
        .readersPerTopic, .silence, .takeovers, .keepaliveTimeouts, .protocolErrors, .denied, .connectsWithoutTraffic,
        .topic, .certificate, .clientID, .firmware, .lateEvents, .clockSkew, .rejected, .gaps,
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// The metric called `rawValue`; nil for names that are not listed, custom ones among them.
    package init?(rawValue: String) {
        guard let metric = Metric.byName[rawValue] else { return nil }
        self = metric
    }

    /// How events become a datapoint.
    package enum Aggregation: Hashable, Sendable {
        /// The number of events.
        case count
        /// The sum of their values.
        case sum
        /// The largest value; without a duration, the value of each event.
        case maximum
        /// How many different texts of a kind the events name, exact to ``Limits/distinctValues``.
        case distinct(Distinct)
        /// The seconds since the last event, which grow by themselves.
        case elapsed
        /// The values that one event lists, compared with a set; never with a duration.
        case values
    }

    /// What is told apart where different values are counted.
    package enum Distinct: Hashable, Sendable {
        case topic, address, client, device
    }

    /// What the values of a datapoint are.
    package enum Values: Hashable, Sendable {
        case number
        /// Whole numbers such as ports, or fixed-point numbers of a custom list.
        case numbers
        case addresses
        case texts
    }

    /// What its values are: a number has limits, everything else is compared with sets.
    package var values: Values {
        switch self {
        case .sourceAddress, .destinationAddresses: .addresses
        case .listeningTCPPorts, .listeningUDPPorts: .numbers
        case .topic, .certificate, .clientID, .firmware: .texts
        case .custom(let custom):
            switch custom.type {
            case .number: .number
            case .numberList: .numbers
            case .addressList: .addresses
            case .stringList: .texts
            }
        default: .number
        }
    }

    /// Decimal places of its numbers: a value of 12.5 is kept as the integer 12,500,000 where there are six.
    package var decimals: Int {
        if case .custom(let custom) = self, custom.type == .number || custom.type == .numberList {
            return CustomMetric.decimals
        }
        return 0
    }

    /// Whether a limit on it is a size, written with `KB`, `MB`, `GB`.
    package var isSize: Bool {
        switch self {
        case .messageByteSize, .bytesSent, .bytesReceived, .allBytesOut, .allBytesIn: true
        default: false
        }
    }

    /// Whether a limit on it is a time, written with `s`, `m`, `h`; its values are seconds.
    package var isDuration: Bool {
        switch self {
        case .silence, .disconnectDuration, .clockSkew: true
        default: false
        }
    }

    /// Whether its values are the device's own word: they come from reports.
    package var isFromReports: Bool { kinds == EventKindSet(.report) }

    /// How events become a value.
    package var aggregation: Aggregation {
        switch self {
        case .bytesSent, .bytesReceived, .allBytesOut, .allBytesIn, .allPacketsOut, .allPacketsIn: .sum
        case .messageByteSize, .clockSkew, .listeningTCPPortCount, .listeningUDPPortCount, .establishedConnections:
            .maximum
        case .distinctTopics: .distinct(.topic)
        case .distinctAddresses: .distinct(.address)
        case .distinctClients: .distinct(.client)
        case .devicesPerAddress, .devicesPerCertificate, .readersPerTopic: .distinct(.device)
        case .silence, .disconnectDuration: .elapsed
        case .custom(let custom): custom.type == .number ? .maximum : .values
        default: values == .number ? .count : .values
        }
    }

    /// The reasons of a `connect-failed` that are an authorization failure (DESIGN §5, what the metrics count).
    package static let authorizationFailureReasons: [Reason] = [.notAuthorized, .badCertificate, .badClientId, .banned]

    /// AWS's metrics: those of the cloud side, then those that devices report.
    package static let ofAWS: [Metric] = [
        .messagesSent, .messagesReceived, .messageByteSize, .authorizationFailures, .connectionAttempts, .disconnects,
        .sourceAddress, .disconnectDuration, .allBytesOut, .allBytesIn, .allPacketsOut, .allPacketsIn,
        .listeningTCPPortCount, .listeningUDPPortCount, .establishedConnections, .listeningTCPPorts,
        .listeningUDPPorts, .destinationAddresses,
    ]

    /// Whether an event with this head counts for the metric.
    package func counts(_ head: EventBatch.Head) -> Bool {
        guard kinds.contains(head.kind) else { return false }
        if needsBytes, !head.flags.contains(.hasBytes) { return false }
        guard let reasons = reasons(of: head.kind) else { return true }
        return reasons.contains(head.reason)
    }

    /// Whether only events with a payload size count.
    package var needsBytes: Bool {
        switch self {
        case .messageByteSize, .bytesSent, .bytesReceived: true
        default: false
        }
    }

    /// The reasons with which an event of `kind` counts; nil when every reason does.
    package func reasons(of kind: EventKind) -> [Reason]? {
        switch (self, kind) {
        case (.authorizationFailures, .connectFailed): Metric.authorizationFailureReasons
        case (.takeovers, _): [.takeover]
        case (.keepaliveTimeouts, _): [.keepaliveTimeout]
        case (.protocolErrors, _): [.protocolError]
        default: nil
        }
    }
}

/// A metric of the users' own, which devices report under its name.
package struct CustomMetric: Hashable, Sendable {
    /// AWS's four types.
    package enum MetricType: String, CaseIterable, Sendable {
        case number
        case numberList = "number-list"
        case addressList = "ip-address-list"
        case stringList = "string-list"
    }

    package let name: String
    package let type: MetricType

    /// Decimal places of custom numbers: more than any sensor has, and 9 million million before the point still fit.
    package static let decimals = 6

    package init(name: String, type: MetricType) {
        self.name = name
        self.type = type
    }
}
