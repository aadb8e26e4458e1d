package import NIOCore

/// The variable byte integer: seven bits a byte, least significant first, at most four bytes (MQTT 5 §1.5.5).
package enum VariableInteger {
    /// What the bytes so far say.
    package enum Reading: Equatable, Sendable {
        case value(Int)
        /// More bytes must come.
        case incomplete
        /// More than four bytes, or a form that is not the shortest: two forms of one packet help only an attacker.
        case malformed
    }

    /// Reads one; `buffer` moves on only when it is complete.
    package static func read(_ buffer: inout ByteBuffer) -> Reading {
        var value = 0
        for index in 0..<4 {
            guard let byte = buffer.getInteger(at: buffer.readerIndex + index, as: UInt8.self) else {
                return .incomplete
            }
            value |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 {
                guard index == 0 || byte != 0 else { return .malformed }
                buffer.moveReaderIndex(forwardBy: index + 1)
                return .value(value)
            }
        }
        return .malformed
    }

    /// Writes `value`, which is at most ``MQTTLimits/remainingLength``.
    package static func write(_ value: Int, to buffer: inout ByteBuffer) {
        var rest = value
        repeat {
            let byte = UInt8(rest & 0x7F)
            rest >>= 7
            buffer.writeInteger(rest > 0 ? byte | 0x80 : byte)
        } while rest > 0
    }
}
