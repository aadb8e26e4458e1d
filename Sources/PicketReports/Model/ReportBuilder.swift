import PicketEvents
import PicketLog
import PicketProfiles

/// Makes a report from a log: verifies it, reads it once, and proves what is cited.
package struct ReportBuilder {
    private let request: ReportRequest
    private let lanes: Int

    /// - Parameter lanes: threads that read; the result does not depend on it.
    package init(_ request: ReportRequest, lanes: Int) {
        self.request = request
        self.lanes = max(lanes, 1)
    }

    /// - Parameter progress: is told in words what is done.
    /// - Throws: ``ReportRefusal`` when the log is not sound, `LogError` when it cannot be read.
    package func build(progress: (String) -> Void = { _ in }) throws -> Report {
        progress("checking the log")
        let verified = LogVerifier(folder: request.folder, trusted: request.trusted).run()
        guard verified.verdict == .sound, let newest = verified.newest else {
            throw ReportRefusal.notSound(verified)
        }
        guard let times = try LogExtent.times(folder: request.folder, below: newest.size) else {
            throw ReportRefusal.empty("the log has no signed record yet")
        }
        let from = request.from ?? times.first
        let to = request.to ?? (times.last + 1)
        guard from < to else { throw ReportRefusal.empty("the period ends before it begins") }

        progress("reading the log")
        let selectors = request.framework.controls.flatMap(\.records)
        let plan = ScanPlan(from: from, to: to, selectors: selectors)
        let tallies = try LogSweep.run(
            folder: request.folder, below: newest.size,
            lanes: (0..<lanes).map { _ in LaneTally(plan) }
        ) { $0.take($1) }
        var tally = tallies[0]
        for other in tallies.dropFirst() { tally.merge(other) }
        tally.notes.sort { $0.index < $1.index }
        tally.presence.finish()
        let last = lastCited(tally, to: to)
        guard tally.kinds.contains(where: { $0.count > 0 }) else {
            throw ReportRefusal.empty(
                "there is no signed record between \(Timestamp.format(from)) and \(Timestamp.format(to))")
        }

        progress("proving what is cited")
        var prover = try RecordProver(folder: request.folder, covering: last)
        var report = Report(
            tool: "picket \(request.version)", framework: request.framework, from: from, to: to, bucket: plan.bucket,
            log: log(verified, prover))
        ReportAssembly(request: request, plan: plan, tally: tally).fill(&report)
        try prove(&report, &prover)
        return report
    }

    /// The newest record that the report can cite: what tells of the period may stand after it.
    private func lastCited(_ tally: LaneTally, to: Int64) -> UInt64 {
        var last = tally.kinds.map(\.last).max() ?? 0
        for note in tally.notes where note.received >= to {
            if let from = ReportRecord(note)?.time("from"), from < to { last = max(last, note.index) }
        }
        if let deletion = try? PrunedProfiles.find(folder: request.folder) { last = max(last, deletion.record) }
        return last
    }

    private func log(_ verified: VerifyReport, _ prover: RecordProver) -> Report.Log {
        Report.Log(
            origin: prover.checkpoint.origin, size: prover.checkpoint.size, root: prover.checkpoint.rootText,
            firstIndex: verified.pruned, checkpoint: String(decoding: prover.note.bytes, as: UTF8.self),
            keys: verified.keys.map { "\($0.key)" }, notProven: verified.notProven)
    }

    /// Proves every record that is cited, up to a limit, the most telling first.
    private func prove(_ report: inout Report, _ prover: inout RecordProver) throws {
        // Whatever a page lists; what it leaves out it does not cite.
        var wanted: [UInt64] = report.controls.flatMap(\.samples)
        wanted += report.controls.flatMap(\.evidence).filter { $0.span.count > 0 && !$0.selector.isContext }
            .flatMap { [$0.span.first, $0.span.last] }
        wanted += report.changes.map(\.record) + report.gaps.map(\.record)
        wanted += report.silences.compactMap(\.record)
        wanted += report.population?.records ?? []
        wanted += report.coverage.outages.map(\.record)
        wanted += report.coverage.silences.flatMap { [$0.record] + ($0.endRecord.map { [$0] } ?? []) }
        wanted += (report.violations.items.prefix(ReportLimits.listed) + report.violations.carried)
            .flatMap { [$0.record] + ($0.endRecord.map { [$0] } ?? []) }
        wanted += report.violations.carried.flatMap { $0.decisions + $0.mitigations }
        wanted += report.violations.endsOfDeleted.map(\.record)
        for list in [report.runs, report.mitigations, report.decisions, report.accesses] {
            wanted += list.prefix(ReportLimits.listed).map(\.record)
        }
        wanted += report.findings.items.prefix(ReportLimits.listed)
            .flatMap { [$0.record] + ($0.closedRecord.map { [$0] } ?? []) }
        wanted += report.acts.prefix(ReportLimits.listed).flatMap { [$0.span.first, $0.span.last] }
        var seen: Set<UInt64> = []
        let distinct = wanted.filter { seen.insert($0).inserted && $0 < prover.checkpoint.size }
        report.unproved = max(0, distinct.count - ReportLimits.proofs)
        for index in distinct.prefix(ReportLimits.proofs).sorted() {
            let (proof, line) = try prover.proof(of: index)
            report.proofs.append(
                Report.Proof(
                    record: index, line: String(decoding: line, as: UTF8.self), hashes: proof.hashTexts))
        }
    }
}
