import NIOSSL

/// What TLS says when it fails, in words that tell a person what to do next. What the library says stands behind them: who
/// looks for the cause, or for the alert (RFC 8446 §6.2), finds it there.
package enum TLSProblem {
    /// - Parameter peer: who was asked.
    /// - Returns: nil when `error` is not about TLS, or says enough.
    package static func words(of error: any Error, by peer: String = "the broker") -> String? {
        broker(error)?.replacing("the broker", with: peer)
    }

    private static func broker(_ error: any Error) -> String? {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return
                "the broker's certificate is not for the host that was asked for; the `url` must name it as the certificate "
                + "does, or the broker needs a certificate with this name"
        }
        let text = "\(error)"
        return known.first { text.contains($0.mark) }.map { "\($0.words) (\(shortened(text)))" }
    }

    /// What BoringSSL's words contain, the more special first.
    private static let known: [(mark: String, words: String)] = [
        (
            "CERTIFICATE_VERIFY_FAILED",
            "the broker's certificate is not accepted: nobody in the `ca` file has signed it, or it is not valid today; "
                + "`openssl s_client -connect HOST:PORT -CAfile FILE` says which"
        ),
        (
            "UNKNOWN_CA",
            "the broker does not know who signed our certificate; `certificate` must come from an authority that it trusts "
                + "(`cafile` of Mosquitto)"
        ),
        (
            "CERTIFICATE_REQUIRED",
            "the broker wants a certificate of ours; name it with `certificate`, and its key with `key`"
        ),
        ("CERTIFICATE_REVOKED", "the broker says that our certificate is revoked; it needs a new one"),
        (
            "CERTIFICATE_EXPIRED",
            "the broker says that our certificate has expired, or its revocation list has; "
                + "`openssl x509 -enddate -noout -in FILE` says until when the certificate is valid"
        ),
        (
            "ALERT_BAD_CERTIFICATE",
            "the broker does not accept our certificate; is it from the authority that the broker trusts?"
        ),
        (
            "CERTIFICATE_UNKNOWN",
            "the broker does not accept our certificate; is it from the authority that the broker trusts?"
        ),
        (
            "HANDSHAKE_FAILURE",
            "the broker refuses TLS with us; it may want a certificate of ours (`certificate` and `key`), or other ciphers"
        ),
        (
            "WRONG_VERSION_NUMBER",
            "there is no TLS at this port; `mqtt://` is for one without it, and brokers often have another port for TLS (8883)"
        ),
        ("PROTOCOL_VERSION", "the broker speaks no TLS 1.2 or newer; it needs to"),
        ("UNSUPPORTED_PROTOCOL", "the broker speaks no TLS 1.2 or newer; it needs to"),
        ("KEY_VALUES_MISMATCH", "the key does not belong to the certificate"),
        // Both were read before, so that nothing else is left.
        ("failedToLoadPrivateKey", "the key does not belong to the certificate"),
    ]

    /// The library adds where in its sources it noticed.
    private static func shortened(_ text: String) -> String {
        guard let start = text.firstRange(of: "OPENSSL_internal:") else { return text }
        return String(text[start.upperBound...].prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") })
    }
}
