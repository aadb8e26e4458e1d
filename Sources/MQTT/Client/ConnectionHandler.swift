import NIOCore
import NIOSSL

/// The end of a channel's pipeline: bytes become packets, which the client takes on the same event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var framer: PacketFramer
    private let client: MQTTClient
    private let number: Int
    /// Why the channel will close, when something said so.
    private var failure: MQTTError?

    /// - Parameter number: of the connection, so that the client knows an old one's last words.
    init(client: MQTTClient, number: Int, framer: PacketFramer) {
        self.client = client
        self.number = number
        self.framer = framer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard failure == nil else { return }
        framer.append(unwrapInboundIn(data))
        var frames: [PacketFramer.Frame] = []
        var problem: MalformedPacket?
        do throws(MalformedPacket) {
            while let frame = try framer.next() { frames.append(frame) }
        } catch {
            problem = error
        }
        let number = number
        if !frames.isEmpty { client.assumeIsolated { [frames] in $0.received(frames, on: number) } }
        if let problem {
            failure = .malformed(problem)
            client.assumeIsolated { $0.fail(number, .malformed(problem)) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil { failure = ConnectionHandler.words(error) }
        context.close(promise: nil)
    }

    private static func words(_ error: any Error) -> MQTTError {
        if let words = TLSProblem.words(of: error) { return .unreachable(words) }
        return .connectionLost("\(error)")
    }

    func channelInactive(context: ChannelHandlerContext) {
        let number = number
        let error = failure ?? .connectionLost("the broker closed it")
        client.assumeIsolated { $0.ended(number, error) }
        context.fireChannelInactive()
    }
}
