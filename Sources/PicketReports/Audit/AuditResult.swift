import PicketEvents

/// What an audit brought.
package struct AuditResult: Sendable {
    package var findings: [AuditFinding]
    /// The checks that had something to look at, with how much of it.
    package var looked: [AuditCheck: Int]
    /// The files that were looked at, as they were then: what to watch for changes.
    package var files: [String: FileTrace]
    /// Files and folders that the plan names, or a configuration that it names.
    var places: Set<String> = []
    /// Whether a log was looked at.
    var hasReadLog = false

    /// Findings that need attention.
    package var open: [AuditFinding] { findings.filter { $0.suppression == nil } }

    /// Whether this audit would have found something about `resource` again.
    func looked(at resource: String, for check: AuditCheck) -> Bool {
        if resource.hasPrefix("serial ") || resource.hasPrefix("client ") { return hasReadLog }
        // Which topics are used only a log tells.
        if check == .topicsUnused, looked[check] == nil { return false }
        return places.contains { place in
            resource == place
                || resource.hasPrefix(place) && resource.dropFirst(place.count).first.map(isSeparator) == true
        }
    }

    /// What follows a path in the name of a resource: a line, a place in a file, a role, a file in a folder.
    private func isSeparator(_ character: Character) -> Bool { ":#/ ".contains(character) }

    /// The records of the log: a line for each finding, one for each that was open and is no more, and one for each
    /// check that looked and found nothing.
    package func records(received: Int64, open: OpenFindings) -> [[UInt8]] {
        let found = Set(findings.map(\.check))
        let clean = AuditCheck.allCases.filter { looked[$0] != nil && !found.contains($0) }
        return findings.map { $0.record(received: received) }
            + open.closed(by: self).map { finding in
                var line = RecordLine(received: received, kind: .finding)
                line.add("check", finding.check)
                line.add("state", "closed")
                line.add("severity", finding.severity)
                line.add("resource", finding.resource)
                line.add("why", finding.why)
                line.add("since", time: finding.since)
                return line.finish()
            }
            + clean.map { check in
                var line = RecordLine(received: received, kind: .finding)
                line.add("check", check.rawValue)
                line.add("state", "clean")
                line.add("looked", Int64(looked[check] ?? 0))
                return line.finish()
            }
    }
}
