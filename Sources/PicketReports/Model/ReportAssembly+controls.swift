import PicketEvents

/// What the log says about each control of the framework.
extension ReportAssembly {
    func fillControls(_ report: inout Report) {
        var place = 0
        for control in report.framework.controls {
            let evidence = control.records.map { selector in
                defer { place += 1 }
                return Report.Evidence(selector: selector, span: span(selector, place))
            }
            let id = "\(report.framework.id):\(control.id)"
            let behaviors = report.behaviors.filter {
                $0.controls.contains(id) || control.metrics.contains($0.metric)
            }
            report.controls.append(result(control, evidence, behaviors, report))
        }
    }

    private func span(_ selector: RecordSelector, _ place: Int) -> LaneTally.Span {
        guard selector.conditions.isEmpty else { return tally.selections[place] }
        return selector.kinds.reduce(into: LaneTally.Span()) { $0.merge(tally.kinds[Int($1.code)]) }
    }

    private func result(
        _ control: ComplianceFramework.Control, _ evidence: [Report.Evidence], _ behaviors: [Report.BehaviorRow],
        _ report: Report
    ) -> Report.ControlResult {
        let audited = report.findings.items.filter { control.checks.contains($0.check) }
        let findings = audited.count { $0.isBad }
        let closed = audited.count { $0.needsAttention && $0.to != nil }
        let checked = control.checks.compactMap { check in audited.first { $0.check == check }?.record }
        let names = Set(behaviors.map { "\($0.profile)/\($0.behavior)" })
        // One that was open when the period began is not over because nobody looked at its beginning.
        let carried = report.violations.carried.filter { names.contains("\($0.profile)/\($0.behavior)") }
        let violations =
            carried.count + report.violations.endsOfDeleted.count { names.contains($0.behavior) }
            + report.violations.byBehavior.filter { names.contains($0.behavior) }.reduce(0) { $0 + $1.count }
        let excused =
            carried.count { !$0.needsAttention } + names.reduce(0) { $0 + (report.violations.excused[$1] ?? 0) }
        let records = evidence.reduce(0) { $0 + ($1.selector.isContext ? 0 : $1.span.count) }
        // A behavior that had nothing to look at found nothing, and that is no evidence.
        let seeing = Set(behaviors.filter(\.sees).map { "\($0.profile)/\($0.behavior)" })
        let outcome: Report.ControlResult.Outcome =
            if violations > excused || findings > 0 {
                .attention
            } else if records > 0 || !seeing.isEmpty || !checked.isEmpty || control.integrity {
                .contributes
            } else if !names.isEmpty {
                .noData
            } else {
                .none
            }
        var words: [String] = []
        if !behaviors.isEmpty {
            let blind = names.count - seeing.count
            words.append(
                "\(names.count) behavior\(names.count == 1 ? "" : "s") in force"
                    + (blind > 0 ? " (\(blind) of them without any record to look at)" : "")
                    + ", \(violations) violation\(violations == 1 ? "" : "s")"
                    + (excused > 0 ? " (\(excused) of them excused)" : ""))
        }
        if control.integrity { words.append("every record was read and is what was signed") }
        if !control.records.isEmpty { words.append("\(records) record\(records == 1 ? "" : "s") of evidence") }
        if !control.checks.isEmpty {
            words.append(
                checked.isEmpty
                    ? "no audit in this period"
                    : "\(findings) audit finding\(findings == 1 ? "" : "s")"
                        + (closed > 0 ? ", \(closed) more found and closed" : ""))
        }
        var samples: [UInt64] = []
        for item in evidence where item.span.count > 0 && !item.selector.isContext {
            samples += [item.span.first, item.span.last]
        }
        let began = report.violations.items.lazy.filter { names.contains("\($0.profile)/\($0.behavior)") }.prefix(3)
        samples += (carried + began).prefix(3).map(\.record)
        samples += checked
        var seen: Set<UInt64> = []
        samples = Array(samples.filter { seen.insert($0).inserted }.prefix(ReportLimits.samples))
        return Report.ControlResult(
            control: control, outcome: outcome, sentence: words.joined(separator: "; "), behaviors: behaviors,
            findings: findings, evidence: evidence, samples: samples)
    }
}
