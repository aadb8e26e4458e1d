import PicketEvents
import PicketProfiles

/// What happens when time has certainly passed: windows end, and subjects are forgotten.
extension Detector {
    /// Moves every clock for a record that is no event of a feed, and looks at what that ends.
    mutating func advance(received: Int64) {
        if watermarks.advanceAll(received: received) || watermarks.least >= nextForget { evaluate() }
    }

    /// Evaluates every boundary that the watermarks have reached. What it causes is put in the order of DESIGN §5.
    @inline(never)
    mutating func evaluate() {
        let start = pending.count
        forgetSubjects(watermark: watermarks.least)
        for aggregate in aggregates.indices {
            let watermark = watermarks.clocks[clockOfAggregate[aggregate]].watermark
            guard watermark > 0 else { continue }
            evaluate(aggregate, through: watermark / aggregates[aggregate].slide)
            aggregates[aggregate].trim(watermark: watermark)
        }
        evaluateWaiting(isEnd: false)
        for clock in watermarks.clocks.indices { updateNextWork(clock) }
        sortStage(from: start)
    }

    /// Evaluates the boundaries that a foreign file still owes at its end: up to the end of the pane of its newest
    /// event.
    mutating func flush() {
        let start = pending.count
        forgetSubjects(watermark: watermarks.clocks.map(\.newest).max() ?? .min)
        for aggregate in aggregates.indices {
            let newest = watermarks.clocks[clockOfAggregate[aggregate]].newest
            guard newest > 0 else { continue }
            evaluate(aggregate, through: newest / aggregates[aggregate].slide + 1)
        }
        evaluateWaiting(isEnd: true)
        for clock in watermarks.clocks.indices {
            let newest = watermarks.clocks[clock].newest
            for aggregate in aggregates.indices where clockOfAggregate[aggregate] == clock && newest > 0 {
                // Nothing that comes later may fall into a window that was judged.
                let slide = aggregates[aggregate].slide
                watermarks.raise(clock: clock, to: (newest / slide + 1) * slide)
            }
            updateNextWork(clock)
        }
        sortStage(from: start)
    }

    /// All boundaries ascending over all behaviors, invalidations before the boundary of the same time, each by rule
    /// (profile name, place in its file) and subject; a reopening follows the end before it.
    mutating func sortStage(from start: Int) {
        guard pending.count > start + 1 else { return }
        let sorted = pending[start...].enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            if x.stage != y.stage { return x.stage < y.stage }
            let (xInvalid, yInvalid) = (x.event == .alarmInvalidated, y.event == .alarmInvalidated)
            if xInvalid != yInvalid { return xInvalid }
            if x.rule != y.rule { return x.rule < y.rule }
            if x.subject != y.subject {
                let table = subjects[plan.rules[x.rule].space]
                return table.name(x.subject).lexicographicallyPrecedes(table.name(y.subject))
            }
            return a.offset < b.offset
        }
        pending.replaceSubrange(start..., with: sorted.map(\.element))
    }

    /// Evaluates the boundaries of one aggregate up to boundary number `last`, those with something to look at.
    private mutating func evaluate(_ aggregate: Int, through last: Int64) {
        if aggregates[aggregate].hasBoundaryRules { evaluateVisits(aggregate, through: last) }
        for window in aggregates[aggregate].shape.windows {
            for rule in window.early where !states[rule].tracks.isEmpty {
                evaluateEarly(rule, aggregate, window.panes, through: last)
            }
        }
        aggregates[aggregate].evaluatedThrough = max(aggregates[aggregate].evaluatedThrough, last)
    }

    // MARK: Rules that alarm early

    /// Of a rule that alarms early only the subjects with a violation or a hit can change at a boundary.
    private mutating func evaluateEarly(_ rule: Int, _ aggregate: Int, _ panes: Int, through last: Int64) {
        for subject in Array(states[rule].tracks.keys) {
            // A violation cannot outlive the events that made it: after one duration without any, it clears. Boundaries
            // before its T and its hits conform, and change nothing.
            let relevant = states[rule].tracks[subject]?.firstBoundary ?? 0
            var boundary = max(aggregates[aggregate].evaluatedThrough + 1, relevant / aggregates[aggregate].slide)
            while boundary <= last, states[rule].tracks[subject] != nil {
                evaluateEarly(rule, aggregate, panes, subject, boundary)
                boundary += 1
            }
        }
    }

    private mutating func evaluateEarly(
        _ rule: Int, _ aggregate: Int, _ panes: Int, _ subject: Int, _ boundary: Int64
    ) {
        guard var track = states[rule].tracks[subject] else { return }
        let behavior = plan.rules[rule].behavior
        let slide = aggregates[aggregate].slide
        let time = boundary * slide
        // A largest size without events is no datapoint, which conforms.
        let value = aggregates[aggregate].value(subject: subject, boundary: boundary, panes: panes)
        if let value, plan.rules[rule].isViolated(by: value) {
            let identity = aggregates[aggregate].identity(subject: subject, boundary: boundary, panes: panes)
            track.since = .min
            if let violation = track.open {
                // T itself was counted when the violation opened.
                if time != violation.boundary {
                    track.open?.violate(time: time, value: value, isUpper: true, identity: identity)
                } else {
                    track.open?.settle(time: time, value: value, isUpper: true, identity: identity)
                }
            } else {
                open(
                    rule, subject, &track, boundary: time, time: time, value: value, stage: time,
                    Evidence(identity: identity))
            }
        } else if let violation = track.open, time > violation.boundary {
            if track.since == .min { track.since = time }
            let needed = Int64(behavior.datapointsToClear - 1) * Int64(panes) * slide
            if track.since + needed <= time {
                close(rule, subject, &track, event: .alarmCleared, time: time, value: value, stage: time)
                if let next = track.hits.filter({ $0.boundary > time }).min(by: { $0.boundary < $1.boundary }) {
                    open(
                        rule, subject, &track, boundary: next.boundary, time: next.time, value: next.value, stage: time,
                        Evidence(identity: next.identity))
                }
                track.since = .min
            }
        }
        track.hits.removeAll { $0.boundary <= time }
        states[rule].keep(track, subject: subject)
    }

    // MARK: Rules that are looked at when a window ends

    private mutating func evaluateVisits(_ aggregate: Int, through last: Int64) {
        let space = aggregates[aggregate].space
        while let visits = aggregates[aggregate].takeVisits(through: last) {
            let time = visits.boundary * aggregates[aggregate].slide
            for subject in visits.all ? Array(0..<subjects[space].count) : visits.subjects {
                // A forgotten subject, or one that will have been by then.
                let newest = subjects[space].newest[subject]
                guard newest != .min, time < newest + Limits.forgetAfter else { continue }
                lookAtBoundary(aggregate, subject, visits.boundary)
            }
            guard visits.compares else { continue }
            for window in aggregates[aggregate].shape.windows {
                for rule in window.population { compare(rule, aggregate, window.panes, visits.boundary) }
            }
        }
    }

    private mutating func lookAtBoundary(_ aggregate: Int, _ subject: Int, _ boundary: Int64) {
        let target = aggregates[aggregate].target
        // A subject that no event was counted for may not be meant at all.
        guard aggregates[aggregate].space != 0 || target < 0 || targets.includes(subject, in: target, subjects) else {
            return
        }
        for index in aggregates[aggregate].looks.indices {
            let next = aggregates[aggregate].looks[index]
            look(next.rule, aggregate, next.panes, subject, boundary)
        }
    }

    /// Looks at one subject at one boundary.
    private mutating func look(_ rule: Int, _ aggregate: Int, _ panes: Int, _ subject: Int, _ boundary: Int64) {
        let time = boundary * aggregates[aggregate].slide
        let duration = Int64(panes) * aggregates[aggregate].slide
        if plan.rules[rule].way == .history {
            lookAtPast(rule, aggregate, panes, subject, boundary)
            return
        }
        let value = aggregates[aggregate].value(subject: subject, boundary: boundary, panes: panes)
        let outcome: Track.Outcome
        if !plan.rules[rule].isUpper, !datapointExists(rule, aggregate, subject, time, duration) {
            outcome = .unknown
        } else if let value, plan.rules[rule].isViolated(by: value) {
            outcome = .violates
        } else {
            outcome = .conforms
        }
        settle(rule, aggregate, panes, subject, boundary, outcome, value, bound: nil)
    }

    /// What the outcome of one boundary means for a violation.
    ///
    /// - Parameter bound: the limit, where it depends on others or on the past.
    mutating func settle(
        _ rule: Int, _ aggregate: Int, _ panes: Int, _ subject: Int, _ boundary: Int64, _ outcome: Track.Outcome,
        _ value: Int64?, bound: Int64?
    ) {
        // Almost every look ends here, so it comes before everything that must be copied or searched for.
        if states[rule].tracks.isEmpty, outcome != .violates { return }
        let known = states[rule].tracks[subject]
        if known == nil, outcome != .violates { return }
        let behavior = plan.rules[rule].behavior
        let slide = aggregates[aggregate].slide
        let time = boundary * slide
        let duration = Int64(panes) * slide
        var track = known ?? Track()
        guard track.lastLook < time else { return }
        // Between the last look and this one nothing changed: every boundary there had the last outcome.
        if track.outcome == .violates { track.countUnlooked(through: time - slide, slide: slide) }
        if track.outcome != outcome || track.lastLook == .min { track.since = time }
        track.outcome = outcome
        track.lastLook = time
        switch outcome {
        case .unknown:
            break
        case .violates:
            let identity = aggregates[aggregate].identity(subject: subject, boundary: boundary, panes: panes)
            let due = track.since + Int64(behavior.datapointsToAlarm - 1) * duration
            if track.open != nil {
                track.open?.violate(
                    time: time, value: value ?? 0, isUpper: behavior.condition.isUpper, identity: identity)
            } else if due <= time {
                open(
                    rule, subject, &track, boundary: time, time: time, value: value ?? 0, stage: time,
                    Evidence(identity: identity, bound: bound))
            } else {
                visitAgain(rule, aggregate, subject, at: due / slide)
            }
        case .conforms:
            guard let violation = track.open, time > violation.boundary else { break }
            let due = track.since + Int64(behavior.datapointsToClear - 1) * duration
            if due <= time {
                close(
                    rule, subject, &track, event: .alarmCleared, time: time, value: value, stage: time, bound: bound)
            } else {
                visitAgain(rule, aggregate, subject, at: due / slide)
            }
        }
        if track.open == nil, track.outcome != .violates {
            states[rule].tracks[subject] = nil
        } else {
            states[rule].tracks[subject] = track
        }
    }

    private mutating func visitAgain(_ rule: Int, _ aggregate: Int, _ subject: Int, at boundary: Int64) {
        if plan.rules[rule].way == .population {
            aggregates[aggregate].compare(at: boundary)
        } else {
            aggregates[aggregate].visit(subject, at: boundary)
        }
    }

    /// Whether a datapoint that could still have risen exists: its whole window lies after the start of the pane in
    /// which the subject became known and the behavior was loaded, and nothing of it was unseen.
    private func datapointExists(
        _ rule: Int, _ aggregate: Int, _ subject: Int, _ time: Int64, _ duration: Int64
    ) -> Bool {
        let slide = aggregates[aggregate].slide
        let table = subjects[plan.rules[rule].space]
        let knownPane = table.knownSince[subject] / slide * slide
        let loadedPane = loadedSince[rule] == .min ? .min : loadedSince[rule] / slide * slide
        var since = max(knownPane, loadedPane)
        if !moved.isEmpty, plan.rules[rule].space == 0, plan.rules[rule].target >= 0,
            let time = moved[table.string(subject)]
        {
            // What it did in that pane before it was moved was not counted.
            since = max(since, (time / slide + 1) * slide)
        }
        return time - duration >= since && !overlapsGap(rule, time, duration: duration)
    }

    // MARK: Forgetting

    /// Forgets the subjects of which the watermark has heard nothing for two days; their open violations lose their
    /// meaning at that moment.
    private mutating func forgetSubjects(watermark: Int64) {
        guard watermark >= nextForget else { return }
        for space in plan.spaces.indices {
            while let due = subjects[space].nextForgotten(watermark: watermark) {
                // What happened before that moment, and concerns others too, happens while the subject is known.
                evaluatePopulations(space, before: due)
                evaluateWaiting(space: space, through: due - 1)
                guard let (subject, time) = subjects[space].forgetNext(watermark: watermark) else { break }
                settle(space, subject, before: time)
                drop(subject, space, time: time)
            }
        }
        nextForget = subjects.map(\.nextCheck).min() ?? .max
    }

    /// Evaluates the boundaries before `time` at which subjects are compared with each other.
    private mutating func evaluatePopulations(_ space: Int, before time: Int64) {
        for aggregate in aggregates.indices
        where aggregates[aggregate].shape.space == space && aggregates[aggregate].hasPopulationRules {
            evaluateVisits(aggregate, through: (time - 1) / aggregates[aggregate].slide)
        }
    }

    /// Evaluates the boundaries of one subject that end before it is forgotten.
    private mutating func settle(_ space: Int, _ subject: Int, before time: Int64) {
        for aggregate in aggregates.indices where aggregates[aggregate].shape.space == space {
            let last = (time - 1) / aggregates[aggregate].slide
            for window in aggregates[aggregate].shape.windows {
                for rule in window.early where states[rule].tracks[subject] != nil {
                    let relevant = states[rule].tracks[subject]?.firstBoundary ?? 0
                    var boundary = max(
                        aggregates[aggregate].evaluatedThrough + 1, relevant / aggregates[aggregate].slide)
                    while boundary <= last, states[rule].tracks[subject] != nil {
                        evaluateEarly(rule, aggregate, window.panes, subject, boundary)
                        boundary += 1
                    }
                }
            }
            guard aggregates[aggregate].hasBoundaryRules else { continue }
            // A look may ask for another one, at a later boundary.
            var after: Int64 = 0
            while let boundary = aggregates[aggregate].visit(of: subject, after: after, through: last) {
                lookAtBoundary(aggregate, subject, boundary)
                after = boundary
            }
        }
    }

    /// Ends every violation of `subject` and removes what is kept of it. Of a registered device its silence
    /// goes on, and what was learned of it stays.
    mutating func drop(_ subject: Int, _ space: Int, time: Int64) {
        let isRegistered = space == 0 && registered.contains(subject)
        for rule in plan.rules.indices where plan.rules[rule].space == space {
            if isRegistered, plan.rules[rule].behavior.metric == .silence { continue }
            if var track = states[rule].tracks[subject], let violation = track.open {
                if let (aggregate, _) = plan.place[rule], track.outcome == .violates {
                    let slide = aggregates[aggregate].slide
                    track.countUnlooked(through: (time - 1) / slide * slide, slide: slide)
                }
                close(
                    rule, subject, &track, event: .alarmInvalidated, time: time, value: violation.value, stage: time)
            }
            // What was learned in weeks is not lost in a weekend; the fleet file bounds how much that can be.
            states[rule].forget(subject: subject, keepsLearned: isRegistered)
        }
        for aggregate in aggregates.indices where aggregates[aggregate].shape.space == space {
            aggregates[aggregate].clear(subject: subject)
        }
        if space == 0, subject < sessions.count { sessions[subject] = 0 }
    }

    /// Works out when a clock must stop next.
    mutating func updateNextWork(_ clock: Int) {
        var next = Int64.max
        for aggregate in aggregates.indices where clockOfAggregate[aggregate] == clock {
            let slide = aggregates[aggregate].slide
            if aggregates[aggregate].nextVisit != .max { next = min(next, aggregates[aggregate].nextVisit * slide) }
            if hasTracks(aggregate) {
                let watermark = watermarks.clocks[clock].watermark
                next = min(next, watermark > 0 ? (watermark / slide + 1) * slide : 0)
            }
        }
        for rule in waitingRules where clockOfRule[rule] == clock { next = min(next, nextWork(ofWaiting: rule)) }
        watermarks.clocks[clock].nextWork = next
    }

    private func hasTracks(_ aggregate: Int) -> Bool {
        aggregates[aggregate].shape.windows.contains { window in
            window.early.contains { !states[$0].tracks.isEmpty }
        }
    }
}
