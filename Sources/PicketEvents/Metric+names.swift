/// What metrics are called, and which events carry them.
extension Metric {
    /// How it is spelled in files and records.
    package var rawValue: String {
        switch self {
        case .messagesSent: "num-messages-sent"
        case .messagesReceived: "num-messages-received"
        case .messageByteSize: "message-byte-size"
        case .bytesSent: "bytes-sent"
        case .bytesReceived: "bytes-received"
        case .authorizationFailures: "num-authorization-failures"
        case .connectionAttempts: "num-connection-attempts"
        case .disconnects: "num-disconnects"
        case .sourceAddress: "source-ip-address"
        case .disconnectDuration: "disconnect-duration"
        case .allBytesOut: "all-bytes-out"
        case .allBytesIn: "all-bytes-in"
        case .allPacketsOut: "all-packets-out"
        case .allPacketsIn: "all-packets-in"
        case .listeningTCPPortCount: "num-listening-tcp-ports"
        case .listeningUDPPortCount: "num-listening-udp-ports"
        case .establishedConnections: "num-established-tcp-connections"
        case .listeningTCPPorts: "listening-tcp-ports"
        case .listeningUDPPorts: "listening-udp-ports"
        case .destinationAddresses: "destination-ip-addresses"
        case .count: "count"
        case .distinctTopics: "distinct-topics"
        case .distinctAddresses: "distinct-addresses"
        case .distinctClients: "distinct-clients"
        case .devicesPerAddress: "devices-per-address"
        case .devicesPerCertificate: "devices-per-certificate"
        case .readersPerTopic: "readers-per-topic"
        case .silence: "silence"
        case .takeovers: "takeovers"
        case .keepaliveTimeouts: "keepalive-timeouts"
        case .protocolErrors: "protocol-errors"
        case .denied: "denied"
        case .connectsWithoutTraffic: "connects-without-traffic"
        case .topic: "topic"
        case .certificate: "certificate"
        case .clientID: "client-id"
        case .firmware: "firmware"
        case .lateEvents: "late-events"
        case .clockSkew: "clock-skew"
        case .rejected: "rejected"
        case .gaps: "gaps"
        case .custom(let custom): custom.name
        }
    }

    /// What the value counts, for sentences: `121 messages sent`.
    package var unit: String {
        switch self {
        case .messagesSent: "messages sent"
        case .messagesReceived: "messages received"
        case .messageByteSize: "bytes in a message"
        case .bytesSent, .allBytesOut: "bytes sent"
        case .bytesReceived, .allBytesIn: "bytes received"
        case .authorizationFailures: "authorization failures"
        case .connectionAttempts: "connection attempts"
        case .disconnects: "disconnects"
        case .sourceAddress: "source addresses"
        case .disconnectDuration: "seconds disconnected"
        case .allPacketsOut: "packets sent"
        case .allPacketsIn: "packets received"
        case .listeningTCPPortCount, .listeningTCPPorts: "listening TCP ports"
        case .listeningUDPPortCount, .listeningUDPPorts: "listening UDP ports"
        case .establishedConnections: "established TCP connections"
        case .destinationAddresses: "destination addresses"
        case .count: "events"
        case .distinctTopics: "different topics"
        case .distinctAddresses: "different addresses"
        case .distinctClients: "different client ids"
        case .devicesPerAddress, .devicesPerCertificate: "different devices"
        case .readersPerTopic: "different readers"
        case .silence: "seconds of silence"
        case .takeovers: "takeovers"
        case .keepaliveTimeouts: "keepalive timeouts"
        case .protocolErrors: "protocol errors"
        case .denied: "denied acts"
        case .connectsWithoutTraffic: "connections without traffic"
        case .topic: "topics"
        case .certificate: "certificates"
        case .clientID: "client ids"
        case .firmware: "firmware versions"
        case .lateEvents: "late events"
        case .clockSkew: "seconds of clock skew"
        case .rejected: "rejected lines"
        case .gaps: "gaps"
        case .custom(let custom): custom.name
        }
    }

    /// The kinds of events that can carry it. Of some only some reasons count (``reasons(of:)``).
    package var kinds: EventKindSet {
        switch self {
        case .messagesSent, .bytesSent: EventKindSet(.publish)
        case .messagesReceived, .bytesReceived: EventKindSet(.deliver)
        case .messageByteSize: EventKindSet(.publish, .deliver)
        case .authorizationFailures: EventKindSet(.connectFailed, .denied)
        case .connectionAttempts: EventKindSet(.connect, .connectFailed)
        case .disconnects, .takeovers, .keepaliveTimeouts, .connectsWithoutTraffic: EventKindSet(.disconnect)
        case .protocolErrors: EventKindSet(.disconnect, .connectFailed)
        case .sourceAddress, .certificate, .devicesPerAddress, .devicesPerCertificate, .distinctAddresses,
            .distinctClients, .clientID:
            EventKindSet(.connect)
        case .disconnectDuration: EventKindSet(.disconnect, .connect)
        case .allBytesOut, .allBytesIn, .allPacketsOut, .allPacketsIn, .listeningTCPPortCount, .listeningUDPPortCount,
            .establishedConnections, .listeningTCPPorts, .listeningUDPPorts, .destinationAddresses, .custom:
            EventKindSet(.report)
        case .distinctTopics, .topic: EventKindSet(.publish, .subscribe)
        case .readersPerTopic: EventKindSet(.deliver, .subscribe)
        case .denied: EventKindSet(.denied)
        case .firmware: EventKindSet(.connect, .alert)
        case .rejected: EventKindSet(.rejected)
        case .gaps: EventKindSet(.gap)
        case .count, .silence, .lateEvents, .clockSkew: Metric.allEvents
        }
    }

    /// Everything that a feed can tell of a device or a user.
    private static let allEvents = EventKindSet(
        .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied, .dropped,
        .report, .alert, .transfer, .user, .service)
}
