import PicketEvents

/// The coverage of a period as an inline SVG: a row of bars for each feed, gaps in red below them, violations at the end.
struct TimelineChart {
    private let report: Report

    init(_ report: Report) { self.report = report }

    private static let left = 150
    private static let width = 850
    private static let row = 46
    private static let bar = 34
    /// Feeds that are drawn; more would not fit on a page.
    private static let feeds = 12

    var svg: String {
        let rows = report.feeds.prefix(TimelineChart.feeds)
        let height = (rows.count + 1) * TimelineChart.row + 30
        var out = "<svg viewBox=\"0 0 \(TimelineChart.left + TimelineChart.width + 10) \(height)\" role=\"img\" "
        out += "aria-label=\"Events of each feed and violations over the period\">\n"
        for outage in report.coverage.outages {
            let (x, end) = (position(outage.from), position(outage.to))
            out += "<rect class=\"outage\" x=\"\(x)\" y=\"0\" width=\"\(max(2, end - x))\" height=\"\(height - 24)\">"
            out += "<title>\(HTMLText.escape(outage.cause.rawValue))</title></rect>\n"
        }
        for (place, feed) in rows.enumerated() {
            out += line(place, feed.name, feed.buckets, "bar")
            for gap in report.gaps where gap.feed == feed.name { out += mark(place, gap.from, gap.to, gap.cause) }
            for silence in report.coverage.silences where silence.feed == feed.name {
                out += mark(place, silence.from, silence.to, "the feed was silent")
            }
        }
        out += line(rows.count, "violations", report.violations.buckets, "alarm")
        out += axis(height)
        return out + "</svg>\n"
    }

    private func line(_ place: Int, _ name: String, _ buckets: [Int], _ style: String) -> String {
        let base = place * TimelineChart.row + TimelineChart.bar
        let short = name.count > 20 ? String(name.prefix(19)) + "…" : name
        var out = "<text x=\"\(TimelineChart.left - 8)\" y=\"\(base - 4)\" text-anchor=\"end\">"
        out += "\(HTMLText.escape(short))</text>\n"
        let end = TimelineChart.left + TimelineChart.width
        out += "<line x1=\"\(TimelineChart.left)\" y1=\"\(base)\" x2=\"\(end)\" y2=\"\(base)\" class=\"rule\"/>\n"
        let most = max(buckets.max() ?? 0, 1)
        for (bucket, count) in buckets.enumerated() where count > 0 {
            let x = position(bucket, buckets.count)
            let next = position(bucket + 1, buckets.count)
            // What happened at all is seen, however little it was.
            let height = max(2, count * (TimelineChart.bar - 6) / most)
            out += "<rect class=\"\(style)\" x=\"\(x)\" y=\"\(base - height)\" width=\"\(max(1, next - x - 1))\" "
            out += "height=\"\(height)\"><title>\(HTMLText.number(count))</title></rect>\n"
        }
        return out
    }

    private func mark(_ place: Int, _ from: Int64, _ to: Int64, _ cause: String) -> String {
        let base = place * TimelineChart.row + TimelineChart.bar
        let (x, end) = (position(from), position(to))
        return "<rect class=\"gap\" x=\"\(x)\" y=\"\(base + 2)\" width=\"\(max(2, end - x))\" height=\"5\">"
            + "<title>\(HTMLText.escape(cause))</title></rect>\n"
    }

    private func axis(_ height: Int) -> String {
        var out = ""
        // Of a short period the minutes would all be the same.
        let digits = report.to - report.from < 600_000 ? 19 : 16
        for (place, anchor) in [(0, "start"), (1, "middle"), (2, "end")] {
            let time = report.from + (report.to - report.from) * Int64(place) / 2
            let x = TimelineChart.left + TimelineChart.width * place / 2
            out += "<text x=\"\(x)\" y=\"\(height - 8)\" text-anchor=\"\(anchor)\" class=\"axis\">"
            out += "\(Timestamp.format(time).prefix(digits).replacing("T", with: " "))</text>\n"
        }
        return out
    }

    private func position(_ bucket: Int, _ count: Int) -> Int {
        TimelineChart.left + TimelineChart.width * bucket / max(count, 1)
    }

    private func position(_ time: Int64) -> Int {
        let inside = min(max(time, report.from), report.to) - report.from
        return TimelineChart.left + Int(Int64(TimelineChart.width) * inside / (report.to - report.from))
    }
}
