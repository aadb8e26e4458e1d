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
            let time = isEnd ? clock.newest : clock.watermark
            guard nextWork(ofWaiting: rule) <= time else { continue }
            if plan.rules[rule].way == .elapsed {
                evaluateElapsed(rule, through: time)
            } else {
                evaluateAbsence(rule, through: time)
            }
        }
    }

    // MARK: Seconds that pass

    /// When a subject of `rule` that was heard at `since` violates. What was not seen is no silence: it counts from the end
    /// of a gap.
    private func due(_ rule: Int, since: Int64) -> Int64 {
        guard let limit = plan.rules[rule].behavior.limit, limit.isUpper else { return .max }
        func due(_ since: Int64) -> Int64 {
            ElapsedState.due(since: since, bound: limit.bound, isReached: limit.comparison == .atLeast)
        }
        var start = since
        for gap in gaps where gap.from < due(start) && gap.to > start { start = gap.to }
        return due(start)
    }

    /// An event that says how things stand with a subject.
    @inline(never)
    mutating func hear(_ rule: Int, _ subject: Int, _ kind: EventKind, _ time: Int64) {
        let isCounting = plan.rules[rule].behavior.metric == .silence || kind == .disconnect
        let due = due(rule, since: time)
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
            let due = due(rule, since: since)
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
        var subject: Int? = subjectsAtHand[space] >= 0 ? subjectsAtHand[space] : nil
        if subject == nil {
            let resource = Field.resource.slice(row, of: batch)
            if resource.isPresent {
                guard let named = self.subject(named: resource, of: batch, in: space) else { return }
                subject = named
            }
        }
        let clock = clockOfRule[rule]
        let oldest = watermarks.clocks[clock].watermark
        let within = Int64(companion.withinSeconds) * 1_000
        states[rule].absence.hear(
            subject, time: time, oldestNeeded: oldest == .min ? .min : oldest - within)
    }

    /// The subject that a resource names: by its whole text, or by what stands behind its last `/`, as in
    /// `arn:aws:iot:eu-west-1:1:thing/lock-7`.
    private func subject(named resource: TextSlice, of batch: borrowing EventBatch, in space: Int) -> Int? {
        let text = batch.text.span.bytes
        if let subject = subjects[space].find(text, resource.range) { return subject }
        guard let slash = batch.text[resource.range].lastIndex(of: 0x2F) else { return nil }
        return subjects[space].find(text, slash + 1..<resource.range.upperBound)
    }

    private mutating func evaluateAbsence(_ rule: Int, through time: Int64) {
        guard case .without(let companion) = plan.rules[rule].behavior.condition else { return }
        let within = Int64(companion.withinSeconds) * 1_000
        while let (event, deadline, isMet) = states[rule].absence.takeDue(through: time, within: within) {
            conclude(
                rule, event.subject, event.time, deadline, isViolated: !isMet, value: 1,
                Evidence(identity: event.identity))
        }
        states[rule].absence.trim(oldestNeeded: time - within)
    }
}
