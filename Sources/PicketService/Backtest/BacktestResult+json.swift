import PicketEvents

/// The result as lines of JSON: `about` says what a line is about.
extension BacktestResult {
    /// Subjects and differences that are written one by one.
    private static let listed = 10_000

    package var jsonLines: [[UInt8]] {
        [summary] + rows.map(line) + tradeOffs.flatMap(lines) + subjects.prefix(BacktestResult.listed).map(line)
            + differences.prefix(BacktestResult.listed).map(line)
    }

    private var summary: [UInt8] {
        var line = RecordLine()
        line.add("about", "summary")
        line.add("records", Int64(clamping: records))
        if let span {
            line.add("from", time: span.first)
            line.add("to", time: span.last)
        }
        line.add("deviceWeeks", Int64((Double(deviceMilliseconds) / 604_800).rounded()), decimals: 3)
        line.add("truth", isWhole ? "file" : incidents.isEmpty ? "none" : "verdicts")
        line.add("incidents", Int64(attacks))
        line.add("fires", Int64(changes.fires))
        line.add("clears", Int64(changes.clears))
        line.add("stays", Int64(changes.stays))
        add(old.tally, "old", &line)
        add(new.tally, "new", &line)
        if left > 0 { line.add("notCompared", Int64(left)) }
        return line.finish()
    }

    /// The keys of one side: `newAlarms`, `newFound` and so on.
    private func add(_ tally: BacktestTally, _ side: String, _ line: inout RecordLine) {
        func key(_ name: String) -> String {
            side.isEmpty ? name.prefix(1).lowercased() + name.dropFirst() : side + name
        }
        line.add(key("Alarms"), Int64(tally.alarms))
        line.add(key("Subjects"), Int64(tally.subjectCount))
        if !incidents.isEmpty {
            line.add(key("Found"), Int64(tally.found.count))
            line.add(key("Wrong"), Int64(tally.wrong))
        }
        if let delay = tally.medianDelay { line.add(key("MedianDetectMs"), delay) }
        if tally.beside > 0 { line.add(key("Beside"), Int64(tally.beside)) }
        if tally.unjudged > 0 { line.add(key("Unjudged"), Int64(tally.unjudged)) }
        if tally.excused > 0 { line.add(key("Excused"), Int64(tally.excused)) }
        if let rate = rate(tally.costs) { line.add(key("FalsePerDeviceWeek"), rate, decimals: 3) }
    }

    private func line(_ row: Row) -> [UInt8] {
        var line = RecordLine()
        line.add("about", "behavior")
        line.add("profile", row.profile)
        line.add("behavior", row.behavior)
        if let was = row.was { line.add("was", was) }
        if let now = row.now { line.add("now", now) }
        line.add("fires", Int64(row.changes.fires))
        line.add("clears", Int64(row.changes.clears))
        line.add("stays", Int64(row.changes.stays))
        add(row.old, "old", &line)
        add(row.new, "new", &line)
        return line.finish()
    }

    private func lines(_ tradeOff: TradeOff) -> [[UInt8]] {
        tradeOff.rows.enumerated().map { place, row in
            var line = RecordLine()
            line.add("about", "limit")
            line.add("profile", tradeOff.profile)
            line.add("behavior", tradeOff.behavior)
            line.add("alarm", row.alarm)
            line.add("present", row.isOwn)
            line.add("suggested", place == tradeOff.suggested)
            add(row.tally, "", &line)
            if place == tradeOff.suggested { line.add("why", tradeOff.why) }
            return line.finish()
        }
    }

    private func line(_ subject: Subject) -> [UInt8] {
        var line = RecordLine()
        line.add("about", "subject")
        line.add("subject", subject.kind.rawValue)
        line.add(subject.kind.rawValue, subject.name)
        line.add("fires", Int64(subject.changes.fires))
        line.add("clears", Int64(subject.changes.clears))
        line.add("stays", Int64(subject.changes.stays))
        return line.finish()
    }

    private func line(_ difference: Difference) -> [UInt8] {
        let alarm = difference.alarm
        var line = RecordLine()
        line.add("about", "alarm")
        line.add("change", difference.fires ? "fires" : "clears")
        line.add("time", time: alarm.begin)
        if let end = alarm.end { line.add("end", time: end) }
        line.add("id", alarm.id)
        line.add("profile", alarm.profile)
        line.add("behavior", alarm.behavior)
        line.add("subject", alarm.subjectKind.rawValue)
        line.add(alarm.subjectKind.rawValue, alarm.subject)
        switch alarm.judgement {
        case .found(let number): line.add("found", incidents[number].name)
        case .wrong: line.add("judgement", "wrong")
        case .beside: line.add("judgement", "beside")
        case .unjudged: break
        }
        line.add("why", alarm.why)
        return line.finish()
    }
}
