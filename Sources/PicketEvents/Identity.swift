/// How the identity of the device in an event was proved.
///
/// Ordered from weakest to strongest: only what is at least ``password`` may lead to an act against a device
/// (DESIGN §7).
public enum Identity: UInt8, CaseIterable, Comparable, Sendable {
    /// Nobody checked it: the device, or whoever spoke in its name, said so.
    case claimed
    /// An access rule of the broker, itself audited, binds the topic to the identity.
    case byACL
    /// The broker accepted a password for this user.
    case password
    /// The broker checked a client certificate.
    case certificate

    /// How it is spelled in the canonical line; ``claimed`` is left out there.
    public var name: StaticString {
        switch self {
        case .claimed: "claimed"
        case .byACL: "by-acl"
        case .password: "password"
        case .certificate: "certificate"
        }
    }

    /// Whether `a` is the weaker proof.
    @inlinable
    public static func < (a: Identity, b: Identity) -> Bool { a.rawValue < b.rawValue }
}
