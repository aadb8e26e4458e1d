/// The control packets (MQTT 5 §2.1.2).
package enum PacketType: UInt8, CaseIterable, Sendable {
    case connect = 1
    case connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback, pingreq, pingresp
    case disconnect, auth

    /// The lower four bits of the first byte, which must be these (MQTT 5 §2.1.3); nil for PUBLISH, where they mean
    /// something.
    package var fixedFlags: UInt8? {
        switch self {
        case .publish: nil
        case .pubrel, .subscribe, .unsubscribe: 0b0010
        default: 0
        }
    }
}
