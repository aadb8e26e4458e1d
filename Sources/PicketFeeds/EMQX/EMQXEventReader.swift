package import PicketEvents

/// Reads the events of EMQX's rule engine (`SELECT * FROM "$events/client_connected", …`), as an action posts them: one
/// JSON object a line or a message. Source of the fields: EMQX 5, `emqx_rule_events.erl`.
///
/// Some events say again what another says, and make none of ours: `client.connack` of a client that was let in,
/// `client.check_authn_complete` (connack tells what came of it), `client.check_authz_complete` of what was allowed,
/// `message.acked`.
package struct EMQXEventReader: RecordReader {
    package let format = FeedFormat.emqx
    package private(set) var visibility: Visibility = []
    private let feed: FeedID
    private let rule: IdentityRule

    package init(feed: FeedID, identity: IdentityRule) {
        self.feed = feed
        rule = identity
    }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed { note(batch.head[row].kind) }
    }

    /// Nothing: what it reads does not depend on what came before; what can be seen is a question of replays only.
    package mutating func code(learned coder: inout StateCoder) throws {}

    package mutating func read(_ line: [UInt8]) throws(RecordProblem) -> [EventDraft] {
        let object = try JSONReading.object(line)
        guard let name = EMQXEventReader.name(object) else {
            throw RecordProblem(.notALine, detail: "an event of EMQX has an event that is a text")
        }
        let time = try RecordTime.need(object["timestamp"])
        guard let kind = try EMQXEventReader.kind(name, object, time) else { return [] }
        note(kind)
        return [event(kind, object, time)]
    }

    private func event(_ kind: EventKind, _ object: JSONObject, _ time: Int64) -> EventDraft {
        var event = EventDraft(kind, time: time)
        event.client = EMQXEventReader.text(object["clientid"])
        event.user = EMQXEventReader.text(object["username"])
        event.address = EMQXEventReader.text(object["peerhost"]) ?? EMQXEventReader.host(object["peername"])
        event.device = event.client
        if rule != .clientID, let user = event.user {
            event.device = user
            if kind != .connectFailed { event.identity = rule.identity }
        }
        switch kind {
        case .connect:
            event.add(.listener, EMQXEventReader.text(object["sockname"]))
            event.add(.protocol, EMQXEventReader.version(object["proto_ver"]))
            event.add(.keepalive, object["keepalive"]?.integer)
            event.add(.clean, flag: object["clean_start"]?.isTrue ?? false)
        case .connectFailed: event.reason = EMQXReason.refusal(object["reason_code"]?.text)
        case .disconnect: event.reason = EMQXReason.disconnect(object["reason"]?.text)
        case .denied: event.add(.action, object["action"]?.text)
        case .dropped: event.add(.reason, object["reason"]?.text?.replacing("_", with: "-"))
        case .publish, .deliver:
            // An action that does not select the payload sends no size; a payload is text here, or JSON.
            event.bytes = object["payload"].map { payload in
                payload.text.map { Int64($0.utf8.count) } ?? Int64(JSONWriting.bytes(payload).count)
            }
            event.retain = object["flags"]?.object?["retain"]?.isTrue ?? false
        case .subscribe: event.add(.granted, object["qos"]?.integer)
        default: break
        }
        if kind != .connect, kind != .connectFailed, kind != .disconnect {
            event.topic = object["topic"]?.text
            event.qos = object["qos"]?.integer
        }
        return event
    }

    private mutating func note(_ kind: EventKind) {
        switch kind {
        case .connect, .disconnect, .connectFailed: visibility.formUnion([.connections, .refusals])
        case .publish: visibility.insert(.publishes)
        case .deliver: visibility.insert(.deliveries)
        case .subscribe, .unsubscribe: visibility.insert(.subscriptions)
        case .denied: visibility.insert(.denials)
        default: break
        }
    }

    // MARK: Pieces

    /// `client.connected`, also of `$events/client_connected` and `$events/client/connected`.
    private static func name(_ object: JSONObject) -> String? {
        guard var name = object["event"]?.text else { return nil }
        if name.hasPrefix("$events/") { name = String(name.dropFirst("$events/".count)) }
        name = name.replacing("/", with: ".")
        guard !name.contains("."), let line = name.firstIndex(of: "_") else { return name }
        return name.replacingCharacter(at: line, with: ".")
    }

    private static func kind(
        _ name: String, _ object: JSONObject, _ time: Int64
    ) throws(RecordProblem) -> EventKind? {
        switch name {
        case "client.connected": return .connect
        case "client.disconnected": return .disconnect
        case "client.connack": return object["reason_code"]?.text == "success" ? nil : .connectFailed
        case "client.check_authz_complete": return object["result"]?.text == "deny" ? .denied : nil
        case "session.subscribed": return .subscribe
        case "session.unsubscribed": return .unsubscribe
        case "message.publish": return .publish
        case "message.delivered": return .deliver
        case "message.dropped", "delivery.dropped", "message.delivery_dropped": return .dropped
        case "message.acked", "client.check_authn_complete", "client.ping": return nil
        default: throw RecordProblem(.unknownKind, time: time)
        }
    }

    /// EMQX writes `undefined` for what is not there.
    static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.text, text != "undefined", !text.isEmpty else { return nil }
        return text
    }

    /// The address of `192.0.2.10:56431` and `[2001:db8::1]:56431`.
    private static func host(_ value: JSONValue?) -> String? {
        guard let text = text(value), let colon = text.lastIndex(of: ":") else { return nil }
        return text[..<colon].filter { $0 != "[" && $0 != "]" }
    }

    private static func version(_ value: JSONValue?) -> String? {
        switch value?.integer {
        case 3: "3.1"
        case 4: "3.1.1"
        case 5: "5"
        default: nil
        }
    }

    static func recognises(_ first: FirstBytes) -> Bool {
        guard first.has("event", "timestamp"), let object = first.object, let name = name(object) else { return false }
        let families = ["client.", "session.", "message.", "delivery."]
        return families.contains { name.hasPrefix($0) } && (first.has("node") || first.has("clientid"))
    }
}

extension String {
    fileprivate func replacingCharacter(at index: Index, with character: Character) -> String {
        self[..<index] + String(character) + self[self.index(after: index)...]
    }
}

/// Reasons as EMQX spells them; they are an open set.
private enum EMQXReason {
    static func disconnect(_ text: String?) -> Reason {
        switch text {
        case "normal": .client
        case "kicked": .kicked
        case "keepalive_timeout": .keepaliveTimeout
        case "not_authorized": .notAuthorized
        case "tcp_closed", "ssl_closed", "closed", "sock_closed": .connectionLost
        case "discarded", "takenover", "takeovered": .takeover
        case "internal_error", "server_shutting_down", "server_busy": .server
        case "frame_too_large", "packet_too_large": .oversize
        case "protocol_error", "malformed_packet", "bad_frame_type": .protocolError
        case "expired": .expired
        default: .unknown
        }
    }

    static func refusal(_ code: String?) -> Reason {
        switch code {
        case "bad_username_or_password", "not_authorized", "bad_authentication_method",
            "malformed_username_or_password":
            .notAuthorized
        case "client_identifier_not_valid": .badClientId
        case "banned": .banned
        case "protocol_error", "unsupported_protocol_version", "malformed_packet", "unaccepted_protocol_version":
            .protocolError
        case "server_unavailable", "server_busy", "quota_exceeded", "connection_rate_exceeded": .unavailable
        default: .unknown
        }
    }
}
