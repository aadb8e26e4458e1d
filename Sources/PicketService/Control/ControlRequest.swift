package import PicketEvents
package import PicketLog

/// What a person asks of a running daemon, by a command: one line of JSON through its control socket.
package enum ControlRequest: Codable, Equatable, Sendable {
    /// What the daemon does at the moment.
    case status
    /// A command reads the log: that is recorded before it shows anything.
    case read(action: AccessRecord.Action, what: [String])
    /// A person's judgement of a violation (AWS: verification state).
    case verify(violation: String, state: VerificationState, note: String?)
    /// Violations like one that a person has seen are not to be acted on for a while.
    case silence(SilenceRequest)
    /// A mitigation that waits for approval may run.
    case approve(mitigation: String, note: String?)
    /// A mitigation that waits for approval must not run.
    case reject(mitigation: String, note: String?)
    /// What a mitigation did is to be taken back.
    case undo(mitigation: String, note: String?)
    /// Nothing is mitigated any more until `resume`.
    case stop(note: String?)
    /// Mitigation goes on.
    case resume(note: String?)

    /// What is decided of which mitigation; nil for requests about something else.
    var mitigation: (action: String, id: String)? {
        switch self {
        case .approve(let id, _): ("approve", id)
        case .reject(let id, _): ("reject", id)
        case .undo(let id, _): ("undo", id)
        default: nil
        }
    }

    /// The decision as a record of the log; nil for what only asks.
    ///
    /// - Parameters:
    ///   - by: who decided, as the system says it.
    ///   - received: Unix milliseconds.
    package func record(by: String, received: Int64) -> OperatorRecord? {
        let (action, details): (String, [(String, String?)])
        switch self {
        case .verify(let violation, let state, let note):
            return VerdictRecord(received: received, by: by, violation: violation, state: state, note: note).record
        case .silence(let request): return request.record(by: by, received: received).record
        case .status, .read: return nil
        case .approve(let mitigation, let note):
            (action, details) = ("approve", [("mitigation", mitigation), ("note", note)])
        case .reject(let mitigation, let note):
            (action, details) = ("reject", [("mitigation", mitigation), ("note", note)])
        case .undo(let mitigation, let note):
            (action, details) = ("undo", [("mitigation", mitigation), ("note", note)])
        case .stop(let note): (action, details) = ("stop", [("note", note)])
        case .resume(let note): (action, details) = ("resume", [("note", note)])
        }
        return OperatorRecord(
            received: received, action: action, by: by,
            details: details.compactMap { key, value in value.map { OperatorRecord.Detail(key, $0) } })
    }
}

/// What the daemon answers: one line of JSON.
package struct ControlAnswer: Codable, Equatable, Sendable {
    /// Whether it was done.
    package var isDone: Bool
    /// What was done, or why not and what to do, for a person.
    package var message: String

    package init(isDone: Bool, message: String) {
        self.isDone = isDone
        self.message = message
    }
}
