import PicketEvents

/// Says what alarms are worth, by what is known.
struct BacktestJudge: Sendable {
    let incidents: [BacktestIncident]
    /// Whether everything that happened is known: then an alarm about nothing known is wrong. Where only people's words are
    /// known, nobody looked at it yet.
    let isWhole: Bool
    /// Numbers of incidents by the subject they name, so that a million alarms are not compared with all of them.
    private var bySubject: [String: [Int]] = [:]
    private var attacks: [Int] = []

    init(_ incidents: [BacktestIncident], isWhole: Bool) {
        self.incidents = incidents
        self.isWhole = isWhole
        for (number, incident) in incidents.enumerated() {
            if incident.isAttack { attacks.append(number) }
            for (kind, subject) in incident.subjects {
                bySubject["\(kind.rawValue) \(subject)", default: []].append(number)
            }
        }
    }

    /// - Parameters:
    ///   - behavior: `profile/behavior`, also of an alarm of the same with another limit.
    ///   - window: of the behavior, in milliseconds.
    func judge(_ alarm: Violation, behavior: String, window: Int64) -> BacktestAlarm.Judgement {
        let named = (bySubject["\(alarm.subjectKind.rawValue) \(alarm.subject)"] ?? []).filter {
            incidents[$0].spans(alarm.time, window: window)
        }
        if let attack = named.first(where: { incidents[$0].isAttack }) { return .found(attack) }
        if named.contains(where: { incidents[$0].behavior == behavior }) { return .wrong }
        guard isWhole else { return .unjudged }
        let isBeside = attacks.contains {
            incidents[$0].subjects[alarm.subjectKind] == nil && incidents[$0].spans(alarm.time, window: window)
        }
        return isBeside ? .beside : .wrong
    }
}
