import PicketEvents

/// The violations of a period.
package struct ViolationSummary: Sendable {
    /// One violation from its beginning to its end.
    struct Item: Sendable {
        var id: String
        var profile: String
        var behavior: String
        var subjectKind: String
        var subject: String
        var severity: String
        var evidence: String
        var identity: String?
        var value: String?
        var expected: String
        var why: String
        var isSuppressed: Bool
        /// Why nobody has to act on it, as the profile's exception or a person's silence said when it began.
        var excuse: String?
        /// The record that says it began.
        var record: UInt64
        /// When it began, by the events' own time.
        var firstSeen: Int64
        /// When Picket knew: the time of that record.
        var awareAt: Int64
        var endRecord: UInt64?
        var endEvent: String?
        var endedAt: Int64?
        /// What a person decided last, with the record and the time of the first decision.
        var verdict: String?
        var decidedAt: Int64?
        var decisions: [UInt64] = []
        var mitigations: [UInt64] = []

        /// Whether it was known beforehand that nobody has to act on it.
        var needsAttention: Bool { !isSuppressed && excuse == nil }
    }

    /// In-alarm transitions in the period.
    var count = 0
    /// Of those, how many had not ended at the end of the period.
    var open = 0
    var bySeverity: [(severity: String, count: Int)] = []
    var byBehavior: [(behavior: String, count: Int)] = []
    /// Of each behavior, those that need no attention: the behavior is only recorded, or an exception or a silence covers them.
    private(set) var excused: [String: Int] = [:]
    /// By bucket of the timeline.
    var buckets: [Int] = []
    /// Those that began in the period, in the order in which they began. Pages list the first of them.
    var items: [Item] = []
    /// Those that were open when the period began, with what became of them.
    var carried: [Item] = []

    /// Ends of violations whose beginning is not in the log any more: retention deleted it. In the order of the records.
    private(set) var endsOfDeleted: [(record: UInt64, behavior: String)] = []

    /// Where an open violation stands: among those of before the period, or in ``items``.
    private var places: [String: Int] = [:]
    private var before: [String: Item] = [:]
    /// The violation of each mitigation.
    private var violationOf: [String: String] = [:]
    private var openNow: Set<String> = []
    private var severities: [String: Int] = [:]
    private var behaviors: [String: Int] = [:]
    /// By `profile/behavior`: what it measures, as its violations say.
    private(set) var metrics: [String: (profile: String, behavior: String, metric: String)] = [:]

    init() {}

    mutating func add(_ record: ReportRecord, from: Int64, bucket: Int64) {
        guard let id = record.text("id"), let event = record.text("event") else { return }
        let isBefore = record.received < from
        guard event == "in-alarm" else {
            if isBefore {
                before[id] = nil
            } else if places[id] == nil, before[id] == nil {
                let name = "\(record.text("profile") ?? "")/\(record.text("behavior") ?? "")"
                endsOfDeleted.append((record.index, name))
            } else {
                openNow.remove(id)
                change(id) { item in
                    item.endRecord = record.index
                    item.endEvent = event
                    item.endedAt = record.time("time")
                }
            }
            return
        }
        let kind = record.text("subject") ?? "device"
        let item = Item(
            id: id, profile: record.text("profile") ?? "", behavior: record.text("behavior") ?? "",
            subjectKind: kind, subject: record.text(SubjectKind(rawValue: kind)?.recordKey ?? kind) ?? "",
            severity: record.text("severity") ?? "", evidence: record.text("evidence") ?? "",
            identity: record.text("identity"), value: record.any("value"), expected: record.text("expected") ?? "",
            why: record.text("why") ?? "", isSuppressed: record.flag("suppressed"),
            excuse: record.text("excepted") ?? record.text("silenced"), record: record.index,
            firstSeen: record.time("time") ?? record.received, awareAt: record.received)
        guard !isBefore else {
            before[id] = item
            return
        }
        count += 1
        openNow.insert(id)
        severities[item.severity, default: 0] += 1
        let name = "\(item.profile)/\(item.behavior)"
        behaviors[name, default: 0] += 1
        if !item.needsAttention { excused[name, default: 0] += 1 }
        metrics[name] = (item.profile, item.behavior, record.text("metric") ?? "")
        let place = Int((record.received - from) / bucket)
        if place < buckets.count { buckets[place] += 1 }
        places[id] = items.count
        items.append(item)
    }

    private mutating func change(_ id: String, _ body: (inout Item) -> Void) {
        if let place = places[id] {
            body(&items[place])
        } else if before[id] != nil, var item = before[id] {
            body(&item)
            before[id] = item
        }
    }

    /// A person decided something about a violation.
    mutating func decide(_ record: ReportRecord) {
        guard
            let id = record.text("violation") ?? record.text("mitigation").flatMap({ violationOf[$0] })
        else { return }
        change(id) { item in
            item.decisions.append(record.index)
            item.decidedAt = item.decidedAt ?? record.received
            if record.text("action") == "verify", let state = record.text("state") { item.verdict = state }
        }
    }

    /// Picket did something about a violation. Only the intent names it; facts and the outcome name the intent.
    mutating func mitigate(_ record: ReportRecord) {
        let id = record.text("id")
        if let violation = record.text("violation"), let id { violationOf[id] = violation }
        guard let violation = record.text("violation") ?? id.flatMap({ violationOf[$0] }) else { return }
        change(violation) { $0.mitigations.append(record.index) }
    }

    mutating func finish() {
        open = openNow.count
        carried = before.values.sorted { $0.record < $1.record }
        let order = ["critical": 0, "high": 1, "medium": 2, "low": 3]
        bySeverity = severities.map { ($0.key, $0.value) }.sorted {
            (order[$0.0] ?? 4, $0.0) < (order[$1.0] ?? 4, $1.0)
        }
        byBehavior = behaviors.map { ($0.key, $0.value) }.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        places = [:]
        before = [:]
        violationOf = [:]
    }
}
