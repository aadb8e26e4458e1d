/// A person's judgement of one violation.
package struct VerdictRecord: Equatable, Sendable {
    /// Unix milliseconds.
    package var received: Int64
    /// Who judged, as the system says it.
    package var by: String
    package var violation: String
    package var state: VerificationState
    package var note: String?

    package init(received: Int64, by: String, violation: String, state: VerificationState, note: String? = nil) {
        self.received = received
        self.by = by
        self.violation = violation
        self.state = state
        self.note = note
    }

    /// What a record of this kind says of its action.
    package static let action = "verify"

    /// As the log has it.
    package var record: OperatorRecord {
        OperatorRecord(
            received: received, action: VerdictRecord.action, by: by,
            details: [
                OperatorRecord.Detail("violation", violation), OperatorRecord.Detail("state", state.rawValue),
            ] + (note.map { [OperatorRecord.Detail("note", $0)] } ?? []))
    }
}
