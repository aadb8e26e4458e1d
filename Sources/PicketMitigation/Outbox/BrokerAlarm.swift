/// What can be wrong with how a broker refuses revoked certificates.
package enum BrokerAlarm: String, CaseIterable, Sendable {
    /// A certificate that is revoked was let in.
    case failsOpen = "fails-open"
    /// The revocation list expires soon, and nobody has renewed it; then every device is refused.
    case listExpires = "list-expires"
    /// The list that the broker reads is not the newest one, or none, and could not be put right.
    case listIsForeign = "list-is-foreign"
    /// Nobody can tell: the broker is not reached.
    case unproved = "unproved"
}
