import NIOCore

/// One filter of a SUBSCRIBE with its options (MQTT 5 §3.8.3.1).
package struct Subscription: Hashable, Sendable {
    /// Whether retained messages come at once.
    package enum RetainHandling: UInt8, CaseIterable, Sendable {
        case always = 0
        case ifNew = 1
        case never = 2
    }

    package var filter: String
    /// The most that messages come with.
    package var qos: QualityOfService
    /// MQTT 5 only: nothing that this client itself published.
    package var noLocal: Bool
    /// MQTT 5 only: the retain flag comes as it was published.
    package var retainAsPublished: Bool
    /// MQTT 5 only.
    package var retainHandling: RetainHandling

    package init(
        _ filter: String, qos: QualityOfService = .atLeastOnce, noLocal: Bool = false, retainAsPublished: Bool = false,
        retainHandling: RetainHandling = .always
    ) {
        self.filter = filter
        self.qos = qos
        self.noLocal = noLocal
        self.retainAsPublished = retainAsPublished
        self.retainHandling = retainHandling
    }

    static func read(_ reader: inout PacketReader, version: MQTTVersion) throws(MalformedPacket) -> Subscription {
        let filter = try reader.string()
        guard Topic.isFilter(filter) else { throw MalformedPacket("a SUBSCRIBE holds no topic filter") }
        let options = try reader.byte()
        guard let qos = QualityOfService(rawValue: options & 0x03) else {
            throw MalformedPacket("a SUBSCRIBE asks for QoS 3")
        }
        guard options & (version == .v5 ? 0xC0 : 0xFC) == 0,
            let retainHandling = RetainHandling(rawValue: options >> 4 & 0x03)
        else { throw MalformedPacket("a reserved option of SUBSCRIBE is set", reason: .protocolError) }
        return Subscription(
            filter, qos: qos, noLocal: options & 0x04 != 0, retainAsPublished: options & 0x08 != 0,
            retainHandling: retainHandling)
    }

    func write(to buffer: inout ByteBuffer, version: MQTTVersion) {
        buffer.writeMQTT(filter)
        var options = qos.rawValue
        if version == .v5 {
            if noLocal { options |= 0x04 }
            if retainAsPublished { options |= 0x08 }
            options |= retainHandling.rawValue << 4
        }
        buffer.writeInteger(options)
    }
}
