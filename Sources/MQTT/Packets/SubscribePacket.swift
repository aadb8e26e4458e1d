package import NIOCore

/// What a client wants to hear (MQTT 5 §3.8).
package struct SubscribePacket: Equatable, Sendable {
    package var packetID: UInt16
    package var subscriptions: [Subscription]
    package var properties: Properties

    package init(packetID: UInt16, subscriptions: [Subscription], properties: Properties = []) {
        self.packetID = packetID
        self.subscriptions = subscriptions
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> SubscribePacket {
        var packet = SubscribePacket(packetID: try reader.packetID(), subscriptions: [])
        if version == .v5 { packet.properties = try Properties.read(&reader, in: .subscribe) }
        while reader.remaining > 0 {
            guard packet.subscriptions.count < MQTTLimits.filters else {
                throw MalformedPacket("more than \(MQTTLimits.filters) filters in one packet")
            }
            packet.subscriptions.append(try Subscription.read(&reader, version: version))
        }
        guard !packet.subscriptions.isEmpty else {
            throw MalformedPacket("a SUBSCRIBE names no filter", reason: .protocolError)
        }
        return packet
    }

    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        var body = ByteBuffer()
        body.writeInteger(packetID)
        if version == .v5 { properties.write(to: &body) }
        for subscription in subscriptions { subscription.write(to: &body, version: version) }
        buffer.writePacket(.subscribe, flags: 0b0010, body: body)
    }
}
