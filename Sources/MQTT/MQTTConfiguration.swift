/// Where and as whom a client connects, and what it does when the connection is lost.
package struct MQTTConfiguration: Sendable {
    package var host: String
    package var port: Int
    /// Nil for a connection in the clear.
    package var tls: MQTTTLS?
    /// Spoken first. A broker that refuses MQTT 5 is tried with 3.1.1 from then on.
    package var version = MQTTVersion.v5
    /// The client identifier. A session that is to outlive the process needs one that does not change.
    package var client: String
    /// Whether the first connection begins with no session. Later ones of the same client go on with theirs.
    package var cleanStart = true
    /// How long the broker keeps the session without a connection, in seconds; 0 not at all. In 3.1.1, which cannot say
    /// it, a session is kept for as long as the broker likes unless ``cleanStart``.
    package var sessionExpirySeconds: UInt32 = 0
    package var user: String?
    package var password: [UInt8]?
    /// Seconds; 0 for none.
    package var keepAliveSeconds: UInt16 = 30
    package var will: Will?
    /// Subscribed to with the first connection, and whenever the broker has forgotten the session.
    package var subscriptions: [Subscription] = []
    /// Messages of QoS 1 and 2 that may be unacknowledged (MQTT 5).
    package var receiveMaximum = MQTTLimits.receiveMaximum
    /// Of a longer message only the head is given (``MQTTMessage/oversizeBytes``).
    package var packetBytes = MQTTLimits.packetBytes
    /// How long connecting, TLS and the broker's first answer may take together.
    package var connectTimeout = Duration.seconds(10)
    /// How long to wait between attempts; nil to stay away once the connection is lost.
    package var reconnect: Backoff? = Backoff()

    package init(host: String, port: Int, client: String, tls: MQTTTLS? = nil) {
        self.host = host
        self.port = port
        self.client = client
        self.tls = tls
    }

    /// From an address like `mqtts://broker.example:8883`; `mqtt` is in the clear. Without a port the usual one is taken.
    ///
    /// - Throws: ``MQTTError/configuration(_:)`` with what is wrong with the address.
    package init(url: String, client: String, tls: MQTTTLS = MQTTTLS()) throws(MQTTError) {
        func wrong(_ problem: String) -> MQTTError {
            .configuration("`\(url)` \(problem); an address looks like mqtts://broker.example:8883")
        }
        let isSecure: Bool
        let rest: Substring
        if url.hasPrefix("mqtts://") {
            (isSecure, rest) = (true, url.dropFirst(8))
        } else if url.hasPrefix("mqtt://") {
            (isSecure, rest) = (false, url.dropFirst(7))
        } else {
            throw wrong("does not begin with mqtt:// or mqtts://")
        }
        guard !rest.contains(where: { $0 == "/" || $0 == "@" || $0 == "?" }) else {
            throw wrong("holds more than a host and a port")
        }
        var host = rest
        var port = isSecure ? 8883 : 1883
        // An IPv6 address stands in brackets, since it holds colons itself (RFC 3986 §3.2.2).
        let afterBracket = rest.lastIndex(of: "]") ?? rest.startIndex
        if let colon = rest[afterBracket...].lastIndex(of: ":") {
            host = rest[..<colon]
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else {
                throw wrong("has no valid port")
            }
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw wrong("names no host") }
        self.init(host: String(host), port: port, client: client, tls: isSecure ? tls : nil)
    }
}
