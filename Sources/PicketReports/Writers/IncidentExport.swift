import PicketEvents

/// The violations of a period as incidents, with the times that a report to an authority is counted from. The EU Cyber
/// Resilience Act, Article 14(2) and (4), asks for an early warning within 24 hours and a notification within 72 hours of
/// becoming aware. Whether one of these is an actively exploited vulnerability or a severe incident a person must judge.
package struct IncidentExport {
    private let report: Report

    package init(_ report: Report) { self.report = report }

    private static let hour: Int64 = 3_600_000

    package var json: JSONValue {
        .object([
            "format": .text("picket-incidents 1"),
            "report": .text(report.id),
            "period": .object(["from": .time(report.from), "to": .time(report.to)]),
            "suppressed": .number((report.violations.carried + report.violations.items).count { $0.isSuppressed }),
            "note": .text(
                "awareAt is when Picket recorded it, decidedAt when a person first judged it. Which of the two counts as "
                    + "becoming aware, and whether it must be reported, is for you to judge. "
                    + "Suppressed violations, of which somebody said beforehand that they are none, are counted and not "
                    + "listed; .violations.csv has them. What an exception or a silence excused when it began is listed, "
                    + "with the reason as `excused`."),
            // All of them, however many: what was open when the period began, and what began in it.
            "incidents": .list(
                (report.violations.carried + report.violations.items).filter { !$0.isSuppressed }.map(incident)),
        ])
    }

    private func incident(_ item: ViolationSummary.Item) -> JSONValue {
        .object([
            "id": .text(item.id), "severity": .text(item.severity), "subject": .text(item.subjectKind),
            "name": .text(item.subject), "what": .text("\(item.profile)/\(item.behavior): \(item.why)"),
            "evidence": .text(item.evidence), "firstSeen": .time(item.firstSeen), "awareAt": .time(item.awareAt),
            "decidedAt": item.decidedAt.map { .time($0) }, "verdict": item.verdict.map { .text($0) },
            "excused": item.excuse.map { .text($0) },
            "endedAt": item.endedAt.map { .time($0) },
            "earlyWarningBy": .time(item.awareAt + 24 * IncidentExport.hour),
            "notificationBy": .time(item.awareAt + 72 * IncidentExport.hour),
            "mitigations": .list(item.mitigations.map { .number($0) }),
            "records": .list(([item.record] + (item.endRecord.map { [$0] } ?? [])).map { .number($0) }),
        ])
    }
}
