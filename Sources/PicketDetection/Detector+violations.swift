import PicketEvents
import PicketProfiles

/// The life of a violation, and how it is written.
extension Detector {
    /// What a datapoint shows beside its value.
    struct Evidence {
        /// The weakest identity of its events.
        var identity = Identity.claimed
        /// Of metrics that are no number: what it shows.
        var text: String?
        /// Of limits that depend on others or on the past: what it is.
        var bound: Int64?
    }

    /// Opens a violation that belongs to `boundary`.
    mutating func open(
        _ rule: Int, _ subject: Int, _ track: inout Track, boundary: Int64, time: Int64, value: Int64,
        stage: Int64, _ evidence: Evidence
    ) {
        let behavior = plan.rules[rule].behavior
        let earlier = states[rule].countOpening(subject: subject, boundary: boundary)
        let name = subjects[plan.rules[rule].space].name(subject)
        let id = ViolationID.make(
            profile: plan.rules[rule].profile, behavior: behavior.name, subjectKind: behavior.subject,
            subject: name, boundary: boundary, earlier: earlier)
        let violation = Track.Open(
            boundary: boundary, id: id, first: time, last: time, value: value, worst: value, count: 1,
            identity: evidence.identity, text: evidence.text, bound: evidence.bound,
            excepted: exception(rule, String(decoding: name, as: UTF8.self), evidence.identity, at: time))
        track.open = violation
        pending.append(
            Transition(
                rule: rule, subject: subject, event: .inAlarm, time: time, value: value, text: evidence.text,
                bound: evidence.bound, open: violation, stage: stage))
    }

    /// Ends the open violation of `track`.
    mutating func close(
        _ rule: Int, _ subject: Int, _ track: inout Track, event: Violation.Event, time: Int64, value: Int64?,
        stage: Int64, text: String? = nil, bound: Int64? = nil, isChange: Bool = false
    ) {
        guard let violation = track.open else { return }
        track.open = nil
        states[rule].countEnd()
        if plan.isPredecessor[rule] { states[rule].lastEnds[subject] = time }
        pending.append(
            Transition(
                rule: rule, subject: subject, event: event, time: time, value: value, text: text, bound: bound,
                open: violation, stage: stage, isChange: isChange))
    }

    /// Why a violation is recorded and not acted on; nil when nothing excuses it. An exception holds only for those whose
    /// identity was proved, for what anybody can claim would excuse everybody; addresses, topics and feeds are what the
    /// broker itself saw.
    func exception(_ rule: Int, _ subject: String, _ identity: Identity, at time: Int64) -> String? {
        let kind = plan.rules[rule].behavior.subject
        let isProved = identity > .claimed || kind == .address || kind == .topic || kind == .feed
        guard isProved else { return nil }
        return plan.rules[rule].exceptions.first {
            $0.covers(behavior: plan.rules[rule].behavior.name, subject: subject, at: time)
        }?.reason
    }

    /// Writes out what the record at hand caused.
    mutating func write(_ violations: inout [Violation]) {
        for transition in pending { violations.append(violation(transition)) }
        pending.removeAll(keepingCapacity: true)
    }

    private func violation(_ transition: Transition) -> Violation {
        let rule = plan.rules[transition.rule]
        let behavior = rule.behavior
        let open = transition.open
        let ends = transition.event != .inAlarm
        var violation = Violation(
            time: transition.time, event: transition.event, id: open.id, profile: rule.profile,
            behavior: behavior.name, subjectKind: behavior.subject,
            subject: subjects[rule.space].string(transition.subject), metric: behavior.metric,
            value: transition.value, expected: behavior.expectedText, window: behavior.windowText,
            severity: behavior.severity.level(for: ends ? open.worst : open.value), evidence: rule.evidence,
            count: open.count, ended: ends ? (open.first, open.last, open.worst) : nil,
            isSuppressed: behavior.suppressed, why: why(transition, behavior))
        violation.identity = open.identity
        violation.excepted = open.excepted
        violation.silenced = silences.reason(of: violation)
        if behavior.metric.values != .number {
            violation.value = nil
            violation.text = transition.event == .alarmInvalidated ? open.text : transition.text
        }
        return violation
    }

    private func why(_ transition: Transition, _ behavior: Behavior) -> String {
        let text = transition.event == .alarmInvalidated ? transition.open.text : transition.text
        let last = behavior.why(value: transition.value ?? 0, text: text, bound: transition.bound)
        switch transition.event {
        case .inAlarm: return last
        case .alarmCleared:
            if behavior.metric.values != .number {
                return "as expected again\(text.map { ": \($0)" } ?? ": nothing was listed")"
            }
            if case .without = behavior.condition, transition.value == 0 {
                return "no other one in \(Quantity.words(seconds: ProfileLimits.quietSeconds))"
            }
            guard transition.value != nil else {
                return "as expected again: no message\(behavior.windowText.map { " in \($0)" } ?? "")"
            }
            return "as expected again: \(last)"
        case .alarmInvalidated:
            return transition.isChange
                ? "the behavior was changed or removed; last: \(last)" : "not heard of for 2 days; last: \(last)"
        }
    }
}
