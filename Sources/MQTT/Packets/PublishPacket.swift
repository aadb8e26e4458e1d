package import NIOCore

/// A message (MQTT 5 §3.3).
package struct PublishPacket: Equatable, Sendable {
    package var topic: String
    package var payload: ByteBuffer
    package var qos: QualityOfService
    package var retain: Bool
    /// It may have been sent before.
    package var duplicate: Bool
    /// 0 with QoS 0, never 0 else.
    package var packetID: UInt16
    package var properties: Properties

    package init(
        topic: String, payload: ByteBuffer, qos: QualityOfService = .atMostOnce, retain: Bool = false,
        duplicate: Bool = false, packetID: UInt16 = 0, properties: Properties = []
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.duplicate = duplicate
        self.packetID = packetID
        self.properties = properties
    }

    package static func read(
        _ reader: inout PacketReader, flags: UInt8, version: MQTTVersion
    ) throws(MalformedPacket) -> PublishPacket {
        var packet = try readHead(&reader, flags: flags, version: version)
        packet.payload = reader.rest()
        return packet
    }

    /// Everything before the payload.
    static func readHead(
        _ reader: inout PacketReader, flags: UInt8, version: MQTTVersion
    ) throws(MalformedPacket) -> PublishPacket {
        guard let qos = QualityOfService(rawValue: flags >> 1 & 0x03) else {
            throw MalformedPacket("a PUBLISH has QoS 3")
        }
        let duplicate = flags & 0x08 != 0
        guard !duplicate || qos != .atMostOnce else {
            throw MalformedPacket("a PUBLISH of QoS 0 is marked as sent before", reason: .protocolError)
        }
        let topic = try reader.string()
        // An empty name stands for a topic alias (MQTT 5 §3.3.2.3.4).
        guard Topic.isName(topic) || topic.isEmpty && version == .v5 else {
            throw MalformedPacket("the topic of a PUBLISH is no topic name", reason: .protocolError)
        }
        let packetID = qos == .atMostOnce ? 0 : try reader.packetID()
        let properties = version == .v5 ? try Properties.read(&reader, in: .publish) : []
        if topic.isEmpty, properties.topicAlias == nil {
            throw MalformedPacket("a PUBLISH has neither topic nor alias", reason: .protocolError)
        }
        return PublishPacket(
            topic: topic, payload: ByteBuffer(), qos: qos, retain: flags & 0x01 != 0, duplicate: duplicate,
            packetID: packetID, properties: properties)
    }

    package func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        var head = ByteBuffer()
        head.writeMQTT(topic)
        if qos != .atMostOnce { head.writeInteger(packetID) }
        if version == .v5 { properties.write(to: &head) }
        var flags = qos.rawValue << 1
        if retain { flags |= 0x01 }
        if duplicate { flags |= 0x08 }
        buffer.writeInteger(PacketType.publish.rawValue << 4 | flags)
        VariableInteger.write(head.readableBytes + payload.readableBytes, to: &buffer)
        buffer.writeImmutableBuffer(head)
        buffer.writeImmutableBuffer(payload)
    }
}

extension Properties {
    /// The number that stands for a topic.
    package var topicAlias: UInt16? { first { if case .topicAlias(let value) = $0 { value } else { nil } } }
}
