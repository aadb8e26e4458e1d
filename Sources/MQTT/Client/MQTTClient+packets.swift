import NIOCore

/// What to do with each packet that comes.
extension MQTTClient {
    /// Packets came on connection `number`, in this order.
    func received(_ frames: [PacketFramer.Frame], on number: Int) {
        guard let connection, connection.number == number, connection.failure == nil else { return }
        connection.pinged = nil
        for frame in frames {
            switch frame {
            case .packet(.publish(let packet)): take(packet, nil, connection)
            case .oversize(let packet, let bytes): take(packet, bytes, connection)
            case .packet(let packet): take(packet, connection)
            }
            guard connection.failure == nil else { break }
        }
        connection.flush()
        if arrivals.isFull { connection.pause(true) }
        if !arrivals.isEmpty { wakeReceiver() }
    }

    private func take(_ packet: Packet, _ connection: Connection) {
        if case .connack(let packet) = packet {
            guard !connection.isReady else { return refuse("a second CONNACK", connection) }
            guard packet.reason == .success else { return fail(connection.number, .refused(packet.reason)) }
            return accepted(packet, connection)
        }
        guard connection.isReady else {
            // A broker may say in a DISCONNECT why it does not even answer.
            if case .disconnect(let packet) = packet { return fail(connection.number, .disconnected(packet.reason)) }
            return refuse("a packet before CONNACK", connection)
        }
        switch packet {
        case .puback(let packet):
            exchanges.acknowledged(packet)
            sendExchanges()
        case .pubrec(let packet):
            if let release = exchanges.received(packet) { connection.write(.pubrel(release)) }
            sendExchanges()
        case .pubrel(let packet):
            connection.write(deliveries.release(packet.packetID).packet)
        case .pubcomp(let packet):
            exchanges.completed(packet)
            sendExchanges()
        case .suback(let packet):
            answer(packet.packetID, packet.reasons)
        case .unsuback(let packet):
            answer(packet.packetID, packet.reasons)
        case .pingresp:
            break
        case .disconnect(let packet):
            guard connection.version == .v5 else {
                return refuse("a DISCONNECT, which 3.1.1 does not know", connection)
            }
            fail(connection.number, .disconnected(packet.reason))
        case .connect, .connack, .publish, .subscribe, .unsubscribe, .pingreq, .auth:
            refuse("a packet that only a client sends", connection)
        }
    }

    private func refuse(_ what: String, _ connection: Connection) {
        fail(connection.number, .malformed(MalformedPacket("it sent \(what)", reason: .protocolError)))
    }

    /// SUBACK or UNSUBACK came.
    private func answer(_ packetID: UInt16, _ reasons: [ReasonCode]) {
        exchanges.giveBack(packetID)
        if let asked = ownSubscribes.removeValue(forKey: packetID) {
            for (subscription, reason) in zip(asked, reasons) where reason.isError {
                arrivals.append(notice: .subscriptionRefused(filter: subscription.filter, reason: reason))
            }
        }
        requests.removeValue(forKey: packetID)?.resume(returning: reasons)
    }

    /// A message came.
    private func take(_ packet: PublishPacket, _ oversizeBytes: Int?, _ connection: Connection) {
        guard connection.isReady else { return refuse("a packet before CONNACK", connection) }
        guard packet.properties.topicAlias == nil else {
            // We allowed none (Topic Alias Maximum is absent in our CONNECT).
            let problem = MalformedPacket(
                "it used a topic alias that was not allowed", reason: ReasonCode(rawValue: 0x94))
            return fail(connection.number, .malformed(problem))
        }
        var message = MQTTMessage(
            topic: packet.topic, payload: Array(buffer: packet.payload), qos: packet.qos, retain: packet.retain,
            properties: packet.properties)
        message.isDuplicate = packet.duplicate
        message.oversizeBytes = oversizeBytes
        guard packet.qos != .atMostOnce else { return arrivals.append(message) }
        // 3.1.1 has no word for a limit, and its identifiers are one. Nor does it hold for a session that goes on: Mosquitto
        // 2.0.11 sends again what an earlier connection had allowed, and to refuse that would refuse it for ever.
        let isBounded = connection.version == .v5 && !connection.isResumed
        let limit = isBounded ? max(configuration.receiveMaximum, 1) : 65_535
        switch deliveries.take(packet, limit: limit) {
        case .deliver(let token):
            message.token = token
            arrivals.append(message)
        case .ignore: break
        case .answer(let answer): connection.write(answer.packet)
        case .tooMany:
            let problem = MalformedPacket("more is unacknowledged than was allowed", reason: ReasonCode(rawValue: 0x93))
            fail(connection.number, .malformed(problem))
        }
    }
}
