import PicketEvents
import PicketProfiles

/// Rules that wait for time to pass: silences, disconnections, and events that another one belongs to.
extension Detector {
    /// When a rule that waits must be looked at next.
    func nextWork(ofWaiting rule: Int) -> Int64 {
        plan.rules[rule].way == .elapsed ? states[rule].elapsed.next : states[rule].absence.next
    }

    /// Looks at everything whose time has come.
    ///
    /// - Parameter isEnd: nothing comes any more, so that time has passed up to the newest event.
    mutating func evaluateWaiting(isEnd: Bool) {
        for rule in waitingRules {
            let clock = watermarks.clocks[clockOfRule[rule]]
            evaluateWaiting(rule, through: isEnd ? clock.newest : clock.watermark)
        }
    }

    /// Looks at what waits for the subjects of `space` and whose time has come.
    mutating func evaluateWaiting(space: Int, through time: Int64) {
        for rule in waitingRules where plan.rules[rule].space == space { evaluateWaiting(rule, through: time) }
    }

    private mutating func evaluateWaiting(_ rule: Int, through time: Int64) {
        guard nextWork(ofWaiting: rule) <= time else { return }
        if plan.rules[rule].way == .elapsed {
            evaluateElapsed(rule, through: time)
        } else {
            evaluateAbsence(rule, through: time)
        }
    }

    // MARK: Seconds that pass

    /// When a subject of `rule` that was heard at `since` violates. What was not seen is no silence: it counts from the end
    /// of a gap.
    private func due(_ rule: Int, _ subject: Int, since: Int64) -> Int64 {
        guard let limit = plan.rules[rule].behavior.limit, limit.isUpper else { return .max }
        func due(_ since: Int64) -> Int64 {
            ElapsedState.due(since: since, bound: limit.bound, isReached: limit.comparison == .atLeast)
        }
        var start = since
        for gap in gaps.ending(after: since)
        where gap.from < due(start) && gap.to > start && excuses(gap, rule, subject) {
            start = gap.to
        }
        return due(start)
    }

    /// An event that says how things stand with a subject.
    @inline(never)
    mutating func hear(_ rule: Int, _ subject: Int, _ kind: EventKind, _ time: Int64) {
        let behavior = plan.rules[rule].behavior
        // Whoever was refused only claimed to be this device, or this user.
        if kind == .connectFailed, [.device, .user].contains(behavior.subject) { return }
        let isCounting = behavior.metric == .silence || kind == .disconnect
        let due = due(rule, subject, since: time)
        guard states[rule].elapsed.hear(subject, time: time, counts: isCounting, due: due) else { return }
        if due < watermarks.clocks[clockOfRule[rule]].nextWork { updateNextWork(clockOfRule[rule]) }
        guard var track = states[rule].tracks[subject], let violation = track.open, time > violation.boundary else {
            return
        }
        track.open?.worst = max(violation.worst, (time - violation.boundary) / 1_000 + violation.value)
        close(rule, subject, &track, event: .alarmCleared, time: time, value: 0, stage: time)
        states[rule].tracks[subject] = nil
    }

    private mutating func evaluateElapsed(_ rule: Int, through time: Int64) {
        while let (subject, since) = states[rule].elapsed.take(through: time) {
            let due = due(rule, subject, since: since)
            guard due <= time else {
                states[rule].elapsed.wait(subject, until: due)
                continue
            }
            guard states[rule].tracks[subject] == nil else { continue }
            var track = Track()
            track.outcome = .violates
            open(
                rule, subject, &track, boundary: due, time: due, value: (due - since + 999) / 1_000, stage: due,
                Evidence())
            states[rule].tracks[subject] = track
        }
    }

    // MARK: Absence

    /// An event that another one must belong to.
    mutating func wait(_ rule: Int, _ subject: Int, _ time: Int64, _ identity: Identity) {
        guard case .without(let companion) = plan.rules[rule].behavior.condition,
            time >= watermarks.clocks[clockOfRule[rule]].watermark
        else { return }
        let deadline = time + Int64(companion.withinSeconds) * 1_000
        states[rule].absence.wait(
            AbsenceState.Waiting(subject: subject, time: time, identity: identity), until: deadline)
        if deadline < watermarks.clocks[clockOfRule[rule]].nextWork { updateNextWork(clockOfRule[rule]) }
    }

    /// A companion. One that names no subject in the rule's space belongs to the one that its `resource` names, and to
    /// all when it names nothing.
    mutating func hearCompanion(_ rule: Int, _ batch: borrowing EventBatch, _ row: Int, _ time: Int64) {
        guard case .without(let companion) = plan.rules[rule].behavior.condition else { return }
        let space = plan.rules[rule].space
        let watermark = watermarks.clocks[clockOfRule[rule]].watermark
        let oldest = watermark == .min ? .min : Detector.oldestCompanion(companion, watermark: watermark)
        let resource = Field.resource.slice(row, of: batch)
        if subjectsAtHand[space] >= 0 || !resource.isPresent {
            let subject = subjectsAtHand[space] >= 0 ? subjectsAtHand[space] : nil
            states[rule].absence.hear(subject, time: time, oldestNeeded: oldest)
            return
        }
        // A subject is named by the whole text, or by what stands behind its last `/`, as in
        // `arn:aws:iot:eu-west-1:1:thing/lock-7`.
        let name = batch.text[resource.range]
        states[rule].absence.hear(named: Array(name), time: time, oldestNeeded: oldest)
        if let slash = name.lastIndex(of: 0x2F) {
            states[rule].absence.hear(named: Array(name[(slash + 1)...]), time: time, oldestNeeded: oldest)
        }
    }

    /// So long after the last event that nothing belonged to its violation ends, as that of `any` does: the next such event
    /// is told anew, and not hidden in a violation that no companion ever ends.
    private static let quiet = Int64(ProfileLimits.quietSeconds) * 1_000

    /// Ends a violation at `time`, if nothing made it longer in the meantime.
    private mutating func endQuiet(_ rule: Int, _ subject: Int, at time: Int64) {
        guard var track = states[rule].tracks[subject], let violation = track.open,
            violation.last + Detector.quiet == time
        else { return }
        close(rule, subject, &track, event: .alarmCleared, time: time, value: 0, stage: time)
        states[rule].tracks[subject] = nil
    }

    /// The oldest companion that an event which still waits at `watermark` may need: the event happened up to `within`
    /// before that, and its companion up to `within` before the event.
    private static func oldestCompanion(_ companion: Companion, watermark: Int64) -> Int64 {
        watermark - 2 * Int64(companion.withinSeconds) * 1_000
    }

    private mutating func evaluateAbsence(_ rule: Int, through time: Int64) {
        guard case .without(let companion) = plan.rules[rule].behavior.condition else { return }
        let within = Int64(companion.withinSeconds) * 1_000
        let table = subjects[plan.rules[rule].space]
        while true {
            if let (subject, end) = states[rule].absence.takeQuiet(through: time) {
                endQuiet(rule, subject, at: end)
                continue
            }
            guard
                let (event, deadline, isMet) = states[rule].absence.takeDue(
                    through: time, within: within, name: { table.name($0) })
            else { break }
            // Unknown is neither an alarm nor the end of one.
            if !isMet, mayHaveMissed(rule, event.time, within: within) { continue }
            conclude(
                rule, event.subject, event.time, deadline, isViolated: !isMet, value: 1,
                Evidence(identity: event.identity))
            if !isMet, states[rule].tracks[event.subject]?.open != nil {
                states[rule].absence.endWhenQuiet(event.subject, at: deadline + Detector.quiet)
            }
        }
        states[rule].absence.trim(oldestNeeded: Detector.oldestCompanion(companion, watermark: time))
    }
}
