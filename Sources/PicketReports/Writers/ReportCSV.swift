import PicketEvents

/// Tables for spreadsheets (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe before it:
/// device names are chosen by whoever connects.
package struct ReportCSV {
    private let report: Report

    package init(_ report: Report) { self.report = report }

    /// One row for each control: the evidence register.
    package var controls: [UInt8] {
        var rows = [
            [
                "report", "framework", "control", "title", "from", "to", "result", "summary", "behaviors", "records",
                "findings", "samples", "shows", "does not show",
            ]
        ]
        for result in report.controls {
            rows.append([
                report.id, report.framework.id, result.control.id, result.control.title, time(report.from),
                time(report.to), result.outcome.rawValue, result.sentence,
                Set(result.behaviors.map { "\($0.profile)/\($0.behavior)" }).sorted().joined(separator: " "),
                "\(result.evidence.reduce(0) { $0 + $1.span.count })", "\(result.findings)",
                result.samples.map { "\($0)" }.joined(separator: " "), result.control.shows,
                result.control.doesNotShow,
            ])
        }
        return text(rows)
    }

    /// One row for each violation, however many there are; first those that were open when the period began.
    package var violations: [UInt8] {
        var rows = [
            [
                "id", "severity", "profile", "behavior", "subject", "name", "evidence", "value", "expected", "why",
                "first seen", "aware at", "ended at", "end", "verdict", "decided at", "record", "suppressed",
                "excused",
            ]
        ]
        for item in report.violations.carried + report.violations.items {
            rows.append([
                item.id, item.severity, item.profile, item.behavior, item.subjectKind, item.subject, item.evidence,
                item.value ?? "", item.expected, item.why, time(item.firstSeen), time(item.awareAt),
                item.endedAt.map(time) ?? "", item.endEvent ?? "", item.verdict ?? "", item.decidedAt.map(time) ?? "",
                "\(item.record)", item.isSuppressed ? "yes" : "", item.excuse ?? "",
            ])
        }
        return text(rows)
    }

    private func time(_ value: Int64) -> String { Timestamp.format(value) }

    private func text(_ rows: [[String]]) -> [UInt8] {
        Array(rows.map { $0.map(ReportCSV.cell).joined(separator: ",") + "\r\n" }.joined().utf8)
    }

    static func cell(_ text: String) -> String {
        let safe = text.first.map { "=+-@\t\r".contains($0) } ?? false ? "'" + text : text
        guard safe.contains(where: { ",\"\n\r".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
