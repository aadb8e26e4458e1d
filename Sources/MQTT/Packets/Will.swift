import NIOCore

/// What the broker publishes when the client vanishes without a word (MQTT 5 §3.1.2.5).
package struct Will: Equatable, Sendable {
    package var topic: String
    package var payload: [UInt8]
    package var qos: QualityOfService
    package var retain: Bool
    package var properties: Properties

    package init(
        topic: String, payload: [UInt8], qos: QualityOfService = .atMostOnce, retain: Bool = false,
        properties: Properties = []
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.properties = properties
    }

    static func read(
        _ reader: inout PacketReader, qos: QualityOfService, retain: Bool, version: MQTTVersion
    ) throws(MalformedPacket) -> Will {
        let properties = version == .v5 ? try Properties.read(&reader, in: .will) : []
        let topic = try reader.string()
        guard Topic.isName(topic) else { throw MalformedPacket("the will's topic is no topic name") }
        return Will(topic: topic, payload: try reader.binary(), qos: qos, retain: retain, properties: properties)
    }

    func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        if version == .v5 { properties.write(to: &buffer) }
        buffer.writeMQTT(topic)
        buffer.writeMQTT(payload)
    }
}
