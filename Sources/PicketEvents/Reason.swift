/// Why a connection ended, was refused, or a message was dropped (DESIGN §4).
///
/// One list serves `disconnect` and `connect-failed`; ``disconnectReasons`` and ``connectFailedReasons`` say which
/// of them each kind may carry.
public enum Reason: UInt8, CaseIterable, Sendable {
    case none
    case client, keepaliveTimeout, connectionLost, takeover, kicked, protocolError, oversize, notAuthorized
    case server, throttled, expired, unknown
    case badCertificate, badClientId, unavailable, banned

    /// How the reason is spelled in the canonical line; empty for ``none``.
    public var name: StaticString {
        switch self {
        case .none: ""
        case .client: "client"
        case .keepaliveTimeout: "keepalive-timeout"
        case .connectionLost: "connection-lost"
        case .takeover: "takeover"
        case .kicked: "kicked"
        case .protocolError: "protocol-error"
        case .oversize: "oversize"
        case .notAuthorized: "not-authorized"
        case .server: "server"
        case .throttled: "throttled"
        case .expired: "expired"
        case .unknown: "unknown"
        case .badCertificate: "bad-certificate"
        case .badClientId: "bad-client-id"
        case .unavailable: "unavailable"
        case .banned: "banned"
        }
    }

    /// The reasons a `disconnect` may carry.
    public static let disconnectReasons: [Reason] = [
        .client, .keepaliveTimeout, .connectionLost, .takeover, .kicked, .protocolError, .oversize, .notAuthorized,
        .server, .throttled, .expired, .unknown,
    ]

    /// The reasons a `connect-failed` may carry.
    public static let connectFailedReasons: [Reason] = [
        .notAuthorized, .badCertificate, .badClientId, .protocolError, .unavailable, .banned, .unknown,
    ]
}
