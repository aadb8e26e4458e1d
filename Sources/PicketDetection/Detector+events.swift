package import PicketEvents
import PicketProfiles

/// The hot path: one event after another, in the order of the log.
extension Detector {
    /// Evaluates events.
    ///
    /// - Parameters:
    ///   - batch: with received and engine times stamped by the sequencer.
    ///   - rows: the events to take, in order.
    ///   - violations: what they caused is appended, in the order of DESIGN §5.
    package mutating func step(_ batch: borrowing EventBatch, rows: Range<Int>, into violations: inout [Violation]) {
        var start = rows.lowerBound
        while start < rows.upperBound {
            let end = min(start + Detector.rowsAtOnce, rows.upperBound)
            stepTogether(batch, start..<end, &violations)
            start = end
        }
    }

    /// Events whose subjects are looked up together: enough that the waits for memory overlap, few enough that what was
    /// fetched is still near when it is used.
    private static let rowsAtOnce = 256

    private mutating func stepTogether(
        _ batch: borrowing EventBatch, _ rows: Range<Int>, _ violations: inout [Violation]
    ) {
        resolveSubjects(batch, rows)
        for row in rows {
            let head = batch.head[row]
            let received = batch.received[row]
            if head.kind == .rejected {
                statistics.rejected += 1
                advance(received: received)
                if !pending.isEmpty { write(&violations) }
                continue
            }
            statistics.events += 1
            let time = batch.engineTime[row]
            let feed = Int(head.feed.index)
            watermarks.see(
                feed: feed, engineTime: time, received: received, isDeviceClaimed: head.kind.isDeviceClaimed)
            if watermarks.advanceAll(feed: feed, time: time, received: received) || watermarks.least >= nextForget {
                evaluate()
            }
            if watermarks.isLate(time, feed: feed) { statistics.late += 1 }
            let boundaryStage = pending.count
            take(batch, row, row &- rows.lowerBound, head, time)
            if wasRenumbered {
                wasRenumbered = false
                resolveSubjects(batch, rows)
            }
            if !pending.isEmpty {
                if pending.count > boundaryStage + 1 { sortStage(from: boundaryStage) }
                write(&violations)
            }
        }
    }

    /// Finds the numbers of the subjects of all events first: look-ups that do not wait for each other are several
    /// times faster than one look-up for each event.
    private mutating func resolveSubjects(_ batch: borrowing EventBatch, _ rows: Range<Int>) {
        let text = batch.text.span.bytes
        for kind in plan.subjects {
            let index = Detector.index(kind)
            resolved[index].removeAll(keepingCapacity: true)
            for row in rows {
                let slice = kind.slice(batch, row)
                guard slice.isPresent, batch.head[row].kind != .rejected else {
                    resolved[index].append(-1)
                    continue
                }
                resolved[index].append(Int32(truncatingIfNeeded: subjects[index].number(text, slice.range)))
            }
        }
        // A look at each subject's panes, whose value does not matter: it fetches them while the others are fetched.
        for row in rows {
            for kind in 0..<resolved.count where plan.isSubject[kind] {
                let subject = resolved[kind][row &- rows.lowerBound]
                if subject >= 0 { touched &+= subjects[kind].touch(Int(subject)) }
            }
            for number in plan.aggregateIntakes.range(Int(batch.head[row].kind.code)) {
                let intake = plan.aggregateIntakes.all[number]
                let subject = resolved[intake.subject][row &- rows.lowerBound]
                if subject >= 0 { touched &+= aggregates[intake.index].touch(Int(subject)) }
            }
        }
    }

    /// Gives one event to everything that measures it.
    ///
    /// - Parameter place: the event's place in ``resolved``.
    @inline(__always)
    private mutating func take(
        _ batch: borrowing EventBatch, _ row: Int, _ place: Int, _ head: EventBatch.Head, _ time: Int64
    ) {
        for kind in 0..<subjectsAtHand.count where plan.isSubject[kind] {
            let subject = Int(resolved[kind][place])
            subjectsAtHand[kind] = subject
            if subject >= 0, subjects[kind].see(subject, time: time) {
                greet(subject, SubjectKind.allCases[kind], time)
            }
        }
        let kind = Int(head.kind.code)
        for number in plan.aggregateIntakes.range(kind) {
            let intake = plan.aggregateIntakes.all[number]
            let subject = subjectsAtHand[intake.subject]
            guard subject >= 0, !intake.isSelective || intake.metric.counts(head),
                intake.filter < 0 || plan.filters[intake.filter].matches(row, of: batch)
            else { continue }
            addToPane(intake.index, subject, time, batch.bytes[row])
        }
        for number in plan.instantIntakes.range(kind) {
            let intake = plan.instantIntakes.all[number]
            let subject = subjectsAtHand[intake.subject]
            guard subject >= 0, !intake.isSelective || intake.metric.counts(head),
                intake.filter < 0 || plan.filters[intake.filter].matches(row, of: batch)
            else { continue }
            judge(intake.index, subject, time, intake.isCount ? 1 : batch.bytes[row])
        }
    }

    /// A subject that was not known, or was forgotten, has its first event.
    @inline(never)
    private mutating func greet(_ subject: Int, _ kind: SubjectKind, _ time: Int64) {
        let index = Detector.index(kind)
        for aggregate in aggregates.indices where aggregates[aggregate].shape.key.subject == kind {
            aggregates[aggregate].reserve(subjects: subject + 1)
            // A lower limit can be violated by a subject of which nothing more is heard: the first whole window after
            // the pane in which it became known is looked at, or the next one when a late event made it known.
            let watermark = watermarks.clocks[clockOfAggregate[aggregate]].watermark
            let next = watermark > 0 ? aggregates[aggregate].pane(watermark) + 1 : 0
            for window in aggregates[aggregate].shape.windows where !window.atBoundary.isEmpty {
                let first = aggregates[aggregate].pane(time) + Int64(window.panes)
                aggregates[aggregate].visit(subject, at: max(first, next))
            }
            updateNextWork(clockOfAggregate[aggregate])
        }
        nextForget = min(nextForget, subjects[index].nextCheck)
        if subjects[index].known > subjectLimit { evict(kind, sparing: subject) }
    }

    /// Adds an event to its pane, and looks whether that makes a violation certain.
    @inline(__always)
    private mutating func addToPane(_ aggregate: Int, _ subject: Int, _ time: Int64, _ bytes: Int64) {
        let clock = clockOfAggregate[aggregate]
        let watermark = watermarks.clocks[clock].watermark
        guard time >= watermark else { return }
        let pane = aggregates[aggregate].pane(time)
        let longest = aggregates[aggregate].longestWindow
        let oldest = watermark > 0 ? aggregates[aggregate].pane(watermark) &- longest : 0
        aggregates[aggregate].add(subject: subject, pane: pane, bytes: bytes, oldestNeeded: oldest)
        if aggregates[aggregate].hasBoundaryRules,
            aggregates[aggregate].nextVisit &* aggregates[aggregate].slide
                < watermarks.clocks[clock].nextWork
        {
            updateNextWork(clock)
        }
        for window in 0..<aggregates[aggregate].windowCount {
            let threshold = aggregates[aggregate].threshold(window)
            if threshold != .max,
                aggregates[aggregate].mayHit(
                    window: window, subject: subject, pane: pane, bytes: bytes, threshold: threshold)
            {
                lookForHits(aggregate, window, subject, pane, time)
            }
        }
    }

    /// Checks every boundary that is not evaluated yet and whose window holds the event just added, up to the end of
    /// the pane of the newest engine time (DESIGN §5, early alarm).
    @inline(never)
    private mutating func lookForHits(_ aggregate: Int, _ window: Int, _ subject: Int, _ pane: Int64, _ time: Int64) {
        let clock = clockOfAggregate[aggregate]
        let slide = aggregates[aggregate].slide
        let newest = aggregates[aggregate].pane(watermarks.clocks[clock].newest)
        let panes = aggregates[aggregate].shape.windows[window].panes
        let last = min(pane + Int64(panes) - 1, newest)
        let threshold = aggregates[aggregate].threshold(window)
        // What the watermark has passed is evaluated, also when nobody had to look.
        let passed = watermarks.clocks[clock].watermark
        if passed > 0 {
            aggregates[aggregate].evaluatedThrough = max(aggregates[aggregate].evaluatedThrough, passed / slide)
        }
        guard pane <= last else { return }
        for end in pane...last {
            guard let value = aggregates[aggregate].value(subject: subject, boundary: end + 1, panes: panes),
                value >= threshold
            else { continue }
            let hit = Track.Hit(boundary: (end + 1) * slide, time: time, value: value)
            for rule in aggregates[aggregate].shape.windows[window].early where value >= plan.rules[rule].edge {
                record(hit, rule, subject)
            }
        }
        updateNextWork(clock)
    }

    /// Keeps the first hit of a boundary; opens a violation when none is open.
    private mutating func record(_ hit: Track.Hit, _ rule: Int, _ subject: Int) {
        var track = states[rule].tracks[subject] ?? Track()
        guard !track.hits.contains(where: { $0.boundary == hit.boundary }) else { return }
        track.hits.append(hit)
        if track.open == nil {
            open(
                rule, subject, &track, boundary: hit.boundary, time: hit.time, value: hit.value, stage: hit.boundary)
        }
        states[rule].keep(track, subject: subject)
    }

    /// Judges one event by a rule without a duration.
    @inline(__always)
    private mutating func judge(_ rule: Int, _ subject: Int, _ time: Int64, _ value: Int64) {
        let isViolated = plan.rules[rule].isViolated(by: value)
        // Most events conform, and nothing is going on.
        if !isViolated && states[rule].tracks.isEmpty { return }
        judgeSlowly(rule, subject, time, value, isViolated)
    }

    @inline(never)
    private mutating func judgeSlowly(_ rule: Int, _ subject: Int, _ time: Int64, _ value: Int64, _ isViolated: Bool) {
        guard isViolated || states[rule].tracks[subject] != nil else { return }
        let behavior = plan.rules[rule].behavior
        var track = states[rule].tracks[subject] ?? Track()
        let outcome = isViolated ? Track.Outcome.violates : .conforms
        track.streak = track.outcome == outcome ? track.streak + 1 : 1
        track.outcome = outcome
        if isViolated {
            if track.open != nil {
                track.open?.violate(time: time, value: value, isUpper: behavior.condition.isUpper)
            } else if track.streak >= behavior.datapointsToAlarm {
                open(rule, subject, &track, boundary: time, time: time, value: value, stage: time)
            }
        } else if let violation = track.open, time > violation.boundary, track.streak >= behavior.datapointsToClear {
            close(rule, subject, &track, event: .alarmCleared, time: time, value: value, stage: time)
        }
        if track.open == nil && track.outcome == .conforms { track.streak = 0 }
        states[rule].keep(track, subject: subject)
    }
}
