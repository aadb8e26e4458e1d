/// The serial number of a certificate, written as Picket compares it: hexadecimal digits in upper case, two for each byte,
/// without leading zero bytes (RFC 5280 §4.1.2.2: at most 20 bytes). Others write colons, `0x`, lower case and zeros.
package enum CertificateSerial {
    /// Digits of 20 bytes, and of the zero byte that DER puts before a number whose first bit is set.
    private static let digits = 42

    /// The serial number in our form; nil when the text is no number.
    package static func normal(_ text: String) -> String? {
        var digits = text.uppercased().filter { $0 != ":" && $0 != " " }
        if digits.hasPrefix("0X") { digits.removeFirst(2) }
        guard !digits.isEmpty, digits.utf8.count <= CertificateSerial.digits,
            digits.allSatisfy({ $0.isASCII && $0.isHexDigit })
        else { return nil }
        digits = String(digits.drop { $0 == "0" })
        if digits.isEmpty { return "00" }
        return digits.count % 2 == 0 ? digits : "0" + digits
    }

    /// The serial number of these bytes, as a certificate holds them.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        normal(Hex.string(Array(bytes))) ?? Hex.string(Array(bytes))
    }
}
