/// The classes of lines in Mosquitto's log, told by the line alone.
///
/// How many events a line makes depends on its class only: ``makesEvent`` says 0 or 1, and a line of no class makes one
/// as well (a subscription of a client that is known, or `rejected`).
///
/// Source: every call of `log__printf` and `mosquitto_log_printf` in eclipse-mosquitto v2.0.11, v2.0.22 and v2.1.2
/// (`src`, `lib`, `plugins/dynamic-security`); classes and texts measured with 2.0.11.
package enum MosquittoLine: String, CaseIterable, Sendable {
    /// A TCP connection; not yet a client.
    case accepted
    case connected
    /// "Client X …": a client left, or was never let in.
    case ended
    /// "Client connection from … failed", "Connection from … rejected, …".
    case refused
    case takenOver = "taken-over"
    case received
    case sent
    case denied
    /// 2.1: a message that the access rules kept from a subscriber.
    case withheld
    /// Messages that the broker threw away.
    case dropped
    case subscribed
    case unsubscribed
    /// 2.1: a tab, a filter and "(denied)".
    case subscriptionDenied = "subscription-denied"
    case administration
    case service
    /// "Received SUBSCRIBE from X" and "Received UNSUBSCRIBE from X": whose filters follow.
    case subscribing
    /// "Sending SUBACK to X" and "Sending UNSUBACK to X": no more filters.
    case acknowledged
    case connack = "connack"
    /// Another packet in the debug log: PINGREQ, PUBACK, …
    case packet
    /// A line that begins with a tab: a filter or the topic of a will.
    case indented
    case will
    /// What OpenSSL says before the line that tells whom it concerns.
    case handshake
    /// Why the next line will say that a client was cut off.
    case explanation
    /// Routine without a meaning for security.
    case note

    /// Whether a line of the class makes an event.
    package var makesEvent: Bool {
        switch self {
        case .connected, .ended, .refused, .takenOver, .received, .sent, .denied, .withheld, .dropped, .subscribed,
            .unsubscribed, .subscriptionDenied, .administration, .service:
            true
        case .accepted, .subscribing, .acknowledged, .connack, .packet, .indented, .will, .handshake, .explanation,
            .note:
            false
        }
    }

    /// Whether only a broker that logs debug messages writes the class.
    var isDebug: Bool {
        switch self {
        case .received, .sent, .denied, .withheld, .subscribing, .acknowledged, .connack, .packet, .indented, .will,
            .subscriptionDenied:
            true
        default: false
        }
    }

    /// Whether the class has words of its own. Subscriptions are nothing but a client id and a filter.
    var isDistinct: Bool { self != .subscribed && self != .unsubscribed && self != .indented }

    /// The class of a message (a line without its time); nil when it has none.
    static func classify(_ text: RawSpan, _ message: Range<Int>) -> MosquittoLine? {
        guard !message.isEmpty, message.count <= MosquittoDecoder.longestMessage else { return nil }
        let first = text.byte(at: message.lowerBound)
        let known: MosquittoLine? =
            switch first {
            case 0x52: received(text, message)
            case 0x53: sending(text, message)
            case 0x4E: new(text, message)
            case 0x43: client(text, message)
            case 0x44, 0x4F: dropping(text, message)
            case 0x09:
                text.ends(" (denied)", message) ? .subscriptionDenied : .indented
            case 0x42 where text.begins("Bad socket read/write on client ", message): .ended
            case 0x57 where text.begins("Will message specified (", message) && text.ends(").", message): .will
            default: nil
            }
        return known ?? other(text, message)
    }

    private static func received(_ text: RawSpan, _ message: Range<Int>) -> MosquittoLine? {
        if text.begins("Received PUBLISH from ", message) {
            return MosquittoMessage.isWhole(text, message) ? .received : nil
        }
        if text.begins("Received SUBSCRIBE from ", message) || text.begins("Received UNSUBSCRIBE from ", message) {
            return .subscribing
        }
        if text.begins("Received ", message) { return packet(text, message, after: 9) ? .packet : nil }
        if text.begins("Rejected PUBLISH ", message), text.ends(", quota exceeded.", message) { return .dropped }
        return nil
    }

    private static func sending(_ text: RawSpan, _ message: Range<Int>) -> MosquittoLine? {
        if text.begins("Sending PUBLISH to ", message) {
            return MosquittoMessage.isWhole(text, message) ? .sent : nil
        }
        if text.begins("Sending CONNACK to ", message) { return .connack }
        if text.begins("Sending SUBACK to ", message) || text.begins("Sending UNSUBACK to ", message) {
            return .acknowledged
        }
        return text.begins("Sending ", message) && packet(text, message, after: 8) ? .packet : nil
    }

    /// The names of packets that mean nothing to us, as they stand after "Received " and "Sending ".
    private static let packets: [StaticString] = [
        "PUBACK ", "PUBREC ", "PUBREL ", "PUBCOMP ", "PINGREQ ", "PINGRESP ", "DISCONNECT ", "CONNACK ", "SUBACK ",
        "UNSUBACK ", "AUTH ",
    ]

    private static func packet(_ text: RawSpan, _ message: Range<Int>, after count: Int) -> Bool {
        packets.contains { text.holds($0, at: message.lowerBound + count, before: message.upperBound) }
    }

    private static func new(_ text: RawSpan, _ message: Range<Int>) -> MosquittoLine? {
        if text.begins("New connection from ", message) {
            return MosquittoConnect.accept(text, message) == nil ? nil : .accepted
        }
        if text.begins("New client connected from ", message) || text.begins("New bridge connected from ", message) {
            return MosquittoConnect(text, message) == nil ? nil : .connected
        }
        return text.equals("No will message specified.", message) ? .will : nil
    }

    private static func client(_ text: RawSpan, _ message: Range<Int>) -> MosquittoLine? {
        if text.begins("Client ", message) {
            if text.ends(MosquittoEnding.takeOver, message) { return .takenOver }
            if MosquittoEnding.isEnding(text, message) { return .ended }
        }
        return MosquittoRefusal(text, message) == nil ? nil : .refused
    }

    private static func dropping(_ text: RawSpan, _ message: Range<Int>) -> MosquittoLine? {
        if text.begins("Denied PUBLISH from ", message) {
            return MosquittoMessage.isWhole(text, message) ? .denied : nil
        }
        if text.begins("Denied PUBLISH to ", message) {
            return MosquittoMessage.isWhole(text, message) ? .withheld : nil
        }
        return MosquittoDrop(text, message) == nil ? nil : .dropped
    }

    private static func other(_ text: RawSpan, _ message: Range<Int>) -> MosquittoLine? {
        if let wording = MosquittoWording.find(text, message) { return wording.line }
        if MosquittoAdministration(text, message, sessions: nil) != nil { return .administration }
        if MosquittoSubscription.looksLikeSubscribe(text, message) { return .subscribed }
        if MosquittoSubscription.looksLikeUnsubscribe(text, message) { return .unsubscribed }
        return nil
    }
}
