package import Foundation

/// What the authority has issued and revoked: a file beside its key. Times are whole seconds, as certificates have them.
package struct AuthorityRegister: Codable, Equatable, Sendable {
    /// One certificate.
    package struct Entry: Codable, Equatable, Sendable {
        /// Hexadecimal digits, upper case, two for each byte.
        package var serial: String
        /// The common name: the device.
        package var name: String
        package var issuedAt: Date
        package var expiresAt: Date
        package var revokedAt: Date?
        package var reason: RevocationReason?
    }

    /// A certificate that exists to be refused.
    package struct Canary: Codable, Equatable, Sendable {
        package var serial: String
        package var expiresAt: Date
    }

    package var entries: [Entry] = []
    /// Those that every list revokes, the newest last; nil in registers of versions that had none.
    var canaries: [Canary]?
    /// The number of the newest revocation list, 0 before the first.
    package var listNumber: UInt64 = 0

    /// The bytes of a serial number in our form.
    static func bytes(_ serial: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in serial.compactMap(\.hexDigitValue).map({ UInt8($0) }) {
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}
