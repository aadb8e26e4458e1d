import PicketEvents

/// Why AWS IoT says that a client was disconnected (developer guide, "Lifecycle events", disconnectReason).
enum AWSReason {
    static func disconnect(_ text: String?) -> Reason { text.flatMap { reasons[$0] } ?? .unknown }

    private static let reasons: [String: Reason] = [
        "CLIENT_INITIATED_DISCONNECT": .client, "MQTT_KEEP_ALIVE_TIMEOUT": .keepaliveTimeout,
        "CONNECTION_LOST": .connectionLost, "DUPLICATE_CLIENTID": .takeover, "DUPLICATE_CLIENT_ID": .takeover,
        "API_INITIATED_DISCONNECT": .kicked, "CLIENT_ERROR": .protocolError, "AUTH_ERROR": .notAuthorized,
        "FORBIDDEN_ACCESS": .notAuthorized, "SERVER_ERROR": .server, "SERVER_INITIATED_DISCONNECT": .server,
        "THROTTLED": .throttled, "WEBSOCKET_TTL_EXPIRATION": .expired, "CUSTOMAUTH_TTL_EXPIRATION": .expired,
    ]
}
