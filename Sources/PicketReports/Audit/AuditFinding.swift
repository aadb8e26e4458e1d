import PicketEvents
package import PicketProfiles

/// Something that an audit found, or a check that found nothing.
package struct AuditFinding: Equatable, Sendable {
    package var check: AuditCheck
    /// What it is about: a certificate, a line of a file, a client id.
    package var resource: String
    /// Why it is a finding.
    package var why: String
    package var severity: Severity.Level
    /// Somebody decided to live with it for a while.
    package var suppression: AuditSuppression?

    init(_ check: AuditCheck, _ resource: String, _ why: String, severity: Severity.Level? = nil) {
        self.check = check
        self.resource = resource
        self.why = why
        self.severity = severity ?? check.severity
    }

    /// The keys of the finding, in their order.
    private func append(to line: inout RecordLine) {
        line.add("check", check.rawValue)
        line.add("state", "found")
        line.add("severity", severity.rawValue)
        line.add("resource", resource)
        line.add("why", why)
        line.add("remedy", check.remedy)
        line.add("suppressed", suppression != nil)
        if let suppression {
            line.add("reason", suppression.reason)
            line.add("owner", suppression.owner)
            line.add("expires", time: suppression.expires)
        }
    }

    /// One line of JSON.
    package var json: [UInt8] {
        var line = RecordLine()
        append(to: &line)
        return line.finish()
    }

    /// The finding as a record of the log.
    package func record(received: Int64) -> [UInt8] {
        var line = RecordLine(received: received, kind: .finding)
        append(to: &line)
        return line.finish()
    }

    /// For a person.
    package var text: String {
        let mark =
            suppression.map { " (suppressed until \(Timestamp.format($0.expires).prefix(10)): \($0.reason))" } ?? ""
        return "\(severity.rawValue)  \(check.rawValue)  \(resource): \(why)\(mark)\n    \(check.remedy)"
    }
}

/// A finding that somebody lives with: who, why, and until when. It has to end.
package struct AuditSuppression: Equatable, Sendable {
    package var check: AuditCheck
    /// The resource, where `*` stands for any run of characters.
    package var resource: String
    package var reason: String
    package var owner: String
    /// Unix ms; exclusive.
    package var expires: Int64

    func covers(_ finding: AuditFinding, at time: Int64) -> Bool {
        finding.check == check && time < expires && NameGlob.matches(resource, finding.resource)
    }
}
