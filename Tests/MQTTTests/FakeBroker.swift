import NIOCore
import NIOPosix
import Synchronization

@testable import MQTT

/// A broker that does what a test tells it to, also what no broker may do.
final class FakeBroker: Sendable {
    /// What it does when a packet comes.
    enum Act: Sendable {
        case send(Packet)
        case sendBytes([UInt8])
        case close
    }

    /// - Parameters:
    ///   - connection: its number, from 1.
    ///   - packet: what the client has sent.
    typealias Script = @Sendable (_ connection: Int, _ packet: Packet) -> [Act]

    let port: Int
    private let channel: any Channel
    private let seen: Seen

    /// Everything the clients have sent, with the number of the connection.
    var packets: [(connection: Int, packet: Packet)] { seen.packets.withLock { $0 } }
    var connections: Int { seen.connections.withLock { $0 } }

    private final class Seen: Sendable {
        let packets = Mutex<[(connection: Int, packet: Packet)]>([])
        let connections = Mutex(0)
    }

    init(version: MQTTVersion = .v5, _ script: @escaping Script) async throws {
        let seen = Seen()
        self.seen = seen
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = seen.connections.withLock { count in
                        count += 1
                        return count
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(number: number, version: version, script: script, seen: seen))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async { try? await channel.close() }

    /// It accepts, and grants every subscription; nothing else.
    static func answers(
        to packet: Packet, sessionPresent: Bool = false, properties: Properties = []
    ) -> [Act] {
        switch packet {
        case .connect:
            [
                .send(
                    .connack(ConnackPacket(sessionPresent: sessionPresent, reason: .success, properties: properties)))
            ]
        case .subscribe(let packet):
            [
                .send(
                    .suback(
                        SubackPacket(
                            packetID: packet.packetID, reasons: packet.subscriptions.map { _ in .grantedQoS1 })))
            ]
        case .pingreq: [.send(.pingresp)]
        default: []
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let number: Int
        private let version: MQTTVersion
        private let script: Script
        private let seen: Seen
        private var framer: PacketFramer

        init(number: Int, version: MQTTVersion, script: @escaping Script, seen: Seen) {
            self.number = number
            self.version = version
            self.script = script
            self.seen = seen
            framer = PacketFramer(version: version)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            framer.append(unwrapInboundIn(data))
            while let frame = try? framer.next() {
                guard case .packet(let packet) = frame else { continue }
                seen.packets.withLock { $0.append((number, packet)) }
                for act in script(number, packet) {
                    switch act {
                    case .send(let packet):
                        var out = ByteBuffer()
                        packet.write(to: &out, version: version)
                        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
                    case .sendBytes(let bytes):
                        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
                    case .close: context.close(promise: nil)
                    }
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
