import Foundation
import PicketLog

/// Runs the checks of an audit. It reads files and changes none.
package struct Audit {
    private let plan: AuditPlan
    /// Unix ms.
    private let now: Int64
    var findings: [AuditFinding] = []
    var looked: [AuditCheck: Int] = [:]
    /// Who issued what, as far as the certificates tell that were looked at.
    var issuers = IssuerRegister()
    private var files: [String: FileTrace] = [:]

    /// Bytes of a file that is looked at: a configuration of a million rules fits.
    private static let fileBytes = 64 << 20

    /// - Parameter now: the time that expiry is compared with, Unix ms.
    package init(_ plan: AuditPlan, now: Int64) {
        self.plan = plan
        self.now = now
    }

    /// - Throws: `LogError` when the log cannot be read. A file that cannot be read is a finding.
    package mutating func run() throws -> AuditResult {
        var rules: [TopicRule] = []
        var dynamic = plan.dynamicSecurity
        var lists = plan.revocationLists
        var certificates = plan.certificates
        for path in plan.mosquitto {
            let configuration = MosquittoConfiguration(path: path, &self)
            configuration.check(&self)
            for (file, isProved) in configuration.accessLists {
                let list = AccessList(path: file, clientIDIsProved: isProved)
                rules += list.check(&self)
            }
            dynamic += configuration.dynamicSecurity
            lists += configuration.revocationLists
            certificates += configuration.certificates
        }
        for path in unique(dynamic) { rules += DynamicSecurityAudit(path: path).check(&self) }
        var certificateAudit = CertificateAudit(plan: plan, paths: unique(certificates), now: now)
        certificateAudit.check(&self)
        var revoked = Revocations()
        for path in unique(lists) { RevocationListAudit(path: path, now: now).check(&self, &revoked) }
        issuers.reportRevoked(revoked, &self)
        if let log = plan.log {
            let from = now - plan.periodSeconds * 1_000
            var connections = ConnectionAudit(folder: log, from: from, revoked: revoked)
            try connections.check(&self)
            var topics = TopicUseAudit(folder: log, from: from, rules: rules)
            if !rules.isEmpty { try topics.check(&self) }
        }
        for place in findings.indices {
            findings[place].suppression = plan.suppressions.first { $0.covers(findings[place], at: now) }
        }
        findings.sort {
            ($1.severity, $0.check.rawValue, $0.resource, $0.why) < (
                $0.severity, $1.check.rawValue, $1.resource, $1.why
            )
        }
        let places = plan.mosquitto + dynamic + lists + certificates
        return AuditResult(
            findings: findings, looked: looked, files: files, places: Set(places).union(files.keys),
            hasReadLog: plan.log != nil)
    }

    /// What is in a file; nil when it cannot be read, or is too large to be what it is said to be.
    mutating func contents(_ path: String) -> Data? {
        // Before it is read: a change while it is read is a change.
        let trace = FileTrace(path)
        files[path] = trace
        return trace.size ?? 0 <= Audit.fileBytes ? FileManager.default.contents(atPath: path) : nil
    }

    /// Watches a file or a folder for changes: of a folder those are files that come and go.
    mutating func watch(_ path: String) { files[path] = FileTrace(path) }

    /// Notes that a check had something to look at.
    mutating func look(_ checks: AuditCheck..., count: Int = 1) {
        guard count > 0 else { return }
        for check in checks { looked[check, default: 0] += count }
    }

    mutating func report(_ finding: AuditFinding) { findings.append(finding) }

    private func unique(_ paths: [String]) -> [String] {
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }
}
