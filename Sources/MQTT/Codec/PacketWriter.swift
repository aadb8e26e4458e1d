package import NIOCore

extension ByteBuffer {
    /// A string with its length. Texts longer than 65,535 bytes are checked for before; one that is would be cut, so the
    /// packet says nothing untrue about its own length.
    package mutating func writeMQTT(_ text: String) {
        let bytes = text.utf8.prefix(65_535)
        writeInteger(UInt16(bytes.count))
        writeBytes(bytes)
    }

    /// Binary data with its length.
    package mutating func writeMQTT(_ bytes: [UInt8]) {
        let bytes = bytes.prefix(65_535)
        writeInteger(UInt16(bytes.count))
        writeBytes(bytes)
    }

    /// A packet: its first byte, the length of `body`, and `body`.
    package mutating func writePacket(_ type: PacketType, flags: UInt8 = 0, body: ByteBuffer) {
        writeInteger(type.rawValue << 4 | flags)
        VariableInteger.write(body.readableBytes, to: &self)
        writeImmutableBuffer(body)
    }
}
