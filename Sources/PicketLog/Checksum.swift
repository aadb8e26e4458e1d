import CZlib

/// The CRC-32 of gzip (RFC 1952 §8), from zlib. It finds torn writes and rotten bits; it is no proof against people.
enum Checksum {
    /// The checksum of `bytes[range]`, continued from `start` (0 begins).
    static func crc32(_ bytes: [UInt8], _ range: Range<Int>, from start: UInt32 = 0) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return start }
            return UInt32(crc32_z(UInt(start), base + range.lowerBound, range.count))
        }
    }

    /// The checksum of all of `bytes`.
    static func crc32(_ bytes: [UInt8]) -> UInt32 { crc32(bytes, 0..<bytes.count) }
}
