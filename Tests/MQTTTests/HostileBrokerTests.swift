import NIOCore
import Testing

@testable import MQTT

/// Whatever a broker sends, the client ends that connection with a reason, or goes on; the next connection works.
@Suite("The client and a broker that breaks the rules", .serialized, .timeLimit(.minutes(10)))
struct HostileBrokerTests {
    fileprivate static let welcome: [UInt8] = [0x20, 0x03, 0x00, 0x00, 0x00]
    private static let message = Packet.publish(PublishPacket(topic: "t", payload: ByteBuffer(bytes: [7])))

    /// What comes after CONNECT, and whether the connection must end.
    struct Attack: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let endsConnection: Bool

        /// - Parameter isWelcomed: whether CONNACK comes before it.
        init(_ description: String, _ bytes: [UInt8], isWelcomed: Bool = true, endsConnection: Bool = true) {
            testDescription = description
            self.bytes = isWelcomed ? HostileBrokerTests.welcome + bytes : bytes
            self.endsConnection = endsConnection
        }
    }

    /// Of MQTT 5.
    static let attacks: [Attack] = [
        Attack("a packet of type 0", [0x00, 0x00]),
        Attack("a second CONNACK", [0x20, 0x03, 0x00, 0x00, 0x00]),
        Attack("PUBLISH before CONNACK", [0x30, 0x04, 0x00, 0x01, 0x61, 0x00], isWelcomed: false),
        Attack("PINGRESP before CONNACK", [0xD0, 0x00], isWelcomed: false),
        Attack("CONNACK with a reserved flag", [0x20, 0x03, 0x02, 0x00, 0x00], isWelcomed: false),
        Attack("CONNACK with a code that is none", [0x20, 0x03, 0x00, 0x03, 0x00], isWelcomed: false),
        Attack("a refusal that has a session", [0x20, 0x03, 0x01, 0x87, 0x00], isWelcomed: false),
        Attack("a refusal", [0x20, 0x03, 0x00, 0x87, 0x00], isWelcomed: false),
        Attack("CONNACK with Receive Maximum 0", [0x20, 0x06, 0x00, 0x00, 0x03, 0x21, 0, 0], isWelcomed: false),
        Attack("a length of five bytes", [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        Attack("a SUBACK of 200 MB", [0x90, 0x80, 0x84, 0xAF, 0x5F]),
        Attack("PUBLISH of QoS 3", [0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]),
        Attack("PUBLISH with a wildcard", [0x30, 0x04, 0x00, 0x01, 0x2B, 0x00]),
        Attack("PUBLISH with U+0000", [0x30, 0x04, 0x00, 0x01, 0x00, 0x00]),
        Attack("PUBLISH that is not UTF-8", [0x30, 0x05, 0, 2, 0xC3, 0x28, 0]),
        Attack("PUBLISH without topic", [0x30, 0x03, 0x00, 0x00, 0x00]),
        Attack("a topic alias", [0x30, 0x06, 0, 0, 0x03, 0x23, 0, 1]),
        Attack("PUBLISH with packet id 0", [0x32, 0x06, 0, 1, 0x61, 0, 0, 0]),
        Attack("PUBREL with wrong flags", [0x60, 0x02, 0x00, 0x01]),
        Attack("PUBACK of one byte", [0x40, 0x01, 0x00]),
        Attack("SUBACK without a code", [0x90, 0x03, 0x00, 0x01, 0x00]),
        Attack("CONNECT", [0x10, 0x0D, 0, 4, 0x4D, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 0]),
        Attack("SUBSCRIBE", [0x82, 0x07, 0, 1, 0, 0, 1, 0x61, 0]),
        Attack("UNSUBSCRIBE", [0xA2, 0x06, 0, 1, 0, 0, 1, 0x61]),
        Attack("PINGREQ", [0xC0, 0x00]),
        Attack("AUTH", [0xF0, 0x00]),
        Attack("DISCONNECT", [0xE0, 0x02, 0x8E, 0x00]),
        Attack("a property twice", [0x30, 0x08, 0, 1, 0x61, 4, 0x01, 0, 0x01, 0]),
        Attack("a property of another packet", [0x30, 0x07, 0, 1, 0x61, 3, 0x21, 0, 9]),
        Attack(
            "PUBACK, PUBREC, PUBCOMP and SUBACK that nobody waits for",
            [0x40, 2, 0, 9, 0x50, 2, 0, 9, 0x70, 2, 0, 9, 0x90, 4, 0, 9, 0, 0], endsConnection: false),
        Attack(
            "PUBREL of nothing", [0x62, 0x02, 0x00, 0x09], endsConnection: false),
    ]

    /// Connects patiently, and comes back at once.
    private func client(_ broker: FakeBroker, change: (inout MQTTConfiguration) -> Void = { _ in }) -> MQTTClient {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: broker.port, client: "victim")
        configuration.reconnect = Backoff(first: .milliseconds(1), longest: .milliseconds(10))
        change(&configuration)
        return MQTTClient(configuration)
    }

    @Test(arguments: attacks) func `the connection ends with a reason, and the next one works`(attack: Attack)
        async throws
    {
        let broker = try await FakeBroker { connection, packet in
            guard case .connect = packet else { return [] }
            var acts = connection == 1 ? [.sendBytes(attack.bytes)] : FakeBroker.answers(to: packet)
            if connection > 1 || !attack.endsConnection { acts.append(.send(Self.message)) }
            return acts
        }
        let client = client(broker)
        await client.start()
        var ends: [MQTTError] = []
        var heard: [MQTTMessage] = []
        while heard.isEmpty {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for arrival in arrivals {
                switch arrival {
                case .message(let message): heard.append(message)
                case .disconnected(let error, _): ends.append(error)
                case .connected, .subscriptionRefused, .woken: break
                }
            }
        }
        #expect(heard.first?.payload == [7])
        #expect(ends.isEmpty != attack.endsConnection, "\(ends)")
        #expect(broker.connections == (attack.endsConnection ? 2 : 1))
        for end in ends {
            switch end {
            case .malformed, .refused, .disconnected: break
            default: Issue.record("it does not say what was wrong: \(end)")
            }
        }
        await client.close()
        await broker.stop()
    }

    @Test func `random bytes after CONNACK crash nothing`() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        print("PICKET_SEED=\(seed)")
        let broker = try await FakeBroker { connection, packet in
            guard case .connect = packet else { return [] }
            guard connection <= 200 else { return FakeBroker.answers(to: packet) + [.send(Self.message)] }
            var state = (seed &+ UInt64(connection)) &* 0x9E37_79B9_7F4A_7C15 | 1
            var bytes: [UInt8] = []
            for _ in 0..<Int(state >> 8 % 300) + 1 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                bytes.append(UInt8(truncatingIfNeeded: state))
                if bytes.count == 300 { break }
            }
            return [.sendBytes(Self.welcome + bytes), .close]
        }
        let client = client(broker)
        await client.start()
        var last: MQTTMessage?
        while last?.payload != [7] {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for case .message(let message) in arrivals { last = message }
        }
        #expect(broker.connections > 200)
        await client.close()
        await broker.stop()
    }

    @Test func `a connection that ends at once counts as a failure`() async throws {
        let broker = try await FakeBroker { connection, packet in
            guard case .connect = packet else { return [] }
            return FakeBroker.answers(to: packet) + (connection < 6 ? [.close] : [.send(Self.message)])
        }
        let client = client(broker) { $0.reconnect = Backoff(first: .milliseconds(1), longest: .seconds(60)) }
        await client.start()
        var attempts: [Int] = []
        var isBack = false
        while !isBack {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for arrival in arrivals {
                if case .disconnected(_, let attempt) = arrival { attempts.append(attempt) }
                if case .message = arrival { isBack = true }
            }
        }
        #expect(attempts == [1, 2, 3, 4, 5])
        await client.close()
        await broker.stop()
    }

    // MARK: Flow control

    private static func publish(_ id: UInt16, duplicate: Bool = false) -> FakeBroker.Act {
        .send(
            .publish(
                PublishPacket(
                    topic: "t", payload: ByteBuffer(bytes: [UInt8(truncatingIfNeeded: id)]), qos: .atLeastOnce,
                    duplicate: duplicate, packetID: id)))
    }

    @Test func `a broker that sends more than it may is told so`() async throws {
        let broker = try await FakeBroker { _, packet in
            guard case .connect = packet else { return [] }
            return FakeBroker.answers(to: packet) + (1...11).map { Self.publish($0) }
        }
        let client = client(broker) { configuration in
            configuration.receiveMaximum = 10
            configuration.reconnect = nil
        }
        await client.start()
        var end: MQTTError?
        while end == nil {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for case .disconnected(let error, _) in arrivals { end = error }
        }
        guard case .malformed(let packet) = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(packet.reason == ReasonCode(rawValue: 0x93))
        await client.close()
        await broker.stop()
    }

    /// As Mosquitto 2.0.11 does when it had been allowed more before.
    @Test func `a session that goes on may bring more than the receive maximum`() async throws {
        let broker = try await FakeBroker { _, packet in
            guard case .connect = packet else { return [] }
            return FakeBroker.answers(to: packet, sessionPresent: true)
                + (1...50).map { Self.publish($0, duplicate: true) }
        }
        let client = client(broker) { configuration in
            configuration.cleanStart = false
            configuration.sessionExpirySeconds = 60
            configuration.receiveMaximum = 10
        }
        await client.start()
        var heard: [MQTTMessage] = []
        while heard.count < 50 {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for case .message(let message) in arrivals { heard.append(message) }
        }
        await client.acknowledge(heard)
        func acknowledged() -> [UInt16] {
            broker.packets.compactMap { if case .puback(let packet) = $0.packet { packet.packetID } else { nil } }
        }
        while acknowledged().count < 50 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(acknowledged() == Array(1...50))
        #expect(broker.connections == 1)
        await client.close()
        await broker.stop()
    }

    @Test func `no more is in flight than the broker allows`() async throws {
        let flight = Flight()
        let broker = try await FakeBroker { _, packet in
            if case .publish(let packet) = packet {
                return flight.take(packet.packetID).map { .send(.puback(AcknowledgementPacket(packetID: $0))) }
            }
            return FakeBroker.answers(to: packet, properties: [.receiveMaximum(3)])
        }
        let client = client(broker)
        try await client.connect()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask { try await client.publish(MQTTMessage(topic: "t", payload: [UInt8(number)])) }
            }
            try await group.waitForAll()
        }
        #expect(flight.most == 3)
        #expect(flight.total == 10)
        await client.close()
        await broker.stop()
    }

    @Test func `a broker that does not answer a ping is left`() async throws {
        let broker = try await FakeBroker { connection, packet in
            if case .connect = packet {
                return FakeBroker.answers(to: packet) + (connection == 1 ? [] : [.send(Self.message)])
            }
            return []
        }
        let client = client(broker) { $0.keepAliveSeconds = 1 }
        await client.start()
        var end: MQTTError?
        var isBack = false
        while !isBack {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for arrival in arrivals {
                if case .disconnected(let error, _) = arrival { end = end ?? error }
                if case .message = arrival { isBack = true }
            }
        }
        #expect(end == .timeout("the answer to a ping"))
        #expect(broker.packets.contains { $0.packet == .pingreq })
        await client.close()
        await broker.stop()
    }

    @Test func `nothing more is read while the caller takes nothing, and nothing is lost`() async throws {
        let total = 20_000
        let broker = try await FakeBroker { _, packet in
            guard case .connect = packet else { return [] }
            return FakeBroker.answers(to: packet) + [Act](repeating: .send(Self.message), count: total)
        }
        let client = client(broker)
        try await client.connect()
        while await !client.isReadingPaused { try await Task.sleep(for: .milliseconds(2)) }
        var heard = 0
        while heard < total {
            let arrivals = await client.receive()
            try #require(!arrivals.isEmpty)
            for case .message in arrivals { heard += 1 }
        }
        #expect(heard == total)
        await client.close()
        await broker.stop()
    }

    private typealias Act = FakeBroker.Act
}

extension MQTTClient {
    fileprivate var isReadingPaused: Bool { connection?.isPaused ?? false }
}
