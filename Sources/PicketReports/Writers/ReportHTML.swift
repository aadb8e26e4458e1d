import PicketEvents

/// The report as one page that needs nothing else: no script, no font, no picture from anywhere.
package struct ReportHTML {
    let report: Report

    package init(_ report: Report) { self.report = report }

    package var bytes: [UInt8] {
        var page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        // The page asks the browser to load nothing: what a device is called can then do no harm.
        page +=
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        page += "<title>\(HTMLText.escape(report.framework.title)): device behavior, \(day(report.from)) to "
        page += "\(day(report.to))</title>\n<style>\n\(ReportStyle.sheet)</style></head><body>\n"
        page += [
            cover, coverage, controls, violations, responses, method, audit, integrity, limits, signOff,
        ].joined()
        return Array((page + "</body></html>\n").utf8)
    }

    func day(_ time: Int64) -> String { String(Timestamp.format(time).prefix(10)) }

    func time(_ time: Int64) -> String {
        "<span class=\"n\">\(Timestamp.format(time).prefix(19).replacing("T", with: " "))</span>"
    }

    func text(_ text: String) -> String { HTMLText.escape(text) }

    func number(_ value: Int) -> String { "<span class=\"n\">\(HTMLText.number(value))</span>" }

    func record(_ index: UInt64) -> String { "<span class=\"n\">#\(index)</span>" }

    /// A share in percent, never more than there is: only the whole is 100 %.
    private func share(_ part: Int64, of whole: Int64) -> String {
        let tenths = whole > 0 ? part * 1_000 / whole : 0
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }

    private var cover: String {
        let withEvidence = report.controls.count { $0.outcome != .none && $0.outcome != .noData }
        let facts: [(String, String)] = [
            (HTMLText.number(report.devices), "devices seen"), (HTMLText.number(report.records), "records"),
            (HTMLText.number(report.violations.count), report.violations.count == 1 ? "violation" : "violations"),
            report.coverage.isLive
                ? (share(report.running, of: report.to - report.from), "of the period Picket ran")
                : (HTMLText.number(report.gaps.count), "declared gaps"),
            ("\(withEvidence) of \(report.controls.count)", "requirements with evidence"),
        ]
        return """
            <header><p class="soft">Evidence of device behavior</p>
            <h1>\(text(report.framework.title)), \(text(report.framework.version))</h1>
            <p>\(time(report.from)) to \(time(report.to)) UTC · log <code>\(text(report.log.origin))</code></p>
            <p class="soft">Report <code>\(report.id)</code>, made by \(text(report.tool)). The same log and the same question \
            give the same report, byte for byte.</p></header>
            <p>This report shows what a monitor at the message broker recorded, and which requirements that record
            <b>contributes evidence</b> to. It does not say that a requirement is met: that is for an assessor.</p>
            <div class="facts">\(facts.map { "<div><b>\($0.0)</b>\($0.1)</div>" }.joined())</div>

            """
    }

    private var coverage: String {
        var out = "<h2>What was watched</h2>\n"
        out += TimelineChart(report).svg
        out +=
            "<p class=\"soft\">Each bar is \(HTMLText.duration(report.bucket)). Red below a row: a gap that the record itself "
        out += "declares, or a feed that was silent. Shaded from top to bottom: Picket did not run.</p>\n"
        out += HTMLText.table(
            ["Feed", "Events", "Rejected", "Over 10 s late", "Not seen", "First", "Last"],
            report.feeds.map {
                [
                    text($0.name), number($0.events), number($0.rejected), number($0.delayed),
                    $0.unseen == 0 ? "never" : HTMLText.duration($0.unseen), $0.first.map(time) ?? "never",
                    $0.last.map(time) ?? "never",
                ]
            }, none: "No feed reported anything.")
        out += population
        out += "<h3>What was not seen</h3>\n" + unseen
        out +=
            "<h3>Starts, stops and feeds</h3>\n"
            + entries(
                report.runs, "Nothing started or stopped.", all: query("log"))
        out += "<h3>What happened, by kind</h3>\n"
        out += HTMLText.table(
            ["Kind", "Records", "Of them"],
            report.kinds.map { kind, count in
                let details = report.breakdowns.filter { $0.kind == kind }.map { breakdown in
                    "\(text(breakdown.key)): "
                        + breakdown.values.map { "\(text($0.name)) \(number($0.count))" }.joined(separator: ", ")
                        + (breakdown.different > breakdown.values.count ? ", …" : "")
                }
                return [text(kind), number(count), details.joined(separator: "<br>")]
            }, none: "Nothing.")
        return out
    }

    /// The devices that there should be, beside those that were seen.
    private var population: String {
        guard let population = report.population else { return "" }
        func names(_ names: [String], _ words: String) -> String {
            guard !names.isEmpty else { return "" }
            let few = names.prefix(ReportLimits.names).map { "<code>\(text($0))</code>" }.joined(separator: " ")
            let more = names.count - ReportLimits.names
            return "<p>\(words): \(few)\(more > 0 ? " and \(number(more)) more, in report.json" : "")</p>\n"
        }
        let few = population.records.prefix(ReportLimits.samples).map(record).joined(separator: " ")
        let more = population.records.count - ReportLimits.samples
        let several = population.records.count > 1
        return "<p>The fleet file\(several ? "s of the period name" : " names") "
            + "\(number(population.registered)) device\(population.registered == 1 ? "" : "s"); "
            + "\(number(population.registered - population.notSeen.count)) of them were seen, and "
            + "\(number(population.notRegistered.count)) that \(several ? "none of them names" : "it does not name") "
            + "(\(few)\(more > 0 ? " and \(number(more)) more" : "")).</p>\n"
            + names(population.notSeen, "Not seen") + names(population.notRegistered, "Not in the fleet file")
    }

    /// Gaps, silences of feeds and the time in which Picket did not run, in one table.
    private var unseen: String {
        var rows: [(from: Int64, record: UInt64, cells: [String])] = []
        func add(_ feed: String, _ from: Int64, _ to: Int64, _ cause: String, _ records: [UInt64]) {
            rows.append(
                (
                    from, records[0],
                    [
                        time(from), time(to), HTMLText.duration(to - from), text(feed), text(cause),
                        records.map(record).joined(separator: " "),
                    ]
                ))
        }
        for outage in report.coverage.outages {
            add("all", outage.from, outage.to, outage.cause.rawValue, [outage.record])
        }
        for silence in report.coverage.silences {
            add(
                silence.feed, silence.from, silence.to, "the feed was silent, and Picket listened",
                [silence.record] + (silence.endRecord.map { [$0] } ?? []))
        }
        for gap in report.gaps { add(gap.feed, gap.from, gap.to, gap.cause, [gap.record]) }
        rows.sort { ($0.from, $0.record) < ($1.from, $1.record) }
        return HTMLText.table(
            ["From", "To", "Length", "Feed", "Cause", "Record"], rows.prefix(ReportLimits.listed).map(\.cells),
            none: "Picket ran the whole time, no feed was silent, and the record declares no gap.")
            + more(rows.count, "report.json lists all of them")
    }

    func entries(_ list: [Report.Entry], _ none: String, all: String) -> String {
        HTMLText.table(
            ["Time", "What", "Record"],
            list.prefix(ReportLimits.listed).map { [time($0.time), text($0.what), record($0.record)] }, none: none)
            + more(list.count, all)
    }

    /// What a list leaves out, and where it is.
    func more(_ count: Int, _ all: String) -> String {
        guard count > ReportLimits.listed else { return "" }
        return "<p><b>\(number(count - ReportLimits.listed)) more are not listed here.</b> \(text(all)).</p>\n"
    }

    /// The command that shows all records of a kind in the period.
    func query(_ kind: String) -> String {
        "All of them: picket log query LOG --kind \(kind) --from \(Timestamp.format(report.from)) "
            + "--to \(Timestamp.format(report.to))"
    }
}
