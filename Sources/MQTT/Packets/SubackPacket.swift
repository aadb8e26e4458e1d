package import NIOCore

/// The answer to SUBSCRIBE, a code for each filter (MQTT 5 §3.9).
package struct SubackPacket: Equatable, Sendable {
    package var packetID: UInt16
    package var reasons: [ReasonCode]
    package var properties: Properties

    package init(packetID: UInt16, reasons: [ReasonCode], properties: Properties = []) {
        self.packetID = packetID
        self.reasons = reasons
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> SubackPacket {
        var packet = SubackPacket(packetID: try reader.packetID(), reasons: [])
        if version == .v5 { packet.properties = try Properties.read(&reader, in: .suback) }
        while reader.remaining > 0 {
            let code = try reader.byte()
            guard code <= 2 || (version == .v5 ? code >= 0x80 : code == 0x80) else {
                throw MalformedPacket("the code \(code) cannot stand in SUBACK", reason: .protocolError)
            }
            guard packet.reasons.count < MQTTLimits.filters else {
                throw MalformedPacket("more than \(MQTTLimits.filters) codes in one packet")
            }
            packet.reasons.append(ReasonCode(rawValue: code))
        }
        guard !packet.reasons.isEmpty else { throw MalformedPacket("a SUBACK holds no code", reason: .protocolError) }
        return packet
    }

    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        var body = ByteBuffer()
        body.writeInteger(packetID)
        if version == .v5 { properties.write(to: &body) }
        body.writeBytes(reasons.map(\.rawValue))
        buffer.writePacket(.suback, body: body)
    }
}
