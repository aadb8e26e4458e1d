/// Where properties stand, and which may stand there (MQTT 5 §2.2.2.2, table 2-4).
package enum PropertyPlace: CaseIterable, Sendable {
    case connect, will, connack, publish, acknowledgement, subscribe, suback, unsubscribe, unsuback, disconnect, auth

    /// The identifiers allowed here, one bit each. All are below 64.
    var allowed: UInt64 {
        let identifiers: [UInt8] =
            switch self {
            case .connect: [0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27]
            case .will: [0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26]
            case .connack:
                [
                    0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x1C, 0x1F, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29,
                    0x2A,
                ]
            case .publish: [0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26]
            case .acknowledgement, .suback, .unsuback: [0x1F, 0x26]
            case .subscribe: [0x0B, 0x26]
            case .unsubscribe: [0x26]
            case .disconnect: [0x11, 0x1C, 0x1F, 0x26]
            case .auth: [0x15, 0x16, 0x1F, 0x26]
            }
        return identifiers.reduce(0) { $0 | 1 << UInt64($1) }
    }

    /// Those that may stand more than once: user properties, and the subscription identifiers of a delivered message.
    var repeatable: UInt64 { self == .publish ? 1 << 0x26 | 1 << 0x0B : 1 << 0x26 }
}
