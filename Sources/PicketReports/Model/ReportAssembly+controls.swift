import PicketEvents

/// What the log says about each control of the framework.
extension ReportAssembly {
    func fillControls(_ report: inout Report) {
        var place = 0
        let findings = findingCounts()
        for control in report.framework.controls {
            let evidence = control.records.map { selector in
                defer { place += 1 }
                return Report.Evidence(selector: selector, span: span(selector, place))
            }
            let id = "\(report.framework.id):\(control.id)"
            let behaviors = report.behaviors.filter {
                $0.controls.contains(id) || control.metrics.contains($0.metric)
            }
            report.controls.append(
                result(
                    control, evidence, behaviors, control.checks.reduce(0) { $0 + (findings[$1]?.bad ?? 0) },
                    control.checks.compactMap { findings[$0]?.first }, report))
        }
    }

    private func span(_ selector: RecordSelector, _ place: Int) -> LaneTally.Span {
        guard selector.conditions.isEmpty else { return tally.selections[place] }
        return selector.kinds.reduce(into: LaneTally.Span()) { $0.merge(tally.kinds[Int($1.code)]) }
    }

    /// What audits found in the period, in log order. An audit that is repeated finds the same again: of each check and
    /// resource the newest record stands.
    func newestFindings() -> [ReportRecord] {
        var newest: [String: ReportRecord] = [:]
        for note in tally.notes where note.kind == .finding && note.received >= plan.from {
            guard let record = ReportRecord(note), let check = record.text("check") else { continue }
            newest["\(check)\n\(record.text("resource") ?? "")"] = record
        }
        return newest.values.sorted { $0.index < $1.index }
    }

    func words(ofFinding record: ReportRecord) -> String {
        var words = [record.text("severity"), record.text("check"), record.text("resource"), record.text("why")]
        if record.text("state") == "clean" { words.append("nothing found") }
        if record.flag("suppressed") {
            words.append(
                "accepted by \(record.text("owner") ?? "") until \(record.text("expires")?.prefix(10) ?? ""): "
                    + (record.text("reason") ?? ""))
        }
        return words.compactMap { $0 }.joined(separator: " · ")
    }

    /// By audit check: how many findings need attention, and the first record of the check.
    private func findingCounts() -> [String: (bad: Int, first: UInt64)] {
        var counts: [String: (bad: Int, first: UInt64)] = [:]
        for record in newestFindings() {
            guard let check = record.text("check") else { continue }
            let isBad = record.text("state") == "found" && !record.flag("suppressed")
            let known = counts[check] ?? (0, record.index)
            counts[check] = (known.bad + (isBad ? 1 : 0), known.first)
        }
        return counts
    }

    private func result(
        _ control: ComplianceFramework.Control, _ evidence: [Report.Evidence], _ behaviors: [Report.BehaviorRow],
        _ findings: Int, _ checked: [UInt64], _ report: Report
    ) -> Report.ControlResult {
        let names = Set(behaviors.map { "\($0.profile)/\($0.behavior)" })
        let violations = report.violations.byBehavior.filter { names.contains($0.behavior) }
            .reduce(0) { $0 + $1.count }
        let records = evidence.reduce(0) { $0 + ($1.selector.isContext ? 0 : $1.span.count) }
        // A behavior that had nothing to look at found nothing, and that is no evidence.
        let seeing = Set(behaviors.filter(\.sees).map { "\($0.profile)/\($0.behavior)" })
        let outcome: Report.ControlResult.Outcome =
            if violations > 0 || findings > 0 {
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
                    + ", \(violations) violation\(violations == 1 ? "" : "s")")
        }
        if control.integrity { words.append("every record was read and is what was signed") }
        if !control.records.isEmpty { words.append("\(records) record\(records == 1 ? "" : "s") of evidence") }
        if !control.checks.isEmpty {
            words.append(
                checked.isEmpty
                    ? "no audit in this period" : "\(findings) audit finding\(findings == 1 ? "" : "s")")
        }
        var samples: [UInt64] = []
        for item in evidence where item.span.count > 0 && !item.selector.isContext {
            samples += [item.span.first, item.span.last]
        }
        samples += report.violations.items.filter { names.contains("\($0.profile)/\($0.behavior)") }.prefix(3)
            .map(\.record)
        samples += checked
        var seen: Set<UInt64> = []
        samples = Array(samples.filter { seen.insert($0).inserted }.prefix(ReportLimits.samples))
        return Report.ControlResult(
            control: control, outcome: outcome, sentence: words.joined(separator: "; "), behaviors: behaviors,
            findings: findings, evidence: evidence, samples: samples)
    }
}
