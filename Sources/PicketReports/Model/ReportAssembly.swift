import PicketEvents
import PicketLog
import PicketProfiles

/// Turns what a pass over the log gathered into the parts of a report.
struct ReportAssembly {
    let request: ReportRequest
    let plan: ScanPlan
    let tally: LaneTally

    func fill(_ report: inout Report) {
        fillCounts(&report)
        report.violations.buckets = Array(repeating: 0, count: plan.buckets)
        var inForce: [SecurityProfile] = []
        // All fleet files of the period: of whom the last one says nothing any more an earlier one may speak.
        var registered: [(record: UInt64, devices: Set<String>)] = []
        var sets: [[SecurityProfile]] = []
        // Where retention deleted the record that named them, the record of the deletion says what was in force.
        if let (change, kept) = prunedChange() {
            report.changes = [change]
            inForce = kept?.profiles ?? []
            sets = [inForce]
            if let kept { registered = [(change.record, kept.devices)] }
        }
        // By mitigation, how far it came: an intent and its outcome are one.
        var states: [String: String] = [:]
        report.coverage = Coverage(from: plan.from, to: plan.to)
        report.findings = FindingSummary(from: plan.from)
        for note in tally.notes {
            guard let record = ReportRecord(note) else { continue }
            let isIn = record.received >= plan.from
            if record.kind == .log { report.coverage.log(record, alive: tally.presence.alive(before: record.index)) }
            if record.kind == .feed { report.coverage.feed(record) }
            switch record.kind {
            case .finding: report.findings.add(record)
            case .violation: report.violations.add(record, from: plan.from, bucket: plan.bucket)
            case .profile:
                var (change, kept) = change(record)
                // What was in force when the period began belongs to it, and what was before that does not.
                if !isIn {
                    report.changes = []
                    sets = []
                    registered = []
                }
                if let kept {
                    if isIn, !report.changes.isEmpty {
                        change.differences = ProfileDifference.words(from: inForce, to: kept.profiles)
                    }
                    inForce = kept.profiles
                    registered.append((record.index, kept.devices))
                } else {
                    // Their copy is not there: nobody can say what was in force, and it was not what came before.
                    inForce = []
                }
                report.changes.append(change)
                sets.append(inForce)
            case .gap:
                // It may be told after the period, or have begun before it.
                let gap = gap(record)
                if gap.from < plan.to, gap.to > plan.from { report.gaps.append(gap) }
            case .log where isIn: log(record, &report)
            case .feed where isIn:
                report.runs.append(entry(record, "feed \(record.text("name") ?? "") \(record.text("state") ?? "")"))
            case .clock where isIn:
                report.runs.append(entry(record, "clock: \(record.words(without: []))"))
            case .operator:
                report.violations.decide(record)
                if let silence = silence(record) { report.silences.append(silence) }
                if isIn { report.decisions.append(entry(record, RecordWords.decision(record))) }
            case .mitigation:
                report.violations.mitigate(record)
                guard isIn else { break }
                if let id = record.text("id"), let state = record.text("state") { states[id] = state }
                report.mitigations.append(entry(record, RecordWords.mitigation(record)))
            default: break
            }
        }
        report.coverage.finish(tally.presence, firstIndex: report.log.firstIndex, newest: tally.newest)
        fillUnseen(&report)
        report.acts = tally.users.sorted
        let fleets = registered.filter { !$0.devices.isEmpty }
        if !fleets.isEmpty, !tally.devices.isOver {
            let seen = Set(tally.devices.sorted.map(\.name))
            let devices = fleets.reduce(into: Set<String>()) { $0.formUnion($1.devices) }
            report.population = Report.Population(
                records: fleets.map(\.record), registered: devices.count,
                notSeen: devices.subtracting(seen).sorted(), notRegistered: seen.subtracting(devices).sorted())
        }
        report.violations.finish()
        report.findings.finish()
        report.mitigationStates = Dictionary(grouping: states.values) { $0 }
            .map { ($0.key, $0.value.count) }.sorted { $0.0 < $1.0 }
        fillProfiles(sets, &report)
        fillControls(&report)
        fillLimits(&report)
    }

    private func fillCounts(_ report: inout Report) {
        report.records = tally.kinds.reduce(0) { $0 + $1.count }
        report.kinds = EventKind.allCases.compactMap { kind in
            let count = tally.kinds[Int(kind.code)].count
            return count > 0 ? ("\(kind.name)", count) : nil
        }
        report.devices = tally.devices.count
        report.devicesAreMore = tally.devices.isOver
        report.feeds = tally.feeds.map {
            Report.Feed(
                name: String(decoding: $0.name, as: UTF8.self), events: $0.events, rejected: $0.rejected,
                delayed: $0.delayed, first: $0.first, last: $0.last, buckets: $0.buckets)
        }.sorted { $0.name < $1.name }
        for (place, breakdown) in plan.breakdowns.enumerated() where tally.breakdowns[place].count > 0 {
            report.breakdowns.append(
                (
                    "\(breakdown.kind.name)", breakdown.key, tally.breakdowns[place].count,
                    tally.breakdowns[place].isOver
                        ? [] : Array(tally.breakdowns[place].sorted.prefix(ReportLimits.names))
                ))
        }
    }

    /// How long each feed was not seen. One that brought nothing at all is in the list all the same.
    private func fillUnseen(_ report: inout Report) {
        let silent = report.coverage.silences.map(\.feed) + report.gaps.map(\.feed)
        for name in Set(silent).subtracting(report.feeds.map(\.name)) {
            report.feeds.append(
                Report.Feed(
                    name: name, events: 0, rejected: 0, delayed: 0, buckets: Array(repeating: 0, count: plan.buckets)))
        }
        report.feeds.sort { $0.name < $1.name }
        for place in report.feeds.indices {
            let name = report.feeds[place].name
            var stretches = report.coverage.outages.map { (from: $0.from, to: $0.to) }
            stretches += report.coverage.silences.filter { $0.feed == name }.map { (from: $0.from, to: $0.to) }
            stretches += report.gaps.filter { $0.feed == name }.map { (from: $0.from, to: $0.to) }
            report.feeds[place].unseen = Coverage.total(stretches, from: plan.from, to: plan.to)
        }
    }

    /// What the record of the last deletion says was in force where the log begins now; nil where nothing was deleted.
    private func prunedChange() -> (Report.ProfileChange, ReportRequest.Kept?)? {
        // A list of deletions that cannot be read was refused before, when the log was verified.
        guard let found = try? PrunedProfiles.find(folder: request.folder),
            let record = ReportRecord(LaneTally.Note(index: found.record, kind: .log, received: 0, line: found.line))
        else { return nil }
        let kept = request.profiles(found.sha256)
        let change = Report.ProfileChange(
            record: found.record, time: record.time("received") ?? 0, sha256: found.sha256,
            profiles: kept?.profiles.map(\.name) ?? [], isKept: kept != nil, isNamedByDeletion: true)
        return (change, kept)
    }

    private func change(_ record: ReportRecord) -> (Report.ProfileChange, ReportRequest.Kept?) {
        let sha256 = record.text("sha256") ?? ""
        let kept = request.profiles(sha256)
        let change = Report.ProfileChange(
            record: record.index, time: record.received, sha256: sha256, profiles: record.texts("profiles"),
            isKept: kept != nil)
        return (change, kept)
    }

    /// A decision to be silent, unless it had ended when the period began.
    private func silence(_ record: ReportRecord) -> Report.Exception? {
        guard record.text("action") == SilenceRecord.action, let until = record.time("until"), until > plan.from else {
            return nil
        }
        let kind = record.text("subject") ?? "device"
        let name = record.text(SubjectKind(rawValue: kind)?.recordKey ?? kind) ?? ""
        return Report.Exception(
            record: record.index, profile: record.text("profile") ?? "", behavior: record.text("behavior") ?? "",
            subject: kind == "device" ? name : "\(kind) \(name)", reason: record.text("reason") ?? "",
            owner: record.text("owner") ?? record.text("by") ?? "", expires: until)
    }

    private func gap(_ record: ReportRecord) -> Report.Gap {
        Report.Gap(
            record: record.index, feed: record.text("name") ?? "", from: record.time("from") ?? record.received,
            to: record.time("to") ?? record.received, cause: record.text("cause") ?? "")
    }

    private func log(_ record: ReportRecord, _ report: inout Report) {
        if let action = record.text("action"), record.text("by") != nil {
            let what = record.texts("what").joined(separator: ", ")
            report.accesses.append(
                entry(record, "\(record.text("by") ?? "") · \(action)\(what.isEmpty ? "" : " · " + what)"))
        } else if record.text("event") != "heartbeat" {
            // A heartbeat says that nothing happened, once a minute; what it is good for the coverage says.
            report.runs.append(entry(record, RecordWords.log(record)))
        }
    }

    private func entry(_ record: ReportRecord, _ what: String) -> Report.Entry {
        Report.Entry(record: record.index, time: record.received, what: what)
    }

    private func fillProfiles(_ sets: [[SecurityProfile]], _ report: inout Report) {
        var counts: [String: Int] = [:]
        for (behavior, count) in report.violations.byBehavior { counts[behavior] = count }
        var seen: Set<String> = []
        for profile in sets.flatMap({ $0 }) {
            for behavior in profile.behaviors {
                let name = "\(profile.name)/\(behavior.name)"
                let witnesses = Witnesses.of(behavior)
                let row = Report.BehaviorRow(
                    profile: profile.name, behavior: behavior.name, metric: behavior.metric.rawValue,
                    sentence: Explain.sentence(behavior), controls: profile.controls, violations: counts[name] ?? 0,
                    witnesses: witnesses, witnessed: witnesses.reduce(0) { $0 + tally.kinds[Int($1.code)].count })
                // A behavior that was changed within the period is told once for each meaning it had.
                if seen.insert(name + "\0" + row.sentence).inserted { report.behaviors.append(row) }
            }
            for exception in profile.exceptions {
                let row = Report.Exception(
                    profile: profile.name, behavior: exception.behavior ?? "all", subject: exception.subject ?? "all",
                    reason: exception.reason, owner: exception.owner, expires: exception.expires)
                if seen.insert("\0exception \(row)").inserted { report.exceptions.append(row) }
            }
        }
        // A log that a replay wrote names no profiles; its violations tell of their behaviors all the same.
        let known = Set(report.behaviors.map { "\($0.profile)/\($0.behavior)" })
        for (name, count) in report.violations.byBehavior where !known.contains(name) {
            guard let (profile, behavior, metric) = report.violations.metrics[name] else { continue }
            report.behaviors.append(
                Report.BehaviorRow(
                    profile: profile, behavior: behavior, metric: metric,
                    sentence: "The log does not hold this profile; only its violations say that it was in force.",
                    controls: [], violations: count))
        }
    }

    private func fillLimits(_ report: inout Report) {
        report.limits = [
            "It shows what feeds told Picket. What no feed reported is not in it, and is no evidence that nothing happened.",
            "It contributes evidence. Whether a requirement is met is for an assessor to judge, with evidence from elsewhere.",
            "Times are those of the machine that ran Picket; events carry their sources' times besides.",
        ]
        report.limits += report.log.notProven.map { "The log by itself does not prove \($0)." }
        if report.changes.contains(where: { !$0.isKept }) {
            report.limits.append(
                "Some profiles that were in force are not in the log folder: their behaviors are not listed.")
        }
        if report.log.firstIndex > 0 {
            report.limits.append(
                "Retention deleted the records below \(report.log.firstIndex). Of violations, decisions and silences of then "
                    + "that were still in force when the period began only what came later tells.")
        }
        if !report.coverage.isLive {
            report.limits.append(
                "No running Picket wrote this log (a replay of files did): it does not say when somebody watched.")
        }
        if report.population == nil, !report.devicesAreMore {
            report.limits.append("No fleet file was in force: which devices should have been seen is not known.")
        }
        if tally.users.isOver { report.limits.append("Users did more different things than can be listed.") }
        if report.devicesAreMore {
            report.limits.append(
                "More devices were named than are counted: which of them should have been seen is not told.")
        }
        if tally.foreign > 0 { report.limits.append("\(tally.foreign) lines of the log are none that Picket writes.") }
    }
}
