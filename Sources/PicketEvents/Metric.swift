/// What a behavior measures. The names are AWS IoT Device Defender's, without `aws:`; `count` is ours.
package enum Metric: String, CaseIterable, Codable, Sendable {
    case messagesSent = "num-messages-sent"
    case messagesReceived = "num-messages-received"
    case messageByteSize = "message-byte-size"
    case bytesSent = "bytes-sent"
    case bytesReceived = "bytes-received"
    case authorizationFailures = "num-authorization-failures"
    case connectionAttempts = "num-connection-attempts"
    case disconnects = "num-disconnects"
    case count

    /// How the events of a window become one value.
    package enum Aggregation: String, Sendable {
        /// The number of events.
        case count
        /// The sum of their payload bytes.
        case sum
        /// The largest payload; without a duration, the payload of each event.
        case maximum
    }

    /// What the value counts, for sentences: `121 messages sent`.
    package var unit: String {
        switch self {
        case .messagesSent: "messages sent"
        case .messagesReceived: "messages received"
        case .messageByteSize: "bytes in a message"
        case .bytesSent: "bytes sent"
        case .bytesReceived: "bytes received"
        case .authorizationFailures: "authorization failures"
        case .connectionAttempts: "connection attempts"
        case .disconnects: "disconnects"
        case .count: "events"
        }
    }

    /// Whether a limit on it is a size, written with `KB`, `MB`, `GB`.
    package var isSize: Bool { self == .messageByteSize || aggregation == .sum }

    /// The kinds of events that can carry it. `num-authorization-failures` takes only some reasons of
    /// `connect-failed` (``counts(_:)``).
    package var kinds: EventKindSet {
        switch self {
        case .messagesSent, .bytesSent: EventKindSet(.publish)
        case .messagesReceived, .bytesReceived: EventKindSet(.deliver)
        case .messageByteSize: EventKindSet(.publish, .deliver)
        case .authorizationFailures: EventKindSet(.connectFailed, .denied)
        case .connectionAttempts: EventKindSet(.connect, .connectFailed)
        case .disconnects: EventKindSet(.disconnect)
        case .count:
            EventKindSet(
                .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied, .dropped,
                .report, .alert, .transfer, .user, .service)
        }
    }

    /// How events become a value.
    package var aggregation: Aggregation {
        switch self {
        case .bytesSent, .bytesReceived: .sum
        case .messageByteSize: .maximum
        default: .count
        }
    }

    /// The reasons of a `connect-failed` that are an authorization failure (DESIGN §5, what the metrics count).
    package static let authorizationFailureReasons: [Reason] = [.notAuthorized, .badCertificate, .badClientId, .banned]

    /// Whether an event with this head counts for the metric.
    package func counts(_ head: EventBatch.Head) -> Bool {
        guard kinds.contains(head.kind) else { return false }
        switch self {
        case .authorizationFailures:
            return head.kind == .denied || Metric.authorizationFailureReasons.contains(head.reason)
        case .messageByteSize, .bytesSent, .bytesReceived:
            return head.flags.contains(.hasBytes)
        default:
            return true
        }
    }
}
