/// The bounds of everything a peer can make this module keep, each with its reason.
package enum MQTTLimits {
    /// The largest remaining length that four bytes can say (MQTT 5 §1.5.5).
    package static let remainingLength = 268_435_455
    /// The longest packet that is kept whole, unless the configuration says otherwise: far above any report or alert
    /// header, far below what would hurt a monitor. Of a longer PUBLISH only topic and size are kept.
    package static let packetBytes = 1 << 20
    /// The head of a PUBLISH that is too long: a topic, a packet identifier and properties of 64 KiB each. A head beyond
    /// that is refused.
    package static let publishHeadBytes = 1 << 17 | 16
    /// Subscriptions or topic filters in one packet: a packet of the largest size could hold 300,000.
    package static let filters = 4_096
    /// Properties in one packet. User properties may be repeated without end.
    package static let properties = 256
    /// Messages that are received and not yet taken by the caller before reading stops.
    package static let waitingMessages = 4_096
    /// Bytes of such messages before reading stops.
    package static let waitingBytes = 4 << 20
    /// Messages that wait for a place in flight, or for a connection, before `publish` fails.
    package static let queuedPublishes = 16_384
    /// Messages received but not acknowledged that the broker may have in flight with us (MQTT 5 §3.1.2.11.3): as many
    /// as wait for the caller, and a frame of the log more.
    package static let receiveMaximum = 8_192
    /// Notices about the connection that wait for a caller who does not ask; older ones are forgotten.
    package static let waitingNotices = 64
}
