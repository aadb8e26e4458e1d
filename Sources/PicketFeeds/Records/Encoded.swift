import Foundation

/// Bytes that were written as text.
enum Encoded {
    /// Pairs of hexadecimal digits; white space between them is left out.
    static func hex(_ text: String) -> [UInt8]? {
        let digits = text.utf8.filter { $0 > 0x20 }
        guard digits.count % 2 == 0 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return nil }
            out.append(high << 4 | low)
        }
        return out
    }

    /// Base64 of RFC 4648 §4, with its padding.
    static func base64(_ text: String) -> [UInt8]? { Data(base64Encoded: text).map(Array.init) }

    /// The same the other way.
    static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
