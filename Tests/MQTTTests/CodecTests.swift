import Foundation
import NIOCore
import Testing

@testable import MQTT

/// What is written is read back as it was, whatever the pieces it arrives in; what is no MQTT is refused, and nothing
/// crashes. `PICKET_SEED=n` repeats a run.
@Suite struct CodecTests {
    private static let properties: Properties = [.userProperty("a", "b"), .userProperty("a", "c")]

    static let packets: [Packet] = [
        .connect(
            ConnectPacket(
                version: .v5, cleanStart: false, keepAlive: 17, client: "t-7", user: "u", password: [0, 255],
                properties: [.sessionExpiryInterval(3_600), .receiveMaximum(10)])),
        .connect(ConnectPacket(version: .v311, client: "")),
        .publish(PublishPacket(topic: "telemetry/t-7", payload: ByteBuffer(bytes: [1, 2, 3]))),
        .publish(
            PublishPacket(
                topic: "a/ü", payload: ByteBuffer(), qos: .exactlyOnce, retain: true, duplicate: true, packetID: 65_535)
        ),
        .puback(AcknowledgementPacket(packetID: 1)), .pubrec(AcknowledgementPacket(packetID: 2)),
        .pubrel(AcknowledgementPacket(packetID: 3)), .pubcomp(AcknowledgementPacket(packetID: 4)),
        .subscribe(SubscribePacket(packetID: 5, subscriptions: [Subscription("a/+/#", qos: .exactlyOnce)])),
        .unsubscribe(UnsubscribePacket(packetID: 6, filters: ["a/#", "b"])), .pingreq, .pingresp,
    ]

    @Test(arguments: MQTTVersion.allCases)
    func `what is written is read back, in pieces of any size`(version: MQTTVersion) throws {
        let packets = Self.packets.filter {
            if case .connect(let packet) = $0 { packet.version == version } else { true }
        }
        for size in [1, 2, 3, 7, 4_096] {
            var stream = ByteBuffer()
            for packet in packets { packet.write(to: &stream, version: version) }
            var framer = PacketFramer(version: version)
            var read: [Packet] = []
            while stream.readableBytes > 0 {
                guard let piece = stream.readSlice(length: min(size, stream.readableBytes)) else { break }
                framer.append(ByteBuffer(bytes: Array(piece.readableBytesView)))
                while let frame = try framer.next() {
                    if case .packet(let packet) = frame { read.append(packet) }
                }
            }
            #expect(read == packets, "in pieces of \(size)")
            #expect(framer.heldBytes == 0)
        }
    }

    /// Each with the section that forbids it (MQTT 5, OASIS 2019).
    @Test(
        arguments: [
            ([0x00, 0x00], "2.1.2 type 0"), ([0x10, 0xFF, 0xFF, 0xFF, 0xFF], "1.5.5 length of five bytes"),
            ([0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01], "3.3.1.2 QoS 3"),
            ([0x38, 0x04, 0x00, 0x01, 0x61, 0x00], "3.3.1.1 duplicate of QoS 0"),
            ([0x30, 0x04, 0x00, 0x01, 0x23, 0x00], "3.3.2.1 wildcard in a topic"),
            ([0x30, 0x05, 0x00, 0x02, 0xC3, 0x28, 0x00], "1.5.4 not UTF-8"),
            ([0x32, 0x06, 0x00, 0x01, 0x61, 0x00, 0x00, 0x00], "2.2.1 packet id 0"),
            ([0x30, 0x03, 0x00, 0x05, 0x61], "the topic is longer than the packet"),
            ([0x60, 0x02, 0x00, 0x01], "3.6.1 flags of PUBREL"), ([0x82, 0x02, 0x00, 0x01], "3.8.3 no filter"),
            ([0x40, 0x01, 0x00], "3.4.2 half a packet id"),
        ] as [([UInt8], Comment)])
    func `malformed packets are refused`(bytes: [UInt8], section: Comment) {
        #expect(throws: MalformedPacket.self, section) { try Self.drain(bytes) }
    }

    private static func drain(_ bytes: [UInt8]) throws {
        var framer = PacketFramer(version: .v5)
        framer.append(ByteBuffer(bytes: bytes))
        while try framer.next() != nil {}
    }

    @Test func `a payload that is too large is passed over, and counted`() throws {
        var stream = ByteBuffer()
        Packet.publish(PublishPacket(topic: "big", payload: ByteBuffer(repeating: 7, count: 5_000)))
            .write(to: &stream, version: .v5)
        Packet.pingresp.write(to: &stream, version: .v5)
        var framer = PacketFramer(version: .v5, packetBytes: 1_000)
        framer.append(stream)
        guard case .oversize(let packet, let bytes) = try framer.next() else {
            Issue.record("not noticed")
            return
        }
        #expect(packet.topic == "big" && bytes == 5_000)
        let after = try framer.next()
        #expect(after == .packet(.pingresp))
    }

    @Test func `random and damaged bytes end in a packet or an error`() {
        let named = ProcessInfo.processInfo.environment["PICKET_SEED"].flatMap { UInt64($0) }
        let seed = named ?? UInt64.random(in: 0..<1_000_000)
        print("PICKET_SEED=\(seed)")
        var state = seed &+ 0x9E37_79B9_7F4A_7C15
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        var packets = 0
        var errors = 0
        for round in 0..<4_000 {
            let version = MQTTVersion.allCases[Int(next() % 2)]
            var stream = ByteBuffer()
            Self.packets[round % Self.packets.count].write(to: &stream, version: version)
            var bytes = Array(stream.readableBytesView)
            for _ in 0...Int(next() % 3) {
                bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next())
            }
            var framer = PacketFramer(version: version, packetBytes: 4_096)
            framer.append(ByteBuffer(bytes: bytes))
            do {
                while try framer.next() != nil { packets += 1 }
            } catch {
                errors += 1
            }
            #expect(framer.heldBytes <= bytes.count)
        }
        #expect(packets > 100 && errors > 100)
    }
}
