import NIOCore
import Testing

@testable import MQTT

/// Messages of QoS 2 over a connection that breaks in the middle of their exchange: each comes once.
@Suite("QoS 2 and a connection that breaks", .serialized, .timeLimit(.minutes(10)))
struct ExactlyOnceTests {
    /// Where the connection breaks.
    enum Break: CaseIterable, Sendable {
        case before, after
    }

    private func client(_ broker: FakeBroker) -> MQTTClient {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: broker.port, client: "once")
        configuration.reconnect = Backoff(first: .milliseconds(1), longest: .milliseconds(10))
        configuration.cleanStart = false
        configuration.sessionExpirySeconds = 3_600
        return MQTTClient(configuration)
    }

    private static func welcome(_ connection: Int, _ packet: Packet) -> [FakeBroker.Act] {
        FakeBroker.answers(to: packet, sessionPresent: connection > 1)
    }

    /// The packets of a connection that belong to exchanges, in words.
    private static func exchange(_ broker: FakeBroker, _ connection: Int) -> [String] {
        broker.packets.filter { $0.connection == connection }.compactMap { _, packet in
            switch packet {
            case .publish(let packet): "PUBLISH \(packet.packetID)\(packet.duplicate ? " again" : "")"
            case .pubrec(let packet): "PUBREC \(packet.packetID)"
            case .pubrel(let packet): "PUBREL \(packet.packetID)"
            case .pubcomp(let packet): "PUBCOMP \(packet.packetID)"
            default: nil
            }
        }
    }

    @Test(
        "What is published goes on where it stood: before PUBREC as a repetition, after it with PUBREL",
        arguments: Break.allCases)
    func published(_ place: Break) async throws {
        let broker = try await FakeBroker { connection, packet in
            switch packet {
            case .publish(let packet):
                connection == 1 && place == .before
                    ? [.close] : [.send(.pubrec(AcknowledgementPacket(packetID: packet.packetID)))]
            case .pubrel(let packet):
                connection == 1 ? [.close] : [.send(.pubcomp(AcknowledgementPacket(packetID: packet.packetID)))]
            default: Self.welcome(connection, packet)
            }
        }
        let client = client(broker)
        try await client.connect()
        try await client.publish(MQTTMessage(topic: "t", payload: [7], qos: .exactlyOnce))
        #expect(Self.exchange(broker, 1) == (place == .before ? ["PUBLISH 1"] : ["PUBLISH 1", "PUBREL 1"]))
        #expect(Self.exchange(broker, 2) == (place == .before ? ["PUBLISH 1 again", "PUBREL 1"] : ["PUBREL 1"]))
        // Its number is free again, and the next message is a new one.
        try await client.publish(MQTTMessage(topic: "t", payload: [8], qos: .exactlyOnce))
        #expect(Self.exchange(broker, 2).suffix(2) == ["PUBLISH 2", "PUBREL 2"])
        await client.close()
        await broker.stop()
    }

    private static func message(_ id: UInt16, duplicate: Bool = false) -> FakeBroker.Act {
        .send(
            .publish(
                PublishPacket(
                    topic: "t", payload: ByteBuffer(bytes: [UInt8(id)]), qos: .exactlyOnce, duplicate: duplicate,
                    packetID: id)))
    }

    @Test(
        "What comes is given once, whether its acknowledgement was on its way when the connection broke, or not yet given",
        arguments: Break.allCases)
    func received(_ place: Break) async throws {
        let broker = try await FakeBroker { connection, packet in
            switch (connection, packet) {
            case (1, .connect): Self.welcome(1, packet) + [Self.message(7)] + (place == .before ? [.close] : [])
            case (1, .pubrec): [.close]
            case (_, .connect): Self.welcome(connection, packet) + [Self.message(7, duplicate: true)]
            case (_, .pubrec(let packet)): [.send(.pubrel(AcknowledgementPacket(packetID: packet.packetID)))]
            case (_, .pubcomp(let packet)): packet.packetID == 7 ? [Self.message(8)] : []
            default: Self.welcome(connection, packet)
            }
        }
        let client = client(broker)
        await client.start()
        var payloads: [[UInt8]] = []
        var held: [MQTTMessage] = []
        var isBack = false
        while payloads.count < 2 {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for arrival in arrivals {
                switch arrival {
                case .message(let message):
                    payloads.append(message.payload)
                    held.append(message)
                case .connected: isBack = isBack || broker.connections > 1
                default: break
                }
            }
            // Before: only when the next connection stands.
            guard place == .after || isBack else { continue }
            await client.acknowledge(held)
            held = []
        }
        #expect(payloads == [[7], [8]])
        await client.acknowledge(held)
        // What is on its way arrives.
        for _ in 0..<1_000 where Self.exchange(broker, 2).count < 3 { try await Task.sleep(for: .milliseconds(5)) }
        await client.close()
        #expect(Self.exchange(broker, 1) == (place == .before ? [] : ["PUBREC 7"]))
        #expect(Self.exchange(broker, 2).prefix(3) == ["PUBREC 7", "PUBCOMP 7", "PUBREC 8"])
        await broker.stop()
    }

    @Test("What was acknowledged while no connection stood is not given again after attempts that failed")
    func acknowledgedMeanwhile() async throws {
        let broker = try await FakeBroker { connection, packet in
            switch (connection, packet) {
            case (1, .connect): Self.welcome(1, packet) + [Self.message(7), .close]
            // A broker that starts: it takes connections and does not answer yet.
            case (2...4, .connect): [.close]
            case (_, .connect): Self.welcome(connection, packet) + [Self.message(7, duplicate: true), Self.message(8)]
            default: []
            }
        }
        let client = client(broker)
        await client.start()
        var payloads: [[UInt8]] = []
        while payloads.last != [8] {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for case .message(let message) in arrivals {
                payloads.append(message.payload)
                if payloads.count == 1 {
                    // When the first connection is over for sure.
                    while broker.connections < 3 { try await Task.sleep(for: .milliseconds(1)) }
                }
                await client.acknowledge([message])
            }
        }
        #expect(payloads == [[7], [8]])
        await client.close()
        await broker.stop()
    }
}
