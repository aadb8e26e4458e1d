import Foundation
import SwiftASN1
import X509

/// The name that a certificate gives its holder.
package enum CertificateName {
    /// The common name of the certificate in a file in PEM; nil where there is none, or the file cannot be read.
    package static func common(inFile path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path),
            let certificate = try? Certificate(pemEncoded: String(decoding: data, as: UTF8.self))
        else { return nil }
        for attribute in certificate.subject.lazy.flatMap({ Array($0) })
        where attribute.type == .RDNAttributeType.commonName {
            return "\(attribute.value)"
        }
        return nil
    }
}
