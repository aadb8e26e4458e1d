import NIOCore

/// The publishes of QoS 1 and 2 that are not through yet: those in flight, and those that wait for a place.
struct OutboundExchanges {
    /// Told how an exchange ended.
    typealias Done = CheckedContinuation<ReasonCode, any Error>

    /// How far an exchange is.
    private enum Stage {
        case sent
        /// QoS 2: PUBREC came, PUBREL was sent.
        case released
    }

    private struct Exchange {
        var message: MQTTMessage
        var stage = Stage.sent
        /// Nil when the caller does not wait any more.
        var done: Done?
        let number: UInt64
    }

    private var inFlight: [UInt16: Exchange] = [:]
    private var waiting = CircularBuffer<Exchange>()
    private var lastID: UInt16 = 0
    /// Identifiers that SUBSCRIBE and UNSUBSCRIBE have.
    private var reserved: Set<UInt16> = []

    var isEmpty: Bool { inFlight.isEmpty && waiting.isEmpty }

    /// A new exchange waits for its place, unless too many do.
    ///
    /// - Parameter number: by which it can be cancelled; greater than all before.
    mutating func add(_ message: MQTTMessage, number: UInt64, _ done: Done) {
        guard waiting.count < MQTTLimits.queuedPublishes else {
            done.resume(throwing: MQTTError.queueFull)
            return
        }
        waiting.append(Exchange(message: message, done: done, number: number))
    }

    /// The next packet to send, as long as fewer than `quota` are in flight (MQTT 5 §4.9).
    mutating func next(quota: Int) -> PublishPacket? {
        guard inFlight.count < quota, let id = waiting.isEmpty ? nil : freeID() else { return nil }
        let exchange = waiting.removeFirst()
        inFlight[id] = exchange
        return OutboundExchanges.packet(exchange.message, id: id, duplicate: false)
    }

    /// PUBACK came.
    mutating func acknowledged(_ packet: AcknowledgementPacket) {
        guard let exchange = inFlight[packet.packetID], exchange.message.qos == .atLeastOnce else { return }
        finish(packet.packetID, packet.reason)
    }

    /// PUBREC came.
    ///
    /// - Returns: the PUBREL to send; nil when the exchange is over.
    mutating func received(_ packet: AcknowledgementPacket) -> AcknowledgementPacket? {
        guard let exchange = inFlight[packet.packetID], exchange.message.qos == .exactlyOnce else {
            return AcknowledgementPacket(packetID: packet.packetID, reason: .packetIdentifierNotFound)
        }
        guard !packet.reason.isError else {
            finish(packet.packetID, packet.reason)
            return nil
        }
        inFlight[packet.packetID]?.stage = .released
        return AcknowledgementPacket(packetID: packet.packetID)
    }

    /// PUBCOMP came.
    mutating func completed(_ packet: AcknowledgementPacket) {
        guard let exchange = inFlight[packet.packetID], exchange.stage == .released else { return }
        finish(packet.packetID, .success)
    }

    /// What to send again on a new connection, in the order of the first time (MQTT 5 §4.4).
    ///
    /// - Parameter sessionPresent: the broker remembers the exchanges. If it does not, messages are sent as new ones; one
    ///   that had come as far as PUBREC was the broker's then, and is done.
    mutating func resume(sessionPresent: Bool) -> [Packet] {
        let exchanges = inFlight.sorted { $0.value.number < $1.value.number }
        var packets: [Packet] = []
        for (id, exchange) in exchanges {
            switch (exchange.stage, sessionPresent) {
            case (.sent, _):
                packets.append(
                    .publish(OutboundExchanges.packet(exchange.message, id: id, duplicate: sessionPresent)))
            case (.released, true): packets.append(.pubrel(AcknowledgementPacket(packetID: id)))
            case (.released, false): finish(id, .success)
            }
        }
        return packets
    }

    /// The caller of exchange `number` waits no more. One that was not sent never will be; one that was goes on, since
    /// the broker has its identifier.
    mutating func cancel(_ number: UInt64) {
        if let index = waiting.firstIndex(where: { $0.number == number }) {
            let exchange = waiting.remove(at: index)
            exchange.done?.resume(throwing: CancellationError())
        } else if let id = inFlight.first(where: { $0.value.number == number })?.key {
            inFlight[id]?.done?.resume(throwing: CancellationError())
            inFlight[id]?.done = nil
        }
    }

    /// Nothing will be sent any more.
    mutating func fail(_ error: MQTTError) {
        for exchange in inFlight.values { exchange.done?.resume(throwing: error) }
        for exchange in waiting { exchange.done?.resume(throwing: error) }
        inFlight.removeAll()
        waiting.removeAll()
    }

    /// An identifier for a SUBSCRIBE or UNSUBSCRIBE; nil when all 65,535 are in use.
    mutating func reserveID() -> UInt16? {
        guard let id = freeID() else { return nil }
        reserved.insert(id)
        return id
    }

    mutating func giveBack(_ id: UInt16) { reserved.remove(id) }

    private mutating func freeID() -> UInt16? {
        guard inFlight.count + reserved.count < 65_535 else { return nil }
        repeat { lastID = lastID == 65_535 ? 1 : lastID + 1 } while inFlight[lastID] != nil || reserved.contains(lastID)
        return lastID
    }

    private mutating func finish(_ id: UInt16, _ reason: ReasonCode) {
        guard let exchange = inFlight.removeValue(forKey: id) else { return }
        if reason.isError {
            exchange.done?.resume(throwing: MQTTError.rejected(reason))
        } else {
            exchange.done?.resume(returning: reason)
        }
    }

    private static func packet(_ message: MQTTMessage, id: UInt16, duplicate: Bool) -> PublishPacket {
        PublishPacket(
            topic: message.topic, payload: ByteBuffer(bytes: message.payload), qos: message.qos, retain: message.retain,
            duplicate: duplicate, packetID: id, properties: message.properties)
    }
}
