/// What a person decided: which violation is a false alarm, which mitigation may run, that everything is to be held.
package struct OperatorRecord: Equatable, Sendable {
    /// One more key of the record.
    package struct Detail: Equatable, Sendable {
        package var key: String
        package var value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Unix milliseconds.
    package var received: Int64
    /// What was decided, in one word: `verify`, `silence`, `approve`.
    package var action: String
    /// Who decided it, as the system says it.
    package var by: String
    /// What it was decided of, in the order in which it is written.
    package var details: [Detail]

    package init(received: Int64, action: String, by: String, details: [Detail] = []) {
        self.received = received
        self.action = action
        self.by = by
        self.details = details
    }

    /// The record as a canonical line.
    package func line() -> [UInt8] {
        var line = RecordLine(received: received, kind: .operator)
        line.add("action", action)
        line.add("by", by)
        for detail in details { line.add(detail.key, detail.value) }
        return line.finish()
    }
}
