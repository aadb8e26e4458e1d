/// A packet that breaks the protocol. The connection it came on must be closed (MQTT 5 §4.13).
package struct MalformedPacket: Error, Equatable, Sendable {
    /// What is wrong, for a person.
    package let problem: String
    /// What a DISCONNECT says of it.
    package let reason: ReasonCode

    package init(_ problem: String, reason: ReasonCode = .malformedPacket) {
        self.problem = problem
        self.reason = reason
    }
}
