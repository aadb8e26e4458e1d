import Glibc
import MQTT
import NIOCore

/// Decodes small PUBLISH packets from a stream in pieces as a socket gives them, and nothing else.
enum MQTTBench {
    /// Packets of one round, all different in topic and packet id.
    private static let packets = 50_000
    private static let pieceBytes = 64 << 10

    /// What must be decoded each second of processor time.
    private static let wanted = 1_000_000

    /// - Returns: whether all of them were fast enough.
    static func run(millions: Int) throws(MalformedPacket) -> Bool {
        var slowest = Int.max
        for version in [MQTTVersion.v311, .v5] {
            for qos in [QualityOfService.atMostOnce, .atLeastOnce] {
                slowest = min(slowest, try run(version, qos, total: millions * 1_000_000))
            }
        }
        print("at least \(wanted) are wanted: \(slowest < wanted ? "FAILED" : "OK")")
        return slowest >= wanted
    }

    private static func run(_ version: MQTTVersion, _ qos: QualityOfService, total: Int) throws(MalformedPacket) -> Int
    {
        var stream = ByteBuffer()
        for number in 0..<packets {
            let packet = PublishPacket(
                topic: "telemetry/t-\(number)", payload: ByteBuffer(string: "{\"temperature\":20.1,\"n\":\(number)}"),
                qos: qos, packetID: qos == .atMostOnce ? 0 : UInt16(number % 65_535 + 1))
            Packet.publish(packet).write(to: &stream, version: version)
        }
        let bytes = stream.readableBytes
        var framer = PacketFramer(version: version)
        var count = 0
        var sum = 0
        let start = processorSeconds()
        while count < total {
            var rest = stream
            while let piece = rest.readSlice(length: min(pieceBytes, rest.readableBytes)), piece.readableBytes > 0 {
                framer.append(piece)
                while let frame = try framer.next() {
                    guard case .packet(.publish(let packet)) = frame else { continue }
                    count += 1
                    sum &+= packet.payload.readableBytes &+ packet.topic.utf8.count
                }
            }
        }
        let seconds = processorSeconds() - start
        let rate = Int(Double(count) / seconds)
        print(
            "MQTT \(version == .v5 ? "5    " : "3.1.1") QoS \(qos.rawValue): \(rate) PUBLISH packets of \(bytes / packets) "
                + "bytes per CPU second (\(count) in \(seconds) s, checksum \(sum))")
        return rate
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
