import PicketEvents
import PicketProfiles

/// The life of a violation, and how it is written.
extension Detector {
    /// Opens a violation that belongs to `boundary`.
    mutating func open(
        _ rule: Int, _ subject: Int, _ track: inout Track, boundary: Int64, time: Int64, value: Int64,
        stage: Int64
    ) {
        let behavior = plan.rules[rule].behavior
        let earlier = states[rule].countOpening(subject: subject, boundary: boundary)
        let id = ViolationID.make(
            profile: plan.rules[rule].profile, behavior: behavior.name, subjectKind: behavior.subject,
            subject: subjects[Detector.index(behavior.subject)].name(subject), boundary: boundary, earlier: earlier)
        let violation = Track.Open(
            boundary: boundary, id: id, first: time, last: time, value: value, worst: value, count: 1)
        track.open = violation
        pending.append(
            Transition(
                rule: rule, subject: subject, event: .inAlarm, time: time, value: value, open: violation, stage: stage))
    }

    /// Ends the open violation of `track`.
    mutating func close(
        _ rule: Int, _ subject: Int, _ track: inout Track, event: Violation.Event, time: Int64, value: Int64?,
        stage: Int64, isChange: Bool = false
    ) {
        guard let violation = track.open else { return }
        track.open = nil
        states[rule].countEnd()
        pending.append(
            Transition(
                rule: rule, subject: subject, event: event, time: time, value: value, open: violation, stage: stage,
                isChange: isChange))
    }

    /// Writes out what the record at hand caused.
    mutating func write(_ violations: inout [Violation]) {
        for transition in pending { violations.append(violation(transition)) }
        pending.removeAll(keepingCapacity: true)
    }

    private func violation(_ transition: Transition) -> Violation {
        let rule = plan.rules[transition.rule]
        let behavior = rule.behavior
        let subject = subjects[Detector.index(behavior.subject)].string(transition.subject)
        let open = transition.open
        let ends = transition.event != .inAlarm
        let why =
            switch (transition.event, transition.value) {
            case (.inAlarm, let value): behavior.why(value: value ?? 0)
            case (.alarmCleared, let value?): "as expected again: \(behavior.why(value: value))"
            case (.alarmCleared, nil): "as expected again: no message\(behavior.windowText.map { " in \($0)" } ?? "")"
            case (.alarmInvalidated, let value) where transition.isChange:
                "the behavior was changed or removed; last: \(behavior.why(value: value ?? 0))"
            case (.alarmInvalidated, let value): "not heard of for 2 days; last: \(behavior.why(value: value ?? 0))"
            }
        return Violation(
            time: transition.time, event: transition.event, id: open.id, profile: rule.profile,
            behavior: behavior.name, subjectKind: behavior.subject, subject: subject, metric: behavior.metric,
            value: transition.value, expected: behavior.expectedText, window: behavior.windowText,
            severity: behavior.severity.level(for: ends ? open.worst : open.value), evidence: rule.evidence,
            count: open.count, ended: ends ? (open.first, open.last, open.worst) : nil,
            isSuppressed: behavior.suppressed, why: why)
    }
}
