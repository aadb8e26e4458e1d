import Foundation
import NIOCore
import Testing

@testable import MQTT

/// Random packets of every kind: whole they are read as they were written, damaged they end in a packet or an error.
/// `PICKET_SEED=n` repeats a run, `PICKET_MQTT_FUZZ=n` makes it longer.
@Suite("The MQTT codec with random packets")
struct CodecFuzzTests {
    private static let rounds = ProcessInfo.processInfo.environment["PICKET_MQTT_FUZZ"].flatMap { Int($0) } ?? 3_000

    private static func seeded() -> PacketDice {
        let named = ProcessInfo.processInfo.environment["PICKET_SEED"].flatMap { UInt64($0) }
        let seed = named ?? UInt64.random(in: 0..<1_000_000)
        print("PICKET_SEED=\(seed)")
        return PacketDice(seed: seed)
    }

    @Test func `what is written is read, in pieces of any size`() throws {
        var dice = Self.seeded()
        for _ in 0..<Self.rounds {
            let version = MQTTVersion.allCases[dice.below(2)]
            let packets = (0...dice.below(4)).map { _ in dice.packet(version) }
            var stream = ByteBuffer()
            for packet in packets { packet.write(to: &stream, version: version) }
            var framer = PacketFramer(version: version)
            var read: [Packet] = []
            while let piece = stream.readSlice(length: min(dice.below(100) + 1, stream.readableBytes)),
                piece.readableBytes > 0
            {
                framer.append(piece)
                while let frame = try framer.next() {
                    if case .packet(let packet) = frame { read.append(packet) }
                }
            }
            try #require(read == packets)
            #expect(framer.heldBytes == 0)
        }
    }

    @Test func `a damaged packet is another packet, an error, or waits for more`() {
        var dice = Self.seeded()
        var packets = 0
        var errors = 0
        for _ in 0..<Self.rounds * 3 {
            let version = MQTTVersion.allCases[dice.below(2)]
            var stream = ByteBuffer()
            dice.packet(version).write(to: &stream, version: version)
            var bytes = Array(stream.readableBytesView)
            for _ in 0...dice.below(3) {
                switch dice.below(3) {
                case 0: bytes[dice.below(bytes.count)] = UInt8(dice.below(256))
                case 1: bytes.insert(UInt8(dice.below(256)), at: dice.below(bytes.count))
                default: if bytes.count > 1 { bytes.remove(at: dice.below(bytes.count)) }
                }
            }
            var framer = PacketFramer(version: version, packetBytes: 2_048)
            framer.append(ByteBuffer(bytes: bytes))
            do throws(MalformedPacket) {
                while let frame = try framer.next() {
                    packets += 1
                    guard case .packet(let packet) = frame else { continue }
                    // What was read can be written, and is the same then.
                    var again = ByteBuffer()
                    packet.write(to: &again, version: version)
                    var second = PacketFramer(version: version)
                    second.append(again)
                    let frame = try second.next()
                    if frame != .packet(packet) { Issue.record("\(packet) is not read as it was: \(bytes)") }
                }
            } catch {
                errors += 1
                #expect(!error.problem.isEmpty)
            }
            #expect(framer.heldBytes <= bytes.count)
        }
        #expect(packets > Self.rounds / 10 && errors > Self.rounds / 10)
    }
}

/// Makes packets by chance.
struct PacketDice {
    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ end: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 33) % end
    }

    private mutating func flag() -> Bool { below(2) == 0 }

    private mutating func text(_ longest: Int = 12) -> String {
        let letters = Array("abcXYZ019-_/$ üé水🔥")
        return String((0..<below(longest + 1)).map { _ in letters[below(letters.count)] })
    }

    private mutating func topic() -> String { "t/" + text() }
    private mutating func bytes() -> [UInt8] { (0..<below(60)).map { _ in UInt8(below(256)) } }
    private mutating func qos() -> MQTT.QualityOfService { MQTT.QualityOfService.allCases[below(3)] }
    private mutating func packetID() -> UInt16 { UInt16(below(65_535) + 1) }

    private mutating func property(_ identifier: UInt8) -> Property? {
        switch identifier {
        case 0x01: .payloadFormatIndicator(UInt8(below(2)))
        case 0x02: .messageExpiryInterval(UInt32(below(Int(UInt32.max))))
        case 0x03: .contentType(text())
        case 0x08: .responseTopic(topic())
        case 0x09: .correlationData(bytes())
        case 0x0B: .subscriptionIdentifier(below(268_435_455) + 1)
        case 0x11: .sessionExpiryInterval(UInt32(below(1 << 30)))
        case 0x12: .assignedClientIdentifier(text())
        case 0x13: .serverKeepAlive(UInt16(below(65_536)))
        case 0x15: .authenticationMethod(text())
        case 0x16: .authenticationData(bytes())
        case 0x17: .requestProblemInformation(UInt8(below(2)))
        case 0x18: .willDelayInterval(UInt32(below(1 << 20)))
        case 0x19: .requestResponseInformation(UInt8(below(2)))
        case 0x1A: .responseInformation(text())
        case 0x1C: .serverReference(text())
        case 0x1F: .reasonString(text())
        case 0x21: .receiveMaximum(UInt16(below(65_535) + 1))
        case 0x22: .topicAliasMaximum(UInt16(below(65_536)))
        case 0x23: .topicAlias(UInt16(below(65_535) + 1))
        case 0x24: .maximumQoS(UInt8(below(2)))
        case 0x25: .retainAvailable(UInt8(below(2)))
        case 0x26: .userProperty(text(), text())
        case 0x27: .maximumPacketSize(UInt32(below(1 << 28) + 1))
        case 0x28: .wildcardSubscriptionAvailable(UInt8(below(2)))
        case 0x29: .subscriptionIdentifierAvailable(UInt8(below(2)))
        case 0x2A: .sharedSubscriptionAvailable(UInt8(below(2)))
        default: nil
        }
    }

    private mutating func properties(_ place: PropertyPlace, _ version: MQTTVersion) -> Properties {
        guard version == .v5, flag() else { return [] }
        var properties = Properties()
        for identifier in UInt8(0)..<64 where place.allowed & 1 << UInt64(identifier) != 0 && below(3) == 0 {
            let count = place.repeatable & 1 << UInt64(identifier) != 0 ? below(3) : 1
            for _ in 0..<count { if let property = property(identifier) { properties.append(property) } }
        }
        return properties
    }

    private mutating func acknowledgement(_ version: MQTTVersion) -> AcknowledgementPacket {
        guard version == .v5 else { return AcknowledgementPacket(packetID: packetID()) }
        return AcknowledgementPacket(
            packetID: packetID(), reason: flag() ? .success : .notAuthorized,
            properties: properties(.acknowledgement, version))
    }

    /// A packet that may stand on a connection of `version`.
    mutating func packet(_ version: MQTTVersion) -> Packet {
        switch below(15) {
        case 0:
            let will =
                flag()
                ? Will(
                    topic: topic(), payload: bytes(), qos: qos(), retain: flag(), properties: properties(.will, version)
                )
                : nil
            let user = flag() ? text() : nil
            return .connect(
                ConnectPacket(
                    version: version, cleanStart: flag(), keepAlive: UInt16(below(65_536)), client: text(), will: will,
                    user: user, password: user != nil && flag() ? bytes() : nil,
                    properties: properties(.connect, version)))
        case 1:
            let isAccepted = flag()
            return .connack(
                ConnackPacket(
                    sessionPresent: isAccepted && flag(), reason: isAccepted ? .success : .notAuthorized,
                    properties: properties(.connack, version)))
        case 2, 3, 4:
            let qos = qos()
            return .publish(
                PublishPacket(
                    topic: topic(), payload: ByteBuffer(bytes: bytes()), qos: qos, retain: flag(),
                    duplicate: qos != .atMostOnce && flag(), packetID: qos == .atMostOnce ? 0 : packetID(),
                    properties: properties(.publish, version)))
        case 5: return .puback(acknowledgement(version))
        case 6: return .pubrec(acknowledgement(version))
        case 7: return .pubrel(acknowledgement(version))
        case 8: return .pubcomp(acknowledgement(version))
        case 9:
            let subscriptions = (0...below(3)).map { _ in
                version == .v5
                    ? Subscription(
                        topic(), qos: qos(), noLocal: flag(), retainAsPublished: flag(),
                        retainHandling: Subscription.RetainHandling.allCases[below(3)])
                    : Subscription(topic(), qos: qos())
            }
            return .subscribe(
                SubscribePacket(
                    packetID: packetID(), subscriptions: subscriptions, properties: properties(.subscribe, version)))
        case 10:
            return .suback(
                SubackPacket(
                    packetID: packetID(),
                    reasons: (0...below(3)).map { _ in flag() ? .grantedQoS1 : .unspecifiedError },
                    properties: properties(.suback, version)))
        case 11:
            return .unsubscribe(
                UnsubscribePacket(
                    packetID: packetID(), filters: (0...below(3)).map { _ in topic() },
                    properties: properties(.unsubscribe, version)))
        case 12:
            return .unsuback(
                UnsubackPacket(
                    packetID: packetID(), reasons: version == .v5 ? [.success, .noSubscriptionExisted] : [],
                    properties: properties(.unsuback, version)))
        case 13:
            let isPlain = version == .v311 || flag()
            return .disconnect(
                isPlain
                    ? DisconnectPacket()
                    : DisconnectPacket(reason: .sessionTakenOver, properties: properties(.disconnect, version)))
        default:
            guard version == .v5 else { return flag() ? .pingreq : .pingresp }
            return .auth(AuthPacket(reason: ReasonCode(rawValue: 0x18), properties: properties(.auth, version)))
        }
    }
}
