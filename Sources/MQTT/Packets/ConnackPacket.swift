package import NIOCore

/// The broker's answer to CONNECT (MQTT 5 §3.2).
package struct ConnackPacket: Equatable, Sendable {
    package var sessionPresent: Bool
    package var reason: ReasonCode
    package var properties: Properties

    package init(sessionPresent: Bool, reason: ReasonCode, properties: Properties = []) {
        self.sessionPresent = sessionPresent
        self.reason = reason
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> ConnackPacket {
        let flags = try reader.byte()
        guard flags <= 1 else { throw MalformedPacket("a reserved flag of CONNACK is set") }
        let code = try reader.byte()
        var reason = ReasonCode(rawValue: code)
        var properties = Properties()
        switch version {
        case .v311:
            guard let known = ReasonCode(connectReturnCode: code) else {
                throw MalformedPacket("the return code \(code) of CONNACK is reserved")
            }
            reason = known
        case .v5:
            // A broker that does not speak MQTT 5 answers in 3.1.1: two bytes, return code 1 (§3.1.2.2).
            if reader.remaining == 0, code == 1 {
                reason = .unsupportedProtocolVersion
            } else {
                guard code == 0 || code >= 0x80 else {
                    throw MalformedPacket("the reason code \(code) cannot stand in CONNACK", reason: .protocolError)
                }
                properties = try Properties.read(&reader, in: .connack)
            }
        }
        guard flags == 0 || reason == .success else {
            throw MalformedPacket("a refused connection has a session", reason: .protocolError)
        }
        return ConnackPacket(sessionPresent: flags == 1, reason: reason, properties: properties)
    }

    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        var body = ByteBuffer()
        body.writeInteger(UInt8(sessionPresent ? 1 : 0))
        switch version {
        case .v311:
            body.writeInteger(reason.connectReturnCode ?? 3)
        case .v5:
            body.writeInteger(reason.rawValue)
            properties.write(to: &body)
        }
        buffer.writePacket(.connack, body: body)
    }
}
