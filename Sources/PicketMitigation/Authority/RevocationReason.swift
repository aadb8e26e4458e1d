/// Why a certificate was revoked: the reason codes of RFC 5280 §5.3.1 that end a certificate for good. `certificateHold` is
/// left out: brokers treat it like the others, and what is held is better denied.
package enum RevocationReason: String, CaseIterable, Codable, Sendable {
    case unspecified
    case keyCompromise
    case affiliationChanged
    case superseded
    case cessationOfOperation
    case privilegeWithdrawn

    /// The number in the extension; nil for `unspecified`, which RFC 5280 §5.3.1 says to leave out.
    var code: UInt8? {
        switch self {
        case .unspecified: nil
        case .keyCompromise: 1
        case .affiliationChanged: 3
        case .superseded: 4
        case .cessationOfOperation: 5
        case .privilegeWithdrawn: 9
        }
    }
}
