package import NIOCore

/// The end of a connection, in order (MQTT 5 §3.14). In 3.1.1 only a client sends it, and it says nothing.
package struct DisconnectPacket: Equatable, Sendable {
    package var reason: ReasonCode
    package var properties: Properties

    package init(reason: ReasonCode = .success, properties: Properties = []) {
        self.reason = reason
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> DisconnectPacket {
        var packet = DisconnectPacket()
        // Both may be left out, from the end (§3.14.2.1, §3.14.2.2.1).
        if version == .v5, reader.remaining > 0 { packet.reason = ReasonCode(rawValue: try reader.byte()) }
        if version == .v5, reader.remaining > 0 { packet.properties = try Properties.read(&reader, in: .disconnect) }
        return packet
    }

    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        var body = ByteBuffer()
        if version == .v5, reason != .success || !properties.isEmpty {
            body.writeInteger(reason.rawValue)
            if !properties.isEmpty { properties.write(to: &body) }
        }
        buffer.writePacket(.disconnect, body: body)
    }
}
