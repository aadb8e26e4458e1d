package import NIOCore

/// The properties of an MQTT 5 packet, in the order in which they stand.
package struct Properties: Equatable, Sendable, ExpressibleByArrayLiteral {
    package private(set) var list: [Property]

    package init(_ list: [Property] = []) { self.list = list }

    package init(arrayLiteral elements: Property...) { list = elements }

    package var isEmpty: Bool { list.isEmpty }

    package mutating func append(_ property: Property) { list.append(property) }

    /// The first property that `choose` has something to say of.
    package func first<Value>(_ choose: (Property) -> Value?) -> Value? {
        for property in list { if let value = choose(property) { return value } }
        return nil
    }

    // MARK: Reading

    /// Reads the length and that many bytes of properties; refuses what may not stand in `place`.
    package static func read(
        _ reader: inout PacketReader, in place: PropertyPlace
    ) throws(MalformedPacket) -> Properties {
        let length = try reader.variableInteger()
        guard length > 0 else { return Properties() }
        var part = try reader.part(length)
        let allowed = place.allowed
        let repeatable = place.repeatable
        var seen: UInt64 = 0
        var properties = Properties()
        while part.remaining > 0 {
            let identifier = try part.variableInteger()
            guard identifier < 64, allowed & 1 << UInt64(identifier) != 0 else {
                throw MalformedPacket("property \(identifier) may not stand in \(place)", reason: .protocolError)
            }
            let bit: UInt64 = 1 << UInt64(identifier)
            guard seen & bit == 0 || repeatable & bit != 0 else {
                throw MalformedPacket("property \(identifier) stands twice", reason: .protocolError)
            }
            seen |= bit
            guard properties.list.count < MQTTLimits.properties else {
                throw MalformedPacket("there are more than \(MQTTLimits.properties) properties")
            }
            properties.list.append(try property(UInt8(identifier), &part))
        }
        return properties
    }

    private static func property(
        _ identifier: UInt8, _ reader: inout PacketReader
    ) throws(MalformedPacket) -> Property {
        switch identifier {
        case 0x01: return .payloadFormatIndicator(try flag(&reader))
        case 0x02: return .messageExpiryInterval(try reader.uint32())
        case 0x03: return .contentType(try reader.string())
        case 0x08:
            let topic = try reader.string()
            guard Topic.isName(topic) else {
                throw MalformedPacket("a response topic is no topic name", reason: .protocolError)
            }
            return .responseTopic(topic)
        case 0x09: return .correlationData(try reader.binary())
        case 0x0B: return .subscriptionIdentifier(try notZero(reader.variableInteger()))
        case 0x11: return .sessionExpiryInterval(try reader.uint32())
        case 0x12: return .assignedClientIdentifier(try reader.string())
        case 0x13: return .serverKeepAlive(try reader.uint16())
        case 0x15: return .authenticationMethod(try reader.string())
        case 0x16: return .authenticationData(try reader.binary())
        case 0x17: return .requestProblemInformation(try flag(&reader))
        case 0x18: return .willDelayInterval(try reader.uint32())
        case 0x19: return .requestResponseInformation(try flag(&reader))
        case 0x1A: return .responseInformation(try reader.string())
        case 0x1C: return .serverReference(try reader.string())
        case 0x1F: return .reasonString(try reader.string())
        case 0x21: return .receiveMaximum(try notZero(reader.uint16()))
        case 0x22: return .topicAliasMaximum(try reader.uint16())
        case 0x23: return .topicAlias(try notZero(reader.uint16()))
        case 0x24: return .maximumQoS(try flag(&reader))
        case 0x25: return .retainAvailable(try flag(&reader))
        case 0x26: return .userProperty(try reader.string(), try reader.string())
        case 0x27: return .maximumPacketSize(try notZero(reader.uint32()))
        case 0x28: return .wildcardSubscriptionAvailable(try flag(&reader))
        case 0x29: return .subscriptionIdentifierAvailable(try flag(&reader))
        case 0x2A: return .sharedSubscriptionAvailable(try flag(&reader))
        default: throw MalformedPacket("there is no property \(identifier)")
        }
    }

    private static func flag(_ reader: inout PacketReader) throws(MalformedPacket) -> UInt8 {
        let value = try reader.byte()
        guard value <= 1 else { throw MalformedPacket("a property is 0 or 1, not \(value)", reason: .protocolError) }
        return value
    }

    private static func notZero<Value: FixedWidthInteger>(_ value: Value) throws(MalformedPacket) -> Value {
        guard value != 0 else { throw MalformedPacket("a property is 0 that may not be", reason: .protocolError) }
        return value
    }

    // MARK: Writing

    /// Writes the length and the properties.
    package func write(to buffer: inout ByteBuffer) {
        guard !list.isEmpty else {
            buffer.writeInteger(UInt8(0))
            return
        }
        var body = ByteBuffer()
        for property in list { Properties.write(property, to: &body) }
        VariableInteger.write(body.readableBytes, to: &buffer)
        buffer.writeImmutableBuffer(body)
    }

    private static func write(_ property: Property, to buffer: inout ByteBuffer) {
        buffer.writeInteger(property.identifier)
        switch property {
        case .payloadFormatIndicator(let value), .requestProblemInformation(let value),
            .requestResponseInformation(let value), .maximumQoS(let value), .retainAvailable(let value),
            .wildcardSubscriptionAvailable(let value), .subscriptionIdentifierAvailable(let value),
            .sharedSubscriptionAvailable(let value):
            buffer.writeInteger(value)
        case .serverKeepAlive(let value), .receiveMaximum(let value), .topicAliasMaximum(let value),
            .topicAlias(let value):
            buffer.writeInteger(value)
        case .messageExpiryInterval(let value), .sessionExpiryInterval(let value), .willDelayInterval(let value),
            .maximumPacketSize(let value):
            buffer.writeInteger(value)
        case .subscriptionIdentifier(let value):
            VariableInteger.write(value, to: &buffer)
        case .contentType(let text), .responseTopic(let text), .assignedClientIdentifier(let text),
            .authenticationMethod(let text), .responseInformation(let text), .serverReference(let text),
            .reasonString(let text):
            buffer.writeMQTT(text)
        case .correlationData(let bytes), .authenticationData(let bytes):
            buffer.writeMQTT(bytes)
        case .userProperty(let name, let value):
            buffer.writeMQTT(name)
            buffer.writeMQTT(value)
        }
    }
}
