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
    private static let rowsAtOnce = 64

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
                if plan.looksAtRejections {
                    watermarks.raiseNewest(feed: Int(head.feed.index), to: received)
                    take(batch, row, row &- rows.lowerBound, head, received, isLate: false)
                }
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
            let isLate = watermarks.isLate(time, feed: feed)
            if isLate { statistics.late += 1 }
            if !unregistered.isEmpty {
                register(at: time)
                resolveIfRenumbered(batch, rows)
            }
            let boundaryStage = pending.count
            take(batch, row, row &- rows.lowerBound, head, time, isLate: isLate)
            resolveIfRenumbered(batch, rows)
            if !pending.isEmpty {
                if pending.count > boundaryStage + 1 { sortStage(from: boundaryStage) }
                write(&violations)
            }
        }
    }

    @inline(__always)
    private mutating func resolveIfRenumbered(_ batch: borrowing EventBatch, _ rows: Range<Int>) {
        guard wasRenumbered else { return }
        wasRenumbered = false
        resolveSubjects(batch, rows)
    }

    /// Finds the numbers of the subjects of all events first: look-ups that do not wait for each other are several
    /// times faster than one look-up for each event.
    mutating func resolveSubjects(_ batch: borrowing EventBatch, _ rows: Range<Int>) {
        filters.resolve(batch, rows)
        for space in plan.spaces.indices { resolve(space, batch, rows) }
        // A look at each subject's panes, whose value does not matter: it fetches them while the others are fetched.
        let spaces = plan.spaces.count
        for row in rows {
            let place = row &- rows.lowerBound
            for space in 0..<spaces {
                let subject = resolved[space][place]
                if subject >= 0 { touched &+= subjects[space].touch(Int(subject)) }
            }
            let time = batch.engineTime[row]
            for number in plan.certainIntakes.range(Int(batch.head[row].kind.code)) {
                let intake = plan.certainIntakes.all[number]
                let subject = resolved[intake.space][place]
                guard subject >= 0,
                    intake.target < 0 || targets.includes(Int(resolved[0][place]), in: intake.target, subjects),
                    intake.filter < 0 || filters.passes(intake.filter, row, place, batch)
                else { continue }
                touched &+= aggregates[intake.aggregate].touch(Int(subject), time: time)
            }
        }
    }

    private mutating func resolve(_ space: Int, _ batch: borrowing EventBatch, _ rows: Range<Int>) {
        let text = batch.text.span.bytes
        let kind = plan.spaces[space].kind
        resolved[space].removeAll(keepingCapacity: true)
        if kind == .feed || kind == .certificate || plan.spaces[space].prefix != nil {
            for row in rows { resolved[space].append(Int32(truncatingIfNeeded: rareSubject(space, batch, row))) }
            return
        }
        for row in rows {
            let slice = kind.slice(batch, row)
            guard slice.isPresent, batch.head[row].kind != .rejected else {
                resolved[space].append(-1)
                continue
            }
            resolved[space].append(Int32(truncatingIfNeeded: subjects[space].number(text, slice.range)))
        }
    }

    /// A subject that is no column of the event: its feed, its certificate, or the network of its address.
    private mutating func rareSubject(_ space: Int, _ batch: borrowing EventBatch, _ row: Int) -> Int {
        if plan.spaces[space].kind == .feed {
            let name = watermarks.feedName(Int(batch.head[row].feed.index))
            return name.isEmpty ? -1 : subjects[space].number(name)
        }
        guard batch.head[row].kind != .rejected else { return -1 }
        let text = batch.text.span.bytes
        if let prefix = plan.spaces[space].prefix {
            let address = batch.names[row].address
            guard address.isPresent else { return -1 }
            return networks[space].subject(text, address.range, prefix, in: &subjects[space])
        }
        let serial = EventText.serial(row, of: batch)
        return serial.isPresent ? subjects[space].number(text, serial.range) : -1
    }

    /// Gives one event to everything that measures it.
    ///
    /// - Parameter place: the event's place in ``resolved``.
    @inline(__always)
    mutating func take(
        _ batch: borrowing EventBatch, _ row: Int, _ place: Int, _ head: EventBatch.Head, _ time: Int64, isLate: Bool
    ) {
        for space in 0..<subjects.count {
            let subject = Int(resolved[space][place])
            subjectsAtHand[space] = subject
            if subject >= 0, subjects[space].see(subject, time: time) { greet(subject, space, time) }
        }
        if head.kind == .report, report.isWanted { report.read(row, of: batch) }
        // Before anything is counted: whether an event counts must not depend on the order in which rules see it.
        for gate in gatesAtHand.indices { gatesAtHand[gate] = isOpen(gate, time) }
        let kind = Int(head.kind.code)
        for number in plan.aggregateIntakes.range(kind) {
            let intake = plan.aggregateIntakes.all[number]
            let subject = subjectsAtHand[intake.space]
            guard subject >= 0, admits(intake, batch, row, place, head, time, isLate) else { continue }
            switch intake.amount {
            case .one: addToPane(intake, subject, time, 1, head.identity)
            case .bytes: addToPane(intake, subject, time, batch.bytes[row], head.identity)
            case .skew: addSkew(intake, subject, time, batch, row, head)
            case .report:
                if let value = report.numbers[intake.source] { addToPane(intake, subject, time, value, head.identity) }
            case .text: addText(intake, subject, time, batch, row, head.identity)
            case .values: break
            }
        }
        for number in plan.instantIntakes.range(kind) {
            let intake = plan.instantIntakes.all[number]
            let subject = subjectsAtHand[intake.space]
            guard subject >= 0, admits(intake, batch, row, place, head, time, isLate) else { continue }
            switch intake.way {
            case .instant:
                switch intake.amount {
                case .one, .text: judge(intake.index, subject, time, 1, head.identity)
                case .bytes: judge(intake.index, subject, time, batch.bytes[row], head.identity)
                case .skew: judgeSkew(intake, subject, time, batch, row, head)
                case .report:
                    if let value = report.numbers[intake.source] {
                        judge(intake.index, subject, time, value, head.identity)
                    }
                case .values: break
                }
            case .elapsed: hear(intake.index, subject, head.kind, time)
            case .absence: wait(intake.index, subject, time, head.identity)
            default: judgeValues(intake, subject, time, batch, row, head)
            }
        }
        for number in plan.hasCompanions ? plan.companionIntakes.range(kind) : 0..<0 {
            let intake = plan.companionIntakes.all[number]
            guard
                intake.filter < 0
                    || filters.passes(intake.filter, row, place, batch)
            else { continue }
            hearCompanion(intake.index, batch, row, time)
        }
        if plan.needsSessions { followSession(head.kind) }
    }

    /// Whether an event counts for an aggregate or a rule.
    @inline(__always)
    private mutating func admits(
        _ intake: Intake, _ batch: borrowing EventBatch, _ row: Int, _ place: Int, _ head: EventBatch.Head,
        _ time: Int64, _ isLate: Bool
    ) -> Bool {
        guard intake.admits(head) else { return false }
        if intake.isPlain { return true }
        return admitsMore(intake, batch, row, place, time, isLate)
    }

    /// What is not in the head of an event.
    private mutating func admitsMore(
        _ intake: Intake, _ batch: borrowing EventBatch, _ row: Int, _ place: Int, _ time: Int64, _ isLate: Bool
    ) -> Bool {
        if intake.target >= 0, !targets.includes(subjectsAtHand[0], in: intake.target, subjects) { return false }
        switch intake.precondition {
        case .none: break
        case .late: if !isLate { return false }
        case .idleSession:
            let device = subjectsAtHand[0]
            guard device >= 0, device < sessions.count, sessions[device] == 1 else { return false }
        }
        if intake.gate >= 0, !gatesAtHand[intake.gate] { return false }
        return intake.filter < 0 || filters.passes(intake.filter, row, place, batch)
    }

    /// Whether a violation of the rule behind a gate is open, or ended not long ago, for what the event names.
    @inline(never)
    private func isOpen(_ gate: Int, _ time: Int64) -> Bool {
        let (rule, within) = plan.gates[gate]
        let subject = subjectsAtHand[plan.rules[rule].space]
        guard subject >= 0 else { return false }
        if states[rule].tracks[subject]?.open != nil { return true }
        guard let end = states[rule].lastEnds[subject] else { return false }
        return time <= end + within
    }

    /// Whether anything was said in the session of the device at hand.
    @inline(__always)
    private mutating func followSession(_ kind: EventKind) {
        let device = subjectsAtHand[0]
        guard device >= 0 else { return }
        let state: UInt8
        switch kind {
        case .connect: state = 1
        case .publish, .deliver, .subscribe, .unsubscribe, .report: state = 2
        case .disconnect: state = 0
        default: return
        }
        while sessions.count <= device { sessions.append(0) }
        sessions[device] = state
    }

    /// The seconds between what an event claims and when it came; none where it claims nothing, as a record does whose
    /// source said the very time of receipt.
    private func skew(_ batch: borrowing EventBatch, _ row: Int) -> Int64 {
        Int64((batch.time[row] - batch.received[row]).magnitude / 1_000)
    }

    @inline(never)
    private mutating func addSkew(
        _ intake: Intake, _ subject: Int, _ time: Int64, _ batch: borrowing EventBatch, _ row: Int,
        _ head: EventBatch.Head
    ) {
        addToPane(intake, subject, time, skew(batch, row), head.identity)
    }

    @inline(never)
    private mutating func judgeSkew(
        _ intake: Intake, _ subject: Int, _ time: Int64, _ batch: borrowing EventBatch, _ row: Int,
        _ head: EventBatch.Head
    ) {
        judge(intake.index, subject, time, skew(batch, row), head.identity)
    }

    @inline(never)
    private mutating func judgeValues(
        _ intake: Intake, _ subject: Int, _ time: Int64, _ batch: borrowing EventBatch, _ row: Int,
        _ head: EventBatch.Head
    ) {
        if head.kind == .report, plan.rules[intake.index].behavior.metric.isFromReports {
            guard let values = report.lists[intake.source] else { return }
            judge(intake.index, subject, time, values: values, head.identity)
        } else if let text = EventText(rawValue: intake.source) {
            guard let value = batch.string(text.slice(row, of: batch)) else { return }
            judge(intake.index, subject, time, values: [value], head.identity)
        }
    }

    /// Devices of the fleet file are known as soon as there is a time.
    mutating func register(at time: Int64) {
        for name in unregistered {
            var subject = subjects[0].number(name)
            registered.insert(subject)
            if subjects[0].see(subject, time: time) {
                greet(subject, 0, time)
                // Others may have given way to it, and everybody have another number.
                subject = subjects[0].number(name)
            }
            for rule in waitingRules
            where plan.rules[rule].way == .elapsed && plan.rules[rule].behavior.metric == .silence
                && plan.rules[rule].space == 0
                && !states[rule].elapsed.isHeard(subject)
                && (plan.rules[rule].target < 0 || targets.includes(subject, in: plan.rules[rule].target, subjects))
            {
                hear(rule, subject, .connect, time)
            }
        }
        unregistered = []
    }

    /// A subject that was not known, or was forgotten, has its first event.
    @inline(never)
    private mutating func greet(_ subject: Int, _ space: Int, _ time: Int64) {
        for aggregate in aggregates.indices where aggregates[aggregate].space == space {
            aggregates[aggregate].reserve(subjects: subject + 1)
            guard aggregates[aggregate].hasBoundaryRules else { continue }
            // A lower limit can be violated by a subject of which nothing more is heard: the first whole window after
            // the pane in which it became known is looked at, or the next one when a late event made it known.
            let watermark = watermarks.clocks[clockOfAggregate[aggregate]].watermark
            let next = watermark > 0 ? aggregates[aggregate].pane(watermark) + 1 : 0
            for window in aggregates[aggregate].shape.windows where !window.atBoundary.isEmpty {
                let first = aggregates[aggregate].pane(time) + Int64(window.panes)
                aggregates[aggregate].visit(subject, at: max(first, next))
            }
        }
        for clock in watermarks.clocks.indices { updateNextWork(clock) }
        nextForget = min(nextForget, subjects[space].nextCheck)
        if subjects[space].known > subjectLimit { evict(space, sparing: subject) }
    }

    /// Adds an event to its pane, and looks whether that makes a violation certain.
    @inline(__always)
    private mutating func addToPane(
        _ intake: Intake, _ subject: Int, _ time: Int64, _ value: Int64, _ identity: Identity
    ) {
        let aggregate = intake.index
        let clock = clockOfAggregate[aggregate]
        let watermark = watermarks.clocks[clock].watermark
        var time = time
        if time < watermark {
            // What is counted because it is late has no time of its own any more.
            guard intake.precondition == .late else { return }
            time = watermark
            if watermarks.clocks[clock].newest < watermark { watermarks.clocks[clock].newest = watermark }
        }
        let pane = aggregates[aggregate].pane(time)
        let longest = aggregates[aggregate].longestWindow
        let oldest = watermark > 0 ? aggregates[aggregate].pane(watermark) &- longest : 0
        aggregates[aggregate].add(
            subject: subject, pane: pane, value: value, identity: identity, oldestNeeded: oldest)
        afterAdding(aggregate, clock, subject, time, pane, value)
    }

    /// Adds an event that shows a text, where different ones are counted.
    @inline(never)
    private mutating func addText(
        _ intake: Intake, _ subject: Int, _ time: Int64, _ batch: borrowing EventBatch, _ row: Int,
        _ identity: Identity
    ) {
        let aggregate = intake.index
        let clock = clockOfAggregate[aggregate]
        let watermark = watermarks.clocks[clock].watermark
        guard time >= watermark, let text = EventText(rawValue: intake.source)?.slice(row, of: batch), text.isPresent
        else { return }
        let pane = aggregates[aggregate].pane(time)
        let longest = aggregates[aggregate].longestWindow
        let oldest = watermark > 0 ? aggregates[aggregate].pane(watermark) &- longest : 0
        aggregates[aggregate].addText(
            batch.text.span.bytes, text.range, subject: subject, pane: pane, identity: identity, oldestNeeded: oldest)
        afterAdding(aggregate, clock, subject, time, pane, 1)
    }

    @inline(__always)
    private mutating func afterAdding(
        _ aggregate: Int, _ clock: Int, _ subject: Int, _ time: Int64, _ pane: Int64, _ value: Int64
    ) {
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
                    window: window, subject: subject, pane: pane, value: value, threshold: threshold)
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
            let identity = aggregates[aggregate].identity(subject: subject, boundary: end + 1, panes: panes)
            let hit = Track.Hit(boundary: (end + 1) * slide, time: time, value: value, identity: identity)
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
                rule, subject, &track, boundary: hit.boundary, time: hit.time, value: hit.value, stage: hit.boundary,
                Evidence(identity: hit.identity))
        }
        states[rule].keep(track, subject: subject)
    }
}
