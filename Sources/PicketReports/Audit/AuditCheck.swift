package import PicketProfiles

/// One thing that an audit looks at. The names follow AWS IoT Device Defender's checks where there is one.
package enum AuditCheck: String, CaseIterable, Sendable {
    // Certificates.
    case certificateExpiring = "certificate-expiring"
    case certificateExpired = "certificate-expired"
    case certificateOld = "certificate-old"
    case certificateWeakKey = "certificate-weak-key"
    case certificateShared = "certificate-shared"
    case certificateRevokedConnected = "certificate-revoked-connected"
    case caExpiring = "ca-expiring"
    case caWeakKey = "ca-weak-key"
    case caOld = "ca-old"
    case caRevoked = "ca-revoked"
    case crlExpired = "crl-expired"
    case crlWeakSignature = "crl-weak-signature"
    case crlUnknownIssuer = "crl-unknown-issuer"
    // Identity.
    case clientIDConflict = "client-id-conflict"
    // The broker's configuration.
    case loggingDisabled = "logging-disabled"
    case brokerAnonymous = "broker-anonymous"
    case brokerPlaintextListener = "broker-plaintext-listener"
    case brokerNoRevocation = "broker-no-revocation"
    case brokerWeakTLS = "broker-weak-tls"
    case aclMissing = "acl-missing"
    case aclTooWide = "acl-too-wide"
    case aclSubscribeUnchecked = "acl-subscribe-unchecked"
    case dynsecTooWide = "dynsec-too-wide"
    case topicsUnused = "topics-unused"
    /// A file that was to be looked at could not be read, or not be understood.
    case unreadable = "unreadable"

    /// How bad a finding is where nothing makes it worse.
    package var severity: Severity.Level {
        switch self {
        case .certificateShared, .certificateWeakKey, .caWeakKey, .caRevoked, .certificateRevokedConnected, .aclTooWide,
            .brokerAnonymous, .aclMissing:
            .critical
        case .clientIDConflict, .brokerPlaintextListener, .crlExpired, .crlWeakSignature, .crlUnknownIssuer,
            .certificateExpired, .dynsecTooWide:
            .high
        case .certificateExpiring, .caExpiring, .brokerNoRevocation, .brokerWeakTLS, .unreadable: .medium
        case .certificateOld, .caOld, .loggingDisabled, .aclSubscribeUnchecked, .topicsUnused: .low
        }
    }

    /// What to do about a finding.
    package var remedy: String {
        switch self {
        case .certificateExpiring, .certificateExpired, .certificateOld: "issue a new certificate to the device"
        case .certificateWeakKey: "issue a new certificate with an EC key on P-256, or RSA of 2048 bits or more"
        case .certificateShared:
            "find out which of the devices is the copy, revoke the certificate, and issue one to each"
        case .certificateRevokedConnected: "end its session, and make sure that the broker has loaded the list"
        case .caExpiring: "issue a new certificate authority and give its certificate to broker and devices in time"
        case .caWeakKey: "replace the certificate authority by one with a stronger key"
        case .caOld: "plan its successor: the longer a key is in use, the more depends on nobody having copied it"
        case .caRevoked:
            "take it out of the broker's cafile, and issue new certificates to the devices from another authority"
        case .crlExpired: "publish a new list now: an expired one makes the broker refuse every certificate"
        case .crlWeakSignature:
            "sign the list with SHA-256 or better: a forged one lets revoked devices in"
        case .crlUnknownIssuer:
            "put the list of the authority there that issued the devices' certificates, or look at that authority's "
                + "certificate too (cafile)"
        case .clientIDConflict: "find out which of the two is the device; bind client ids to identities"
        case .loggingDisabled: "set log_type all and connection_messages true"
        case .brokerAnonymous: "set allow_anonymous false"
        case .brokerPlaintextListener:
            "give the listener a certificate (certfile, keyfile, cafile), or bind it to loopback"
        case .brokerNoRevocation: "set crlfile, so that a revoked certificate is refused"
        case .brokerWeakTLS: "set tls_version tlsv1.2 or leave it out"
        case .aclMissing: "set acl_file, or use the dynamic security plugin"
        case .aclTooWide: "allow each client only the topics below its own name"
        case .aclSubscribeUnchecked:
            "use the dynamic security plugin, which refuses subscriptions; "
                + "acl_file only withholds the messages"
        case .dynsecTooWide: "narrow the role to the topics that its clients use"
        case .topicsUnused: "take the rule away if nobody needs it"
        case .unreadable: "check the path, its permissions and its contents"
        }
    }
}
