package import NIOCore

/// Reads the fields of one packet, never beyond its end. Every read that finds too little is a ``MalformedPacket``.
package struct PacketReader {
    package private(set) var buffer: ByteBuffer

    /// - Parameter buffer: what follows the fixed header, and nothing more.
    package init(_ buffer: ByteBuffer) { self.buffer = buffer }

    package var remaining: Int { buffer.readableBytes }

    package mutating func byte() throws(MalformedPacket) -> UInt8 {
        guard let value = buffer.readInteger(as: UInt8.self) else { throw PacketReader.short }
        return value
    }

    package mutating func uint16() throws(MalformedPacket) -> UInt16 {
        guard let value = buffer.readInteger(as: UInt16.self) else { throw PacketReader.short }
        return value
    }

    package mutating func uint32() throws(MalformedPacket) -> UInt32 {
        guard let value = buffer.readInteger(as: UInt32.self) else { throw PacketReader.short }
        return value
    }

    /// A packet identifier, which is never 0 (MQTT 5 §2.2.1).
    package mutating func packetID() throws(MalformedPacket) -> UInt16 {
        let id = try uint16()
        guard id != 0 else { throw MalformedPacket("a packet identifier is 0", reason: .protocolError) }
        return id
    }

    /// A variable byte integer in its shortest form (MQTT 5 §1.5.5).
    package mutating func variableInteger() throws(MalformedPacket) -> Int {
        switch VariableInteger.read(&buffer) {
        case .value(let value): return value
        case .incomplete: throw PacketReader.short
        case .malformed: throw MalformedPacket("a length has more than four bytes or is not in its shortest form")
        }
    }

    /// A UTF-8 string: well formed, without U+0000 (MQTT 5 §1.5.4).
    package mutating func string() throws(MalformedPacket) -> String {
        let length = Int(try uint16())
        guard length <= remaining else { throw PacketReader.short }
        let text: String?
        do {
            text = try buffer.readUTF8ValidatedString(length: length)
        } catch {
            throw MalformedPacket("a text is not UTF-8")
        }
        guard let text else { throw PacketReader.short }
        guard !text.utf8.contains(0) else { throw MalformedPacket("a text holds U+0000") }
        return text
    }

    /// Binary data with a length of two bytes (MQTT 5 §1.5.6).
    package mutating func binary() throws(MalformedPacket) -> [UInt8] {
        let length = Int(try uint16())
        guard let bytes = buffer.readBytes(length: length) else { throw PacketReader.short }
        return bytes
    }

    /// The next `length` bytes as a reader of their own.
    package mutating func part(_ length: Int) throws(MalformedPacket) -> PacketReader {
        guard let slice = buffer.readSlice(length: length) else { throw PacketReader.short }
        return PacketReader(slice)
    }

    /// Everything that is left.
    package mutating func rest() -> ByteBuffer {
        let rest = buffer.slice()
        buffer.moveReaderIndex(to: buffer.writerIndex)
        return rest
    }

    /// The end of the packet must be here.
    package func finish() throws(MalformedPacket) {
        guard remaining == 0 else { throw MalformedPacket("\(remaining) bytes follow the end of a packet") }
    }

    private static let short = MalformedPacket("a packet ends in the middle of a field")
}
