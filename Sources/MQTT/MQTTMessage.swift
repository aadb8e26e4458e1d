/// A message, received or to be sent.
package struct MQTTMessage: Equatable, Sendable {
    package var topic: String
    package var payload: [UInt8]
    package var qos: QualityOfService
    package var retain: Bool
    /// MQTT 5 only; a 3.1.1 connection leaves them out.
    package var properties: Properties
    /// Received: it may have come before.
    package internal(set) var isDuplicate = false
    /// Received, and longer than the configuration allows: how many bytes the payload had. It is empty then.
    package internal(set) var oversizeBytes: Int?
    /// What the broker's wish for an acknowledgement is known by; nil for QoS 0.
    var token: UInt64?

    package init(
        topic: String, payload: [UInt8], qos: QualityOfService = .atLeastOnce, retain: Bool = false,
        properties: Properties = []
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.properties = properties
    }
}

/// What a client hears, in the order in which it happened.
package enum MQTTArrival: Equatable, Sendable {
    case message(MQTTMessage)
    /// A connection stands. `sessionPresent`: the broker had kept the session, and what came in between follows.
    case connected(sessionPresent: Bool)
    /// It ended, or an attempt failed; `attempt` counts failures in a row from 1.
    case disconnected(MQTTError, attempt: Int)
    /// The broker does not grant a subscription.
    case subscriptionRefused(filter: String, reason: ReasonCode)
    /// Nothing came: ``MQTTClient/wakeIfIdle()`` was called.
    case woken
}
