import PicketEvents
import PicketReports

/// The result as one page that needs nothing else, in the dress of a report.
package struct BacktestPage {
    private let result: BacktestResult
    private let title: String

    /// Rows of a table; a page with more is read by nobody.
    private static let listed = 1_000

    /// - Parameter title: what was compared with what.
    package init(_ result: BacktestResult, title: String) {
        self.result = result
        self.title = title
    }

    package var bytes: [UInt8] {
        var page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        page +=
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        page += "<title>Backtest: \(escape(title))</title>\n<style>\n\(ReportStyle.sheet)</style></head><body>\n"
        page += [head, behaviors, tradeOffs, subjects, differences].joined()
        return Array((page + "</body></html>\n").utf8)
    }

    private func escape(_ text: String) -> String { HTMLText.escape(text) }

    private func time(_ time: Int64) -> String {
        "<span class=\"n\">\(Timestamp.format(time).prefix(19).replacing("T", with: " "))</span>"
    }

    private func rate(_ tally: BacktestTally) -> String {
        result.rate(tally.costs).map { BacktestResult.decimal($0, 3) } ?? "-"
    }

    private var head: String {
        let facts = [
            ("\(result.changes.fires)", "would fire"), ("\(result.changes.clears)", "would not fire any more"),
            ("\(result.changes.stays)", "stay"), (rate(result.old.tally), "false per device-week, old"),
            (rate(result.new.tally), "false per device-week, new"),
        ]
        let span = result.span.map { "\(time($0.first)) to \(time($0.last)) UTC · " } ?? ""
        let known =
            result.isWhole
            ? "What really happened is known: an alarm about nothing of it is false."
            : result.incidents.isEmpty
                ? "Nobody said what any of the alarms is: each counts as false."
                : "Alarms are false that a person called harmless before, or that nobody judged."
        return """
            <header><p class="soft">Backtest of security profiles</p><h1>\(escape(title))</h1>
            <p>\(span)\(HTMLText.number(Int(clamping: result.records))) records · \(result.weeks) device-weeks</p></header>
            <div class="facts">\(facts.map { "<div><b>\($0.0)</b>\($0.1)</div>" }.joined())</div>
            <p>Old: \(escape(result.side(result.old))).<br>New: \(escape(result.side(result.new))).</p>
            <p class="soft">\(known)</p>

            """
    }

    private var behaviors: String {
        "<h2>Behaviors</h2>\n"
            + HTMLText.table(
                ["Behavior", "Was", "Is", "Fires", "Clears", "Stays", "Alarms", "False per device-week"],
                result.rows.map { row in
                    [
                        "<code>\(escape(row.profile))/\(escape(row.behavior))</code>", escape(row.was ?? "-"),
                        escape(row.now ?? "-"), "\(row.changes.fires)", "\(row.changes.clears)",
                        "\(row.changes.stays)", "\(row.new.alarms)", rate(row.new),
                    ]
                }, none: "There is none.")
    }

    private var tradeOffs: String {
        let isJudged = result.attacks > 0
        return "<h2>Limits</h2>\n"
            + result.tradeOffs.map { tradeOff in
                "<h3><code>\(escape(tradeOff.profile))/\(escape(tradeOff.behavior))</code></h3>\n"
                    + HTMLText.table(
                        ["Alarm if", "Alarms", "Subjects"] + (isJudged ? ["Found", "After"] : [])
                            + ["False per device-week", ""],
                        tradeOff.rows.enumerated().map { place, row in
                            let marks = [row.isOwn ? "present" : nil, place == tradeOff.suggested ? "suggested" : nil]
                            let found =
                                isJudged
                                ? [
                                    "\(row.tally.found.count) of \(result.attacks)",
                                    row.tally.medianDelay.map { BacktestResult.duration($0) } ?? "-",
                                ] : []
                            return [escape(row.alarm), "\(row.tally.alarms)", "\(row.tally.subjectCount)"] + found + [
                                rate(row.tally), marks.compactMap { $0 }.joined(separator: ", "),
                            ]
                        }, none: "")
                    + "<p>Suggested: <b>\(escape(tradeOff.rows[tradeOff.suggested].alarm))</b>: "
                    + "\(escape(tradeOff.why)).</p>\n"
            }.joined()
    }

    private var subjects: String {
        let changed = result.subjects.filter { !$0.changes.isNone }
        return "<h2>Who has other alarms</h2>\n"
            + HTMLText.table(
                ["Subject", "Fires", "Clears", "Stays"],
                changed.prefix(BacktestPage.listed).map {
                    [
                        "\($0.kind.rawValue) \(escape($0.name))", "\($0.changes.fires)", "\($0.changes.clears)",
                        "\($0.changes.stays)",
                    ]
                }, none: "Nobody.") + more(changed.count)
    }

    private var differences: String {
        "<h2>Alarms that only one of both has</h2>\n"
            + HTMLText.table(
                ["Time", "", "Behavior", "Subject", "Why", "Known as"],
                result.differences.prefix(BacktestPage.listed).map { difference in
                    let alarm = difference.alarm
                    let known: String =
                        switch alarm.judgement {
                        case .found(let number): result.incidents[number].name
                        case .wrong: "false"
                        case .beside: "beside an incident"
                        case .unjudged: "-"
                        }
                    return [
                        time(alarm.begin), difference.fires ? "fires" : "clears",
                        "<code>\(escape(alarm.profile))/\(escape(alarm.behavior))</code>",
                        "\(alarm.subjectKind.rawValue) \(escape(alarm.subject))", escape(alarm.why), escape(known),
                    ]
                }, none: "None.") + more(result.differences.count)
    }

    private func more(_ count: Int) -> String {
        count > BacktestPage.listed ? "<p>… and \(count - BacktestPage.listed) more.</p>\n" : ""
    }
}
