/// What can go wrong with a connection or an exchange, in words for a person.
package enum MQTTError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The configuration cannot work: which part, and why.
    case configuration(String)
    /// No connection could be made, or TLS failed.
    case unreachable(String)
    /// The broker refused the connection.
    case refused(ReasonCode)
    /// The broker said goodbye (MQTT 5).
    case disconnected(ReasonCode)
    /// The connection ended without a word.
    case connectionLost(String)
    /// The broker did not answer in time.
    case timeout(String)
    /// The peer sent what the protocol forbids.
    case malformed(MalformedPacket)
    /// The broker refused one publish, subscribe or unsubscribe.
    case rejected(ReasonCode)
    /// More publishes wait than are kept.
    case queueFull
    /// The client was closed.
    case closed

    package var description: String {
        switch self {
        case .configuration(let problem): problem
        case .unreachable(let problem): "cannot connect: \(problem)"
        case .refused(let code): "the broker refuses the connection: \(code)"
        case .disconnected(let code): "the broker ended the connection: \(code)"
        case .connectionLost(let problem): "the connection was lost: \(problem)"
        case .timeout(let what): "\(what) took too long"
        case .malformed(let packet): "the broker broke the protocol: \(packet.problem)"
        case .rejected(let code): "the broker refuses it: \(code)"
        case .queueFull: "too many messages wait to be sent"
        case .closed: "the client is closed"
        }
    }
}
