package import NIOCore

/// Cuts a stream of bytes into packets, keeping at most one that is not complete.
package struct PacketFramer: Sendable {
    /// What was found in the stream.
    package enum Frame: Equatable, Sendable {
        case packet(Packet)
        /// A PUBLISH longer than the limit: its head without the payload, and how long that was. The payload itself is
        /// thrown away as it comes, so one message cannot end a connection that others share, nor fill the memory.
        case oversize(PublishPacket, payloadBytes: Int)
    }

    /// Whether ``next()`` found a head that is not whole yet.
    private struct Head {
        var type: PacketType
        var flags: UInt8
        /// Bytes of the fixed header.
        var bytes: Int
        /// Bytes that follow it.
        var length: Int
    }

    /// Of the connection.
    package var version: MQTTVersion
    private let packetBytes: Int
    private var buffer = ByteBuffer()
    /// Bytes of an oversized payload that are still to come, and the frame that is given when they are gone.
    private var skipping: (left: Int, frame: Frame)?

    /// - Parameter packetBytes: the longest remaining length that is kept whole.
    package init(version: MQTTVersion, packetBytes: Int = MQTTLimits.packetBytes) {
        self.version = version
        self.packetBytes = packetBytes
    }

    /// Bytes held that are no packet yet.
    package var heldBytes: Int { buffer.readableBytes }

    /// Takes bytes as they came.
    package mutating func append(_ bytes: consuming ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            // A stream that never stops in between must not make the buffer grow.
            if buffer.readerIndex > 0 { buffer.discardReadBytes() }
            buffer.writeBuffer(&bytes)
        }
    }

    /// The next packet; nil when more bytes must come.
    ///
    /// - Throws: when the peer breaks the protocol. The framer is of no use then.
    package mutating func next() throws(MalformedPacket) -> Frame? {
        if let frame = skip() { return frame }
        guard skipping == nil, let head = try head() else { return nil }
        guard head.length <= packetBytes else { return try startSkipping(head) }
        guard buffer.readableBytes >= head.bytes + head.length else { return nil }
        buffer.moveReaderIndex(forwardBy: head.bytes)
        guard let body = buffer.readSlice(length: head.length) else { return nil }
        var reader = PacketReader(body)
        let packet = try Packet.read(head.type, flags: head.flags, &reader, version: version)
        compact()
        return .packet(packet)
    }

    /// The fixed header at the front; nil when it is not whole.
    private func head() throws(MalformedPacket) -> Head? {
        guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
        guard let type = PacketType(rawValue: first >> 4) else {
            throw MalformedPacket("there is no packet of type \(first >> 4)")
        }
        var rest = buffer
        rest.moveReaderIndex(forwardBy: 1)
        switch VariableInteger.read(&rest) {
        case .incomplete: return nil
        case .malformed: throw MalformedPacket("the length of a packet is malformed")
        case .value(let length):
            return Head(
                type: type, flags: first & 0x0F, bytes: rest.readerIndex - buffer.readerIndex, length: length)
        }
    }

    /// Of a PUBLISH that is too long the head is read when it is there; everything else that long is refused.
    private mutating func startSkipping(_ head: Head) throws(MalformedPacket) -> Frame? {
        guard head.type == .publish else {
            throw MalformedPacket("a \(head.type) has \(head.length) bytes", reason: .packetTooLarge)
        }
        let wanted = min(head.length, MQTTLimits.publishHeadBytes)
        guard
            let part = buffer.getSlice(
                at: buffer.readerIndex + head.bytes, length: min(wanted, buffer.readableBytes - head.bytes))
        else { return nil }
        var reader = PacketReader(part)
        let publish: PublishPacket
        do {
            publish = try PublishPacket.readHead(&reader, flags: head.flags, version: version)
        } catch {
            // It may only be that the head is not whole yet.
            if part.readableBytes < wanted { return nil }
            throw error
        }
        let headBytes = part.readableBytes - reader.remaining
        let payloadBytes = head.length - headBytes
        buffer.moveReaderIndex(forwardBy: head.bytes + headBytes)
        skipping = (payloadBytes, .oversize(publish, payloadBytes: payloadBytes))
        return skip()
    }

    /// Throws away what is there of a payload that is too long; the frame when all of it is gone.
    private mutating func skip() -> Frame? {
        guard let (left, frame) = skipping else { return nil }
        let gone = min(left, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: gone)
        compact()
        guard gone == left else {
            skipping = (left - gone, frame)
            return nil
        }
        skipping = nil
        return frame
    }

    /// Lets go of the bytes that were read, so that a buffer that never runs empty does not grow.
    private mutating func compact() {
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
    }
}
