package import NIOCore

/// The first packet of a client (MQTT 5 §3.1).
package struct ConnectPacket: Equatable, Sendable {
    package var version: MQTTVersion
    /// Clean Session in 3.1.1, Clean Start in 5.
    package var cleanStart: Bool
    /// Seconds; 0 for none.
    package var keepAlive: UInt16
    package var client: String
    package var will: Will?
    package var user: String?
    package var password: [UInt8]?
    package var properties: Properties

    package init(
        version: MQTTVersion, cleanStart: Bool = true, keepAlive: UInt16 = 60, client: String, will: Will? = nil,
        user: String? = nil, password: [UInt8]? = nil, properties: Properties = []
    ) {
        self.version = version
        self.cleanStart = cleanStart
        self.keepAlive = keepAlive
        self.client = client
        self.will = will
        self.user = user
        self.password = password
        self.properties = properties
    }

    package static func read(_ reader: inout PacketReader) throws(MalformedPacket) -> ConnectPacket {
        guard try reader.string() == "MQTT" else {
            throw MalformedPacket("the protocol is not MQTT", reason: .unsupportedProtocolVersion)
        }
        let level = try reader.byte()
        guard let version = MQTTVersion(rawValue: level) else {
            throw MalformedPacket("the protocol level is \(level)", reason: .unsupportedProtocolVersion)
        }
        let flags = try reader.byte()
        guard flags & 0x01 == 0 else { throw MalformedPacket("a reserved flag of CONNECT is set") }
        guard let willQoS = QualityOfService(rawValue: flags >> 3 & 0x03) else {
            throw MalformedPacket("the will has QoS 3")
        }
        let hasWill = flags & 0x04 != 0
        guard hasWill || flags & 0x38 == 0 else { throw MalformedPacket("CONNECT has flags of a will, and none") }
        // In 3.1.1 a password needs a user name (§3.1.2.9); MQTT 5 drops that rule.
        guard flags & 0x80 != 0 || flags & 0x40 == 0 || version == .v5 else {
            throw MalformedPacket("CONNECT has a password without a user name")
        }
        let keepAlive = try reader.uint16()
        let properties = version == .v5 ? try Properties.read(&reader, in: .connect) : []
        let client = try reader.string()
        var will: Will?
        if hasWill {
            will = try Will.read(&reader, qos: willQoS, retain: flags & 0x20 != 0, version: version)
        }
        let user = flags & 0x80 != 0 ? try reader.string() : nil
        let password = flags & 0x40 != 0 ? try reader.binary() : nil
        return ConnectPacket(
            version: version, cleanStart: flags & 0x02 != 0, keepAlive: keepAlive, client: client, will: will,
            user: user, password: password, properties: properties)
    }

    package func write(to buffer: inout ByteBuffer) {
        var body = ByteBuffer()
        body.writeMQTT("MQTT")
        body.writeInteger(version.rawValue)
        var flags: UInt8 = cleanStart ? 0x02 : 0
        if let will { flags |= 0x04 | will.qos.rawValue << 3 | (will.retain ? 0x20 : 0) }
        if password != nil { flags |= 0x40 }
        if user != nil { flags |= 0x80 }
        body.writeInteger(flags)
        body.writeInteger(keepAlive)
        if version == .v5 { properties.write(to: &body) }
        body.writeMQTT(client)
        will?.write(to: &body, version: version)
        if let user { body.writeMQTT(user) }
        if let password { body.writeMQTT(password) }
        buffer.writePacket(.connect, body: body)
    }
}
