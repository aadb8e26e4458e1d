import Foundation
import PicketEvents
import PicketLog

/// The findings of earlier audits that no later one has closed, as the log holds them.
package struct OpenFindings: Sendable {
    /// A finding that stands.
    package struct Standing: Sendable {
        var check: String
        var resource: String
        var severity: String
        var why: String
        /// When it was found first, Unix ms.
        var since: Int64
    }

    private var standing: [String: Standing] = [:]

    /// None.
    package init() {}

    /// Reads them from the log in `folder`.
    ///
    /// - Throws: `LogError` when the log cannot be read.
    package init(folder: String) throws {
        var query = LogQuery()
        query.add(.kind, "finding")
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches { take(match.line) }
        }
    }

    private mutating func take(_ line: [UInt8]) {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
            let check = fields["check"] as? String, let resource = fields["resource"] as? String,
            let received = (fields["received"] as? String).flatMap({ Timestamp.parse($0) })
        else { return }
        let key = OpenFindings.key(check, resource)
        switch fields["state"] as? String {
        case "found":
            let known = standing[key]?.since
            standing[key] = Standing(
                check: check, resource: resource, severity: fields["severity"] as? String ?? "",
                why: fields["why"] as? String ?? "", since: known ?? received)
        case "closed": standing[key] = nil
        default: break
        }
    }

    /// Those that an audit did not find again although it looked where they were.
    package func closed(by result: AuditResult) -> [Standing] {
        let found = Set(result.findings.map { OpenFindings.key($0.check.rawValue, $0.resource) })
        return standing.filter { key, finding in
            guard !found.contains(key), let check = AuditCheck(rawValue: finding.check) else { return false }
            return result.looked(at: finding.resource, for: check)
        }.values.sorted { ($0.check, $0.resource) < ($1.check, $1.resource) }
    }

    private static func key(_ check: String, _ resource: String) -> String { "\(check)\n\(resource)" }
}
