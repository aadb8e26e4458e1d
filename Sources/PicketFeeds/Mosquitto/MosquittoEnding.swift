import PicketEvents

/// How a connection ended: "Client CID …" of 2.0, "Client CID [IP:PORT] disconnected: …" of 2.1.
///
/// The broker's words stand at the right end, and none of them ends with another, so a client id cannot imitate them.
/// Sources: eclipse-mosquitto `src/loop.c`, `do_disconnect`, v2.0.11, v2.0.22 and v2.1.2; `src/handle_connect.c`.
struct MosquittoEnding {
    var client: Range<Int>
    /// 2.1 only.
    var peer: MosquittoPeer?
    /// As a `disconnect`.
    var reason: Reason
    /// As a `connect-failed`.
    var refusal: Reason
    /// The broker says this only of a client that it has not let in.
    var isAtConnect = false

    static let takeOver: StaticString = " already connected, closing old connection."

    private struct Form {
        var words: StaticString
        var reason: Reason
        var refusal: Reason
        var isAtConnect = false
    }

    /// 2.0. The last one is the end of none of the others.
    private static let forms: [Form] = [
        Form(words: " disconnected due to malformed packet.", reason: .protocolError, refusal: .protocolError),
        Form(words: " disconnected due to protocol error.", reason: .protocolError, refusal: .protocolError),
        Form(words: " closed its connection.", reason: .connectionLost, refusal: .unknown),
        Form(
            words: " disconnected, not authorised.", reason: .notAuthorized, refusal: .notAuthorized,
            isAtConnect: true),
        Form(words: " has exceeded timeout, disconnecting.", reason: .keepaliveTimeout, refusal: .unknown),
        Form(words: " disconnected due to oversize packet.", reason: .oversize, refusal: .protocolError),
        Form(words: " disconnected due to oversize payload.", reason: .oversize, refusal: .protocolError),
        Form(words: " disconnected due to out of memory.", reason: .server, refusal: .unavailable),
        Form(
            words: " disconnected due to QoS too high or retain not supported.", reason: .protocolError,
            refusal: .protocolError),
        Form(
            words: """
                 disconnected due to using not allowed feature (QoS too high, retain not supported, \
                or bad AUTH method).
                """, reason: .protocolError, refusal: .protocolError),
        Form(words: " been disconnected by administrative action.", reason: .kicked, refusal: .unknown),
    ]

    /// 2.1, after " disconnected: ". Anything else is the system's word for a lost connection.
    private static let reasons: [Form] = [
        Form(words: "malformed packet.", reason: .protocolError, refusal: .protocolError),
        Form(words: "protocol error.", reason: .protocolError, refusal: .protocolError),
        Form(words: "connection closed by client.", reason: .connectionLost, refusal: .unknown),
        Form(words: "not authorised.", reason: .notAuthorized, refusal: .notAuthorized, isAtConnect: true),
        Form(words: "exceeded timeout.", reason: .keepaliveTimeout, refusal: .unknown),
        Form(words: "oversize packet.", reason: .oversize, refusal: .protocolError),
        Form(words: "oversize payload.", reason: .oversize, refusal: .protocolError),
        Form(words: "out of memory.", reason: .server, refusal: .unavailable),
        Form(
            words: "used disallowed feature (QoS too high, retain not supported, or bad AUTH method).",
            reason: .protocolError, refusal: .protocolError),
        Form(words: "administrative action.", reason: .kicked, refusal: .unknown),
        Form(words: "receive maximum exceeded.", reason: .protocolError, refusal: .protocolError),
        Form(words: "implementation specific error.", reason: .server, refusal: .unknown),
        Form(words: "client identifier not valid.", reason: .protocolError, refusal: .badClientId, isAtConnect: true),
        Form(words: "bad username or password.", reason: .notAuthorized, refusal: .notAuthorized, isAtConnect: true),
        Form(words: "server unavailable.", reason: .server, refusal: .unavailable, isAtConnect: true),
        Form(words: "server busy.", reason: .server, refusal: .unavailable, isAtConnect: true),
        Form(words: "client banned.", reason: .kicked, refusal: .banned, isAtConnect: true),
        Form(words: "bad authentication method.", reason: .notAuthorized, refusal: .notAuthorized, isAtConnect: true),
        Form(words: "quota exceeded.", reason: .throttled, refusal: .unavailable),
        Form(words: "connection rate exceeded.", reason: .throttled, refusal: .unavailable, isAtConnect: true),
        Form(words: "session taken over.", reason: .takeover, refusal: .unknown),
        Form(words: "topic alias invalid.", reason: .protocolError, refusal: .protocolError),
        Form(words: "non-matching http origin.", reason: .notAuthorized, refusal: .notAuthorized, isAtConnect: true),
    ]

    /// Whether a line that begins with "Client " tells of an end.
    static func isEnding(_ text: RawSpan, _ message: Range<Int>) -> Bool {
        MosquittoEnding(text, message, sessions: nil) != nil
    }

    /// - Parameter sessions: tells a 2.0 client whose id ends like ` [IP:PORT]` from a 2.1 line.
    init?(_ text: RawSpan, _ message: Range<Int>, sessions: MosquittoSessions?) {
        let lost: StaticString = "Bad socket read/write on client "
        if text.begins(lost, message) {
            let start = message.lowerBound + lost.utf8CodeUnitCount
            guard let end = text.last(": ", in: start..<message.upperBound), end > start else { return nil }
            self.init(client: start..<end, reason: .connectionLost, refusal: .unknown)
            return
        }
        let start = message.lowerBound + 7
        guard text.begins("Client ", message) else { return nil }
        for form in MosquittoEnding.forms where text.ends(form.words, message) {
            let end = message.upperBound - form.words.utf8CodeUnitCount
            guard start < end else { return nil }
            self.init(
                client: start..<end, reason: form.reason, refusal: form.refusal, isAtConnect: form.isAtConnect)
            return
        }
        let plain: StaticString = " disconnected."
        if text.ends(plain, message) {
            let end = message.upperBound - plain.utf8CodeUnitCount
            guard start < end else { return nil }
            self.init(client: start..<end, reason: .client, refusal: .unknown)
            takePeer(text, sessions)
            return
        }
        let colon: StaticString = " disconnected: "
        guard let end = text.last(colon, in: message), start < end else { return nil }
        self.init(client: start..<end, reason: .connectionLost, refusal: .unknown)
        takePeer(text, sessions)
        let words = end + colon.utf8CodeUnitCount..<message.upperBound
        if peer != nil, let form = MosquittoEnding.reasons.first(where: { text.equals($0.words, words) }) {
            reason = form.reason
            refusal = form.refusal
            isAtConnect = form.isAtConnect
        } else if text.equals("Protocol error.", words) {
            // EPROTO: only the TLS layer sets it. Before CONNECT it is a failed handshake.
            refusal = .protocolError
        }
    }

    private init(client: Range<Int>, reason: Reason, refusal: Reason, isAtConnect: Bool = false) {
        self.client = client
        self.reason = reason
        self.refusal = refusal
        self.isAtConnect = isAtConnect
    }

    /// Splits ` [IP:PORT]` off the client id.
    private mutating func takePeer(_ text: RawSpan, _ sessions: MosquittoSessions?) {
        guard text.ends("]", client), let open = text.last(" [", in: client), open > client.lowerBound,
            let peer = MosquittoPeer(text, open + 2..<client.upperBound - 1),
            sessions?.find(text, client) == nil
        else { return }
        self.peer = peer
        client = client.lowerBound..<open
    }

    /// What CONNACK's code says more of a refusal, where the line itself says only "protocol error".
    static func refusal(_ reason: Reason, connack code: Int?) -> Reason {
        guard reason == .protocolError || reason == .unknown, let code else { return reason }
        // MQTT 3.1.1 §3.2.2.3 and MQTT 5 §3.2.2.2.
        return switch code {
        case 2, 133: .badClientId
        case 3, 136, 137, 151, 159: .unavailable
        case 4, 5, 134, 135, 140: .notAuthorized
        case 138: .banned
        default: reason
        }
    }
}
