package import NIOCore

/// The answer to UNSUBSCRIBE; with a code for each filter in MQTT 5 (§3.11), with none in 3.1.1.
package struct UnsubackPacket: Equatable, Sendable {
    package var packetID: UInt16
    package var reasons: [ReasonCode]
    package var properties: Properties

    package init(packetID: UInt16, reasons: [ReasonCode] = [], properties: Properties = []) {
        self.packetID = packetID
        self.reasons = reasons
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> UnsubackPacket {
        var packet = UnsubackPacket(packetID: try reader.packetID())
        guard version == .v5 else { return packet }
        packet.properties = try Properties.read(&reader, in: .unsuback)
        while reader.remaining > 0 {
            let code = try reader.byte()
            guard code == 0 || code == 0x11 || code >= 0x80 else {
                throw MalformedPacket("the code \(code) cannot stand in UNSUBACK", reason: .protocolError)
            }
            guard packet.reasons.count < MQTTLimits.filters else {
                throw MalformedPacket("more than \(MQTTLimits.filters) codes in one packet")
            }
            packet.reasons.append(ReasonCode(rawValue: code))
        }
        guard !packet.reasons.isEmpty else {
            throw MalformedPacket("an UNSUBACK holds no code", reason: .protocolError)
        }
        return packet
    }

    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        var body = ByteBuffer()
        body.writeInteger(packetID)
        if version == .v5 {
            properties.write(to: &body)
            body.writeBytes(reasons.map(\.rawValue))
        }
        buffer.writePacket(.unsuback, body: body)
    }
}
