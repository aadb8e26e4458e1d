package import NIOCore

/// Any control packet.
package enum Packet: Equatable, Sendable {
    case connect(ConnectPacket)
    case connack(ConnackPacket)
    case publish(PublishPacket)
    case puback(AcknowledgementPacket)
    case pubrec(AcknowledgementPacket)
    case pubrel(AcknowledgementPacket)
    case pubcomp(AcknowledgementPacket)
    case subscribe(SubscribePacket)
    case suback(SubackPacket)
    case unsubscribe(UnsubscribePacket)
    case unsuback(UnsubackPacket)
    case pingreq
    case pingresp
    case disconnect(DisconnectPacket)
    case auth(AuthPacket)

    /// Reads what follows the fixed header of a packet, all of it.
    ///
    /// - Parameters:
    ///   - flags: the lower four bits of the first byte.
    ///   - version: of the connection; a CONNECT says its own.
    package static func read(
        _ type: PacketType, flags: UInt8, _ reader: inout PacketReader, version: MQTTVersion
    ) throws(MalformedPacket) -> Packet {
        if let fixed = type.fixedFlags, flags != fixed {
            throw MalformedPacket("the flags of a \(type) are \(flags), not \(fixed)")
        }
        let packet: Packet
        switch type {
        case .connect: packet = .connect(try ConnectPacket.read(&reader))
        case .connack: packet = .connack(try ConnackPacket.read(&reader, version: version))
        case .publish: packet = .publish(try PublishPacket.read(&reader, flags: flags, version: version))
        case .puback: packet = .puback(try AcknowledgementPacket.read(&reader, version: version))
        case .pubrec: packet = .pubrec(try AcknowledgementPacket.read(&reader, version: version))
        case .pubrel: packet = .pubrel(try AcknowledgementPacket.read(&reader, version: version))
        case .pubcomp: packet = .pubcomp(try AcknowledgementPacket.read(&reader, version: version))
        case .subscribe: packet = .subscribe(try SubscribePacket.read(&reader, version: version))
        case .suback: packet = .suback(try SubackPacket.read(&reader, version: version))
        case .unsubscribe: packet = .unsubscribe(try UnsubscribePacket.read(&reader, version: version))
        case .unsuback: packet = .unsuback(try UnsubackPacket.read(&reader, version: version))
        case .pingreq: packet = .pingreq
        case .pingresp: packet = .pingresp
        case .disconnect: packet = .disconnect(try DisconnectPacket.read(&reader, version: version))
        case .auth:
            guard version == .v5 else { throw MalformedPacket("3.1.1 has no AUTH", reason: .protocolError) }
            packet = .auth(try AuthPacket.read(&reader))
        }
        try reader.finish()
        return packet
    }

    /// Writes the whole packet.
    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        switch self {
        case .connect(let packet): packet.write(to: &buffer)
        case .connack(let packet): packet.write(to: &buffer, version: version)
        case .publish(let packet): packet.write(to: &buffer, version: version)
        case .puback(let packet): packet.write(.puback, to: &buffer, version: version)
        case .pubrec(let packet): packet.write(.pubrec, to: &buffer, version: version)
        case .pubrel(let packet): packet.write(.pubrel, to: &buffer, version: version)
        case .pubcomp(let packet): packet.write(.pubcomp, to: &buffer, version: version)
        case .subscribe(let packet): packet.write(to: &buffer, version: version)
        case .suback(let packet): packet.write(to: &buffer, version: version)
        case .unsubscribe(let packet): packet.write(to: &buffer, version: version)
        case .unsuback(let packet): packet.write(to: &buffer, version: version)
        case .pingreq: buffer.writePacket(.pingreq, body: ByteBuffer())
        case .pingresp: buffer.writePacket(.pingresp, body: ByteBuffer())
        case .disconnect(let packet): packet.write(to: &buffer, version: version)
        case .auth(let packet): packet.write(to: &buffer)
        }
    }
}
