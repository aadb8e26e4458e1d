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

    private var cover: String {
        let withEvidence = report.controls.count { $0.outcome != .none }
        let facts: [(String, String)] = [
            (HTMLText.number(report.devices), "devices seen"), (HTMLText.number(report.records), "records"),
            (HTMLText.number(report.violations.count), "violations"),
            (HTMLText.number(report.gaps.count), "declared gaps"),
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
        out += "declares.</p>\n"
        out += HTMLText.table(
            ["Feed", "Events", "Rejected", "Over 10 s late", "First", "Last"],
            report.feeds.map {
                [
                    text($0.name), number($0.events), number($0.rejected), number($0.delayed), time($0.first),
                    time($0.last),
                ]
            }, none: "No feed reported anything.")
        out += "<h3>Gaps</h3>\n"
        out += HTMLText.table(
            ["Feed", "From", "To", "Length", "Cause", "Record"],
            report.gaps.prefix(ReportLimits.listed).map {
                [
                    text($0.feed), time($0.from), time($0.to), HTMLText.duration($0.to - $0.from), text($0.cause),
                    record($0.record),
                ]
            }, none: "The record declares no gap in this period.")
        out += "<h3>Starts, stops and feeds</h3>\n" + entries(report.runs, "Nothing started or stopped.")
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

    func entries(_ list: [Report.Entry], _ none: String) -> String {
        var out = HTMLText.table(
            ["Time", "What", "Record"],
            list.prefix(ReportLimits.listed).map { [time($0.time), text($0.what), record($0.record)] }, none: none)
        if list.count > ReportLimits.listed { out += "<p>… and \(list.count - ReportLimits.listed) more.</p>\n" }
        return out
    }
}
