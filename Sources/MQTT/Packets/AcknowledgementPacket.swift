package import NIOCore

/// The four answers of the publish exchange, which have one form: PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5 §3.4 to §3.7).
package struct AcknowledgementPacket: Equatable, Sendable {
    package var packetID: UInt16
    /// Always success in 3.1.1, which has no other word.
    package var reason: ReasonCode
    package var properties: Properties

    package init(packetID: UInt16, reason: ReasonCode = .success, properties: Properties = []) {
        self.packetID = packetID
        self.reason = reason
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> AcknowledgementPacket {
        var packet = AcknowledgementPacket(packetID: try reader.packetID())
        // Both may be left out, from the end (§3.4.2.1, §3.4.2.2.1).
        if version == .v5, reader.remaining > 0 { packet.reason = ReasonCode(rawValue: try reader.byte()) }
        if version == .v5, reader.remaining > 0 {
            packet.properties = try Properties.read(&reader, in: .acknowledgement)
        }
        return packet
    }

    package func write(_ type: PacketType, to buffer: inout ByteBuffer, version: MQTTVersion) {
        var body = ByteBuffer()
        body.writeInteger(packetID)
        if version == .v5, reason != .success || !properties.isEmpty {
            body.writeInteger(reason.rawValue)
            if !properties.isEmpty { properties.write(to: &body) }
        }
        buffer.writePacket(type, flags: type.fixedFlags ?? 0, body: body)
    }
}
