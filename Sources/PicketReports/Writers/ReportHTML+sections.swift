import PicketEvents

/// The sections of the page after its cover.
extension ReportHTML {
    var controls: String {
        let words: [Report.ControlResult.Outcome: String] = [
            .contributes: "contributes evidence", .attention: "needs attention", .noData: "no data",
            .none: "no evidence",
        ]
        var out = "<h2>Requirements</h2>\n"
        for result in report.controls {
            out += "<div class=\"control \(result.outcome.rawValue)\"><span class=\"badge\">"
            out += "\(words[result.outcome] ?? "")</span>\n"
            out += "<h3>\(text(result.control.id)) · \(text(result.control.title))</h3>\n"
            let status = result.control.status.map { " <span class=\"soft\">(\(text($0)))</span>" } ?? ""
            out += "<p>\(text(result.control.asks))\(status)</p>\n"
            if !result.sentence.isEmpty { out += "<p><b>In this period:</b> \(text(result.sentence)).</p>\n" }
            for item in result.evidence where item.span.count > 0 {
                out +=
                    "<p>\(text(item.selector.label)): \(number(item.span.count)), from \(record(item.span.first)) to "
                out += "\(record(item.span.last))</p>\n"
            }
            let names = Set(result.behaviors.map { "\($0.profile)/\($0.behavior)" }).sorted()
            if !names.isEmpty {
                out += "<p>Behaviors: \(names.map { "<code>\(text($0))</code>" }.joined(separator: " "))</p>\n"
            }
            if !result.samples.isEmpty {
                out += "<p>Samples with proofs: \(result.samples.map(record).joined(separator: " "))</p>\n"
            }
            out += "<p class=\"soft\"><b>Shows</b> \(text(result.control.shows)) <b>Does not show</b> "
            out += "\(text(result.control.doesNotShow))</p></div>\n"
        }
        return out
    }

    var violations: String {
        let summary = report.violations
        var out = "<h2>Violations</h2>\n<p>\(number(summary.count)) began in this period, \(number(summary.open)) of "
        out += "them were open at its end; \(number(summary.carried.count)) were open when it began.</p>\n"
        if !summary.endsOfDeleted.isEmpty {
            let few = summary.endsOfDeleted.prefix(ReportLimits.samples).map { record($0.record) }
            let more = summary.endsOfDeleted.count - few.count
            out += "<p>\(number(summary.endsOfDeleted.count)) more ended whose beginning retention deleted: "
            out += few.joined(separator: " ") + (more > 0 ? " and \(number(more)) more, in report.json" : "") + "</p>\n"
        }
        if !summary.bySeverity.isEmpty {
            out += "<p>"
            out += summary.bySeverity.map { "\(text($0.severity)) \(number($0.count))" }.joined(separator: " · ")
            out += "</p>\n"
        }
        let whole = summary.items.count
        out += table(summary.items.prefix(ReportLimits.listed), "No violation began in this period.")
        out += more(whole, "All of them: picket report … --to-file all.violations.csv")
        if !summary.carried.isEmpty {
            out += "<h3>Open when the period began</h3>\n"
            out += table(summary.carried.prefix(ReportLimits.listed), "None.")
            out += more(summary.carried.count, "All of them: picket report … --to-file all.violations.csv")
        }
        return out
    }

    private func table(_ items: ArraySlice<ViolationSummary.Item>, _ none: String) -> String {
        HTMLText.table(
            ["Began", "Severity", "Who", "What", "Known after", "Ended", "Verdict", "Record"],
            items.map { item in
                let ended = item.endedAt.map { "\(time($0))<br>\(text(item.endEvent ?? ""))" } ?? "open"
                let notes = [
                    item.isSuppressed ? "only recorded (suppressed)" : nil, item.excuse.map { "excused: \($0)" },
                    item.evidence == "device" ? "device's own word" : nil,
                    item.identity.map { "identity: \($0)" },
                    item.mitigations.isEmpty ? nil : "\(item.mitigations.count) mitigation records",
                ].compactMap { $0 }.joined(separator: ", ")
                return [
                    time(item.firstSeen),
                    "<span class=\"severity-\(text(item.severity))\">\(text(item.severity))</span>",
                    "\(item.subjectKind == "device" ? "" : text(item.subjectKind) + " ")\(text(item.subject))",
                    "<code>\(text(item.profile))/\(text(item.behavior))</code><br>\(text(item.why))"
                        + (notes.isEmpty ? "" : "<br><span class=\"soft\">\(text(notes))</span>"),
                    HTMLText.duration(item.awareAt - item.firstSeen), ended, text(item.verdict ?? "none yet"),
                    record(item.record),
                ]
            }, none: none)
    }

    var responses: String {
        var out = "<h2>What was done</h2>\n<h3>Mitigations, also failed and observed-only ones</h3>\n"
        if !report.mitigationStates.isEmpty {
            out += "<p>"
            out += report.mitigationStates.map { "\(text($0.state)) \(number($0.count))" }.joined(separator: " · ")
            out += "</p>\n"
        }
        out += entries(report.mitigations, "No mitigation was recorded.", all: query("mitigation"))
        out += "<h3>Decisions of people</h3>\n"
        out += entries(report.decisions, "Nobody decided anything on the record.", all: query("operator"))
        out += "<h3>Exceptions in profiles, and silences that people decided on</h3>\n"
        out += HTMLText.table(
            ["Profile", "Behavior", "Subject", "Reason", "Owner", "Expires", "Record"],
            (report.exceptions + report.silences).map {
                [
                    text($0.profile), text($0.behavior), text($0.subject), text($0.reason), text($0.owner),
                    time($0.expires), $0.record.map(record) ?? "profile",
                ]
            }, none: "No profile in force had an exception, and nobody silenced anything.")
        return out
    }

    var method: String {
        var out =
            "<h2>Method</h2>\n<p>A behavior says what is expected of a device. Picket counts each device's events in a "
        out += "sliding window and records a violation when the count crosses the limit. The record is written before "
        out += "anything is done about it.</p>\n<h3>Profiles in force</h3>\n"
        out += HTMLText.table(
            ["From", "Profiles, and what changed", "SHA-256 of the copy in the log", "Record"],
            report.changes.map {
                let words = $0.isNamedByDeletion ? ["their record was deleted; that of the deletion names them"] : []
                return [
                    $0.isNamedByDeletion ? "before the log begins" : time($0.time),
                    ([text($0.profiles.joined(separator: ", "))] + $0.differences.map(text) + words)
                        .joined(separator: "<br>"),
                    "<code>\(text($0.sha256))</code>\($0.isKept ? "" : " (copy missing)")", record($0.record),
                ]
            }, none: "The log names no profiles: it was written without any, or by a replay.")
        out += "<h3>Behaviors</h3>\n"
        out += HTMLText.table(
            ["Behavior", "In plain words", "Looked at", "Violations"],
            report.behaviors.map {
                [
                    "<code>\(text($0.profile))/\(text($0.behavior))</code>", text($0.sentence),
                    $0.sees ? ($0.witnesses.isEmpty ? "" : "\(number($0.witnessed)) records") : "nothing came",
                    number($0.violations),
                ]
            }, none: "No behavior was in force.")
        return out
    }

    var audit: String {
        "<h2>Audit checks</h2>\n"
            + findings
            + "<h2>What users did</h2>\n" + users + "<h2>Who read the record</h2>\n"
            + entries(report.accesses, "No reading was recorded.", all: query("log"))
    }

    private var findings: String {
        let items = report.findings.items
        return HTMLText.table(
            ["Found", "Closed", "What", "Record"],
            items.prefix(ReportLimits.listed).map { item in
                [
                    time(item.from ?? item.time), item.to.map(time) ?? (item.from == nil ? "" : "open"),
                    text(item.what),
                    ([item.record] + (item.closedRecord.map { [$0] } ?? [])).map(record).joined(separator: " … "),
                ]
            }, none: "No audit was recorded in this period.") + more(items.count, query("finding"))
    }

    /// Acts of people on the broker, the cloud account and the console, as feeds report them.
    private var users: String {
        HTMLText.table(
            ["User", "Action", "Result", "Times", "First", "Last", "Records"],
            report.acts.prefix(ReportLimits.listed).map { act in
                let records = act.span.count > 1 ? [act.span.first, act.span.last] : [act.span.first]
                return [
                    text(act.user), text(act.action), text(act.outcome), number(act.span.count), time(act.first),
                    time(act.last), records.map(record).joined(separator: " … "),
                ]
            }, none: "No feed reported what users did.") + more(report.acts.count, query("user"))
    }

    var integrity: String {
        let keys = report.log.keys.map { " --key '\(text($0))'" }.joined()
        return """
            <h2>Integrity</h2>
            <p>Every record is a leaf of a Merkle tree (RFC 6962). The tree's head over the first \
            \(number(Int(clamping: report.log.size))) records was signed:</p>
            <pre>\(text(report.log.checkpoint))</pre>
            <p>Before this report was made, every record was read and hashed again; the result was <b>sound</b>. To check that
            yourself, on a copy, with our program or with one file of Python:</p>
            <pre>picket log verify LOG\(keys)
            python3 tools/verify_log.py LOG\(keys)</pre>
            <p>To count every number of this report again and check each of its \(number(report.proofs.count)) proofs:</p>
            <pre>python3 tools/check_report.py report.json LOG</pre>

            """.replacing("\n            ", with: "\n")
    }

    var limits: String {
        "<h2>What this does not show</h2>\n<ul>\n"
            + report.limits.map { "<li>\(text($0))</li>\n" }.joined() + "</ul>\n"
    }

    var signOff: String {
        // One block: a line to sign that stands alone on a page says nothing.
        "<div class=\"signoff\"><h2>Sign-off</h2>\n"
            + HTMLText.table(
                ["", "Name", "Date", "Signature"], ["Prepared", "Reviewed", "Approved"].map { [$0, "", "", ""] },
                none: "", class: "sign") + "</div>\n"
    }
}
