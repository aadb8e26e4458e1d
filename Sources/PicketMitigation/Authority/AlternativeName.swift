import Glibc
import SwiftASN1
import X509

/// The name of a certificate's owner in the form in which TLS looks for it.
enum AlternativeName {
    /// An address as an address, a host name as a host name, nothing for anything else.
    static func names(of name: String) -> [GeneralName] {
        for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: length)
            if inet_pton(family, name, &bytes) == 1 { return [.ipAddress(ASN1OctetString(contentBytes: bytes[...]))] }
        }
        // RFC 5280 §4.2.1.6: letters, digits and hyphens.
        let isHost = name.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0"..."9" ~= $0 || $0 == "-" || $0 == ".")
        }
        return isHost ? [.dnsName(name)] : []
    }
}
