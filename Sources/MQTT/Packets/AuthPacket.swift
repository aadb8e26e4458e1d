package import NIOCore

/// A step of an extended authentication (MQTT 5 §3.15). This client never begins one; the codec knows it all the same.
package struct AuthPacket: Equatable, Sendable {
    package var reason: ReasonCode
    package var properties: Properties

    package init(reason: ReasonCode = .success, properties: Properties = []) {
        self.reason = reason
        self.properties = properties
    }

    package static func read(_ reader: inout PacketReader) throws(MalformedPacket) -> AuthPacket {
        guard reader.remaining > 0 else { return AuthPacket() }
        let code = try reader.byte()
        guard code == 0 || code == 0x18 || code == 0x19 else {
            throw MalformedPacket("the code \(code) cannot stand in AUTH", reason: .protocolError)
        }
        return AuthPacket(
            reason: ReasonCode(rawValue: code),
            properties: reader.remaining > 0 ? try Properties.read(&reader, in: .auth) : [])
    }

    package func write(to buffer: inout ByteBuffer) {
        var body = ByteBuffer()
        if reason != .success || !properties.isEmpty {
            body.writeInteger(reason.rawValue)
            properties.write(to: &body)
        }
        buffer.writePacket(.auth, body: body)
    }
}
