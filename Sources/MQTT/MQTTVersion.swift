/// The protocol versions this module speaks; the raw value is the protocol level in CONNECT (MQTT 3.1.1 §3.1.2.2, MQTT 5
/// §3.1.2.2).
package enum MQTTVersion: UInt8, CaseIterable, Sendable {
    case v311 = 4
    case v5 = 5
}
