import PicketEvents

/// The result for a person.
extension BacktestResult {
    /// Subjects and differences that a person is shown; JSON has more.
    private static let shown = 20

    package var text: [String] {
        [head, ""] + behaviors + (subjects.isEmpty ? [] : [""] + subjectLines) + limits
    }

    private var head: String {
        var words = "\(records) records"
        if let span { words += ", \(Timestamp.format(span.first)) to \(Timestamp.format(span.last))" }
        words += ", \(weeks) device-weeks\n"
        words += "fires \(changes.fires)   clears \(changes.clears)   stays \(changes.stays)\n"
        words += "old: \(side(old))\nnew: \(side(new))"
        if left > 0 { words += "\n\(left) alarms were counted and not compared: there are too many" }
        return words
    }

    /// Device-weeks with a decimal or two.
    package var weeks: String { BacktestResult.decimal(Int64((Double(deviceMilliseconds) / 6_048_000).rounded()), 2) }

    static func decimal(_ value: Int64, _ places: Int) -> String { FixedPointText.text(value, decimals: places) }

    /// `3 alarms, found 2 of 2 after 45 s, 1 wrong, 0.4 false per device-week`.
    package func side(_ side: Side) -> String {
        "\(side.behaviors) behavior\(side.behaviors == 1 ? "" : "s"), " + worth(side.tally)
    }

    /// What alarms are worth, in words.
    package func worth(_ tally: BacktestTally) -> String {
        var words = ["\(tally.alarms) alarm\(tally.alarms == 1 ? "" : "s")"]
        if attacks > 0 {
            let delay = tally.medianDelay.map { " after \(BacktestResult.duration($0))" } ?? ""
            words.append("found \(tally.found.count) of \(attacks)\(delay)")
        }
        if !incidents.isEmpty || isWhole { words.append("\(tally.wrong) wrong") }
        if tally.beside > 0 { words.append("\(tally.beside) beside an incident") }
        if tally.unjudged > 0, !incidents.isEmpty { words.append("\(tally.unjudged) not judged") }
        if tally.excused > 0 { words.append("\(tally.excused) excused") }
        if let rate = rate(tally.costs) {
            let what = incidents.isEmpty && !isWhole ? "" : "false "
            words.append("\(BacktestResult.decimal(rate, 3)) \(what)per device-week")
        }
        return words.joined(separator: ", ")
    }

    /// `45 s`, `12 min`, `-30 s`.
    package static func duration(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        return seconds.magnitude < 120 ? "\(seconds) s" : "\(seconds / 60) min"
    }

    private var behaviors: [String] {
        rows.map { row in
            let name = ViolationText.printable("\(row.profile)/\(row.behavior)")
            let limit: String =
                switch (row.was, row.now) {
                case (let was?, let now?) where was == now: now
                case (let was?, let now?): "was \(was), is \(now)"
                case (let was?, nil): "was \(was), is gone"
                case (nil, let now?): "new: \(now)"
                case (nil, nil): ""
                }
            let counts = "fires \(row.changes.fires), clears \(row.changes.clears), stays \(row.changes.stays)"
            return "\(name): \(ViolationText.printable(limit))\n    \(counts); \(worth(row.new))"
        }
    }

    private var subjectLines: [String] {
        let changed = subjects.filter { !$0.changes.isNone }
        guard !changed.isEmpty else { return ["no device has other alarms than before"] }
        var lines = ["who has other alarms than before:"]
        lines += changed.prefix(BacktestResult.shown).map {
            "  \($0.kind.rawValue) \(ViolationText.printable($0.name)): fires \($0.changes.fires), "
                + "clears \($0.changes.clears), stays \($0.changes.stays)"
        }
        if changed.count > BacktestResult.shown { lines.append("  … and \(changed.count - BacktestResult.shown) more") }
        return lines
    }

    private var limits: [String] {
        tradeOffs.flatMap { tradeOff -> [String] in
            let heads =
                ["", "alarm if", "alarms", "subjects"] + (attacks > 0 ? ["found", "after"] : []) + [
                    "per device-week"
                ]
            let rows = tradeOff.rows.enumerated().map { place, row -> [String] in
                let mark = (place == tradeOff.suggested ? ">" : " ") + (row.isOwn ? "=" : " ")
                let found =
                    attacks > 0
                    ? [
                        "\(row.tally.found.count) of \(attacks)",
                        row.tally.medianDelay.map { BacktestResult.duration($0) } ?? "-",
                    ] : []
                return [mark, row.alarm, "\(row.tally.alarms)", "\(row.tally.subjectCount)"] + found + [
                    rate(row.tally.costs).map { BacktestResult.decimal($0, 3) } ?? "-"
                ]
            }
            let name = ViolationText.printable("\(tradeOff.profile)/\(tradeOff.behavior)")
            return ["", "\(name)   (= present, > suggested)"] + BacktestResult.columns([heads] + rows) + [
                "  suggested: \(tradeOff.rows[tradeOff.suggested].alarm): \(tradeOff.why)"
            ]
        }
    }

    /// Lines whose cells stand below each other.
    private static func columns(_ rows: [[String]]) -> [String] {
        guard let first = rows.first else { return [] }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                // Words to the left, numbers to the right.
                return column < 2 ? cell.0 + space : space + cell.0
            }
            return "  " + cells.joined(separator: "  ")
        }
    }
}
