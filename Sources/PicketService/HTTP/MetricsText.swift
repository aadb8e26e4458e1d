import PicketEvents
import PicketMitigation

/// Picket's own measures in Prometheus' text format: base units, `_total` for what only rises, and never a device as a label.
struct MetricsText {
    private var text = ""

    static func page(
        feeds: [LiveCounts.Feed], open: [Violation], opened: [[String]: UInt64], measures: Pipeline.Measures,
        now: Int64,
        desk: MitigationDesk? = nil, mitigations: [(step: String, state: String, count: Int)] = []
    ) -> String {
        var page = MetricsText()
        page.family("picket_build_info", "gauge", "The version that runs.", [(["version": Daemon.version], 1)])
        page.family(
            "picket_events_ingested_total", "counter", "Events in the log since Picket started.",
            feeds.flatMap { feed in
                feed.events.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                    (["source": feed.name, "kind": "\($0.key.name)"], Double($0.value))
                }
            })
        page.family(
            "picket_events_rejected_total", "counter", "Input that is no event, by reason.",
            feeds.flatMap { feed in
                feed.rejected.sorted { $0.key < $1.key }.map {
                    (["source": feed.name, "reason": $0.key], Double($0.value))
                }
            })
        page.family(
            "picket_events_dropped_total", "counter",
            "Events that are missing, by cause; a gap of unknown size is one.",
            feeds.flatMap { feed in
                feed.missing.sorted { $0.key < $1.key }.map {
                    (["source": feed.name, "reason": $0.key], Double($0.value))
                }
            })
        page.family(
            "picket_events_late_total", "counter", "Events that came after their window was judged.",
            feeds.map { (["source": $0.name], Double($0.late)) })
        page.family(
            "picket_events_ahead_total", "counter",
            "Events that claim to be more than five minutes later than they came.",
            feeds.map { (["source": $0.name], Double($0.ahead)) })
        page.family(
            "picket_source_clock_steps_total", "counter", "How often the clock of a feed's source was set.",
            feeds.map { (["source": $0.name], Double($0.clockSteps)) })
        page.family(
            "picket_source_lag_seconds", "gauge", "How long the newest event was under way.",
            feeds.filter { $0.lastEvent != nil }.map { (["source": $0.name], Double($0.lag) / 1_000) })
        page.family(
            "picket_source_last_event_timestamp_seconds", "gauge", "When the newest event came.",
            feeds.compactMap { feed in feed.lastEvent.map { (["source": feed.name], Double($0) / 1_000) } })
        page.family(
            "picket_source_up", "gauge",
            "0 for a feed that is silent or ended, 1 for one that brings events or still has time for its first.",
            feeds.map { feed in
                let state = feed.state(now: now)
                return (["source": feed.name], state == .live || state == .waiting ? 1 : 0)
            })
        page.family(
            "picket_violations_active", "gauge", "Open violations.",
            Dictionary(grouping: open) { [$0.profile, $0.behavior, $0.severity] }
                .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (labels($0.key), Double($0.value.count)) })
        page.family(
            "picket_violations_total", "counter", "Violations since Picket started.",
            opened.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (labels($0.key), Double($0.value)) })
        page.family("picket_log_records_total", "counter", "Records in the log.", [([:], Double(measures.records))])
        page.family(
            "picket_log_up", "gauge", "1 while the log is written, 0 while its disk is full or writing has failed.",
            [([:], measures.isWritten ? 1 : 0)])
        page.family(
            "picket_audit_log_last_verified_timestamp_seconds", "gauge",
            "When picket log verify last found this log sound; nothing when it never did.",
            measures.lastVerified.map { [([:], Double($0) / 1_000)] } ?? [])
        page.family(
            "picket_learned_subjects", "gauge",
            "Subjects of limits that learn: those still learned, and those judged already.",
            measures.learning.flatMap { one in
                [("learning", one.learning), ("ready", one.ready)].map { state, count in
                    (["profile": one.profile, "behavior": one.behavior, "state": state], Double(count))
                }
            })
        page.family(
            "picket_entities_tracked", "gauge", "Subjects that detection knows at the moment.",
            measures.subjects.map { (["subject": $0.kind], Double($0.count)) })
        page.family(
            "picket_profile_generation_info", "gauge",
            "The profiles in force, by the hash that the log names them with.",
            measures.profiles.map { [(["hash": $0], 1)] } ?? [])
        page.histogram(
            "picket_evaluation_duration_seconds", "How long detection took for the events of one frame.",
            measures.evaluation)
        page.family(
            "picket_remediations_total", "counter",
            "Steps of mitigation that have ended, in the whole log, by what came of them.",
            mitigations.filter { Intent.State(rawValue: $0.state)?.isFinal == true }.map {
                (["action": $0.step, "result": $0.state], Double($0.count))
            })
        if let desk { page.mitigation(desk) }
        return page.text
    }

    private mutating func histogram(_ name: String, _ help: String, _ values: DurationHistogram) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
        var count: UInt64 = 0
        for (bound, number) in zip(DurationHistogram.bounds.map { "\($0)" } + ["+Inf"], values.counts) {
            count += number
            text += "\(name)_bucket{le=\"\(bound)\"} \(count)\n"
        }
        text += "\(name)_sum \(values.sum)\n\(name)_count \(count)\n"
    }

    private mutating func mitigation(_ desk: MitigationDesk) {
        family(
            "picket_mitigations", "gauge", "Mitigations by state; those that wait for a person among them.",
            desk.counts.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                (["state": $0.key.rawValue], Double($0.value))
            })
        family(
            "picket_broker_alarm", "gauge", "1 where a broker may not refuse what it should.",
            desk.alarms.map { (["broker": $0.broker, "alarm": $0.alarm.rawValue], 1) })
    }

    private static func labels(_ key: [String]) -> [String: String] {
        ["profile": key[0], "behavior": key[1], "severity": key[2]]
    }

    private mutating func family(_ name: String, _ type: String, _ help: String, _ values: [([String: String], Double)])
    {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for (labels, value) in values {
            let list = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(MetricsText.escaped($0.value))\"" }
            let isWhole = value == value.rounded() && abs(value) < 1e15
            text += name + (list.isEmpty ? "" : "{\(list.joined(separator: ","))}")
            text += isWhole ? " \(Int64(value))\n" : " \(value)\n"
        }
    }

    /// As the format wants it: backslash, quote and line feed.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
