package import NIOCore

/// What a client does not want to hear any more (MQTT 5 §3.10).
package struct UnsubscribePacket: Equatable, Sendable {
    package var packetID: UInt16
    package var filters: [String]
    package var properties: Properties

    package init(packetID: UInt16, filters: [String], properties: Properties = []) {
        self.packetID = packetID
        self.filters = filters
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> UnsubscribePacket {
        var packet = UnsubscribePacket(packetID: try reader.packetID(), filters: [])
        if version == .v5 { packet.properties = try Properties.read(&reader, in: .unsubscribe) }
        while reader.remaining > 0 {
            let filter = try reader.string()
            guard Topic.isFilter(filter) else { throw MalformedPacket("an UNSUBSCRIBE holds no topic filter") }
            guard packet.filters.count < MQTTLimits.filters else {
                throw MalformedPacket("more than \(MQTTLimits.filters) filters in one packet")
            }
            packet.filters.append(filter)
        }
        guard !packet.filters.isEmpty else {
            throw MalformedPacket("an UNSUBSCRIBE names no filter", reason: .protocolError)
        }
        return packet
    }

    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        var body = ByteBuffer()
        body.writeInteger(packetID)
        if version == .v5 { properties.write(to: &body) }
        for filter in filters { body.writeMQTT(filter) }
        buffer.writePacket(.unsubscribe, flags: 0b0010, body: body)
    }
}
