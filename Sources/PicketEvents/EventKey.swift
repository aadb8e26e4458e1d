/// The keys of an event beside `received`, `feed`, `kind` and `time`, **in the order of the canonical line**.
///
/// One order serves all kinds; which kind may carry which key is ``allowed(in:)``. The subject keys come first,
/// ``address`` last (DESIGN §4).
public enum EventKey: UInt8, CaseIterable, Sendable {
    case device, client, user, identity
    case listener, tls, certificate, `protocol`, keepalive, clean
    case action, topic, reason, session
    /// The number of a connection among those of its client, where a feed counts them: what tells their order, also after a
    /// restart.
    case connection
    case bytes, qos, retain, granted, sha256
    case reportId, metrics, notes
    case alertType, product, firmware, symptoms, payload
    case operation, object, replyTo, expires, keyFingerprint, decision
    case name, value
    case resource, outcome, agent, mfa, origin
    case service, level, code, message
    /// `ahead` when a live time lay too far in the future.
    case clock
    /// The names of input keys that Picket does not know; their values are not kept.
    case unknown
    case address

    /// How the value of a key is written.
    public enum Form: Sendable {
        /// A JSON string.
        case text
        /// An integer of 64 bits.
        case integer
        /// `true`; a false one is left out.
        case flag
        /// A JSON value kept as canonical text: an object, a list or a decimal number.
        case json
    }

    /// How the key is spelled in the canonical line.
    public var name: StaticString {
        switch self {
        case .device: "device"
        case .client: "client"
        case .user: "user"
        case .identity: "identity"
        case .listener: "listener"
        case .tls: "tls"
        case .certificate: "certificate"
        case .protocol: "protocol"
        case .keepalive: "keepalive"
        case .clean: "clean"
        case .action: "action"
        case .topic: "topic"
        case .reason: "reason"
        case .session: "session"
        case .connection: "connection"
        case .bytes: "bytes"
        case .qos: "qos"
        case .retain: "retain"
        case .granted: "granted"
        case .sha256: "sha256"
        case .reportId: "reportId"
        case .metrics: "metrics"
        case .notes: "notes"
        case .alertType: "alertType"
        case .product: "product"
        case .firmware: "firmware"
        case .symptoms: "symptoms"
        case .payload: "payload"
        case .operation: "operation"
        case .object: "object"
        case .replyTo: "replyTo"
        case .expires: "expires"
        case .keyFingerprint: "keyFingerprint"
        case .decision: "decision"
        case .name: "name"
        case .value: "value"
        case .resource: "resource"
        case .outcome: "outcome"
        case .agent: "agent"
        case .mfa: "mfa"
        case .origin: "origin"
        case .service: "service"
        case .level: "level"
        case .code: "code"
        case .message: "message"
        case .clock: "clock"
        case .unknown: "unknown"
        case .address: "address"
        }
    }

    /// How the value is written.
    public var form: Form {
        switch self {
        case .connection, .bytes, .qos, .keepalive, .granted: .integer
        case .clean, .retain, .mfa: .flag
        case .tls, .certificate, .metrics, .notes, .symptoms, .payload, .value, .unknown: .json
        default: .text
        }
    }

    /// The keys an event of `kind` may carry beside `received`, `feed`, `kind` and `time`, as bits `1 << rawValue`.
    public static func allowed(in kind: EventKind) -> UInt64 {
        let common: [EventKey] = [.device, .client, .user, .identity, .clock, .unknown, .address]
        let own: [EventKey] =
            switch kind {
            case .connect:
                [.listener, .tls, .certificate, .protocol, .keepalive, .clean, .session, .connection, .firmware]
            case .connectFailed: [.listener, .certificate, .protocol, .reason]
            case .disconnect: [.reason, .session, .connection]
            case .publish, .deliver: [.topic, .bytes, .qos, .retain, .certificate]
            case .subscribe, .unsubscribe: [.topic, .qos, .granted]
            case .denied: [.action, .topic]
            case .dropped: [.topic, .reason]
            case .report: [.reportId, .metrics, .notes]
            case .alert: [.alertType, .product, .firmware, .symptoms, .payload]
            case .transfer: [.operation, .object, .replyTo, .expires, .keyFingerprint, .decision]
            case .broker: [.name, .value]
            case .user: [.action, .resource, .outcome, .agent, .mfa, .origin, .code]
            case .service: [.service, .level, .code, .message]
            case .rejected: [.reason, .bytes, .sha256]
            default: []
            }
        return (common + own).reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }
}
