package import PicketEvents
package import PicketProfiles

/// What happens when other profiles come into force.
extension Detector {
    /// Puts `profiles` in force from here on. What did not change in meaning goes on as it was; violations of behaviors
    /// that are gone, or mean something else now, become alarm-invalidated at `time`, as do those of subjects that the
    /// profile does not mean any more.
    ///
    /// - Parameters:
    ///   - fleet: what the fleet file says now; nil when it did not change.
    ///   - time: in Unix milliseconds; the `received` of the profile record.
    package mutating func reload(
        _ profiles: [SecurityProfile], fleet: FleetView? = nil, at time: Int64, into violations: inout [Violation]
    ) {
        let old = self
        var view = fleet ?? targets.fleet
        view.memberships = targets.fleet.memberships
        var new = Detector(profiles: profiles, fleet: view, subjectLimit: subjectLimit, loadedSince: time)
        new.watermarks = watermarks
        for (space, key) in new.plan.spaces.enumerated() {
            if let same = plan.spaces.firstIndex(of: key) { new.subjects[space] = subjects[same] }
        }
        new.nextForget = nextForget
        new.statistics = statistics
        new.gaps = gaps
        new.silences = silences
        new.moved = moved
        new.sessions = sessions
        new.regroup()
        var kept: Set<Int> = []
        for (rule, now) in new.plan.rules.enumerated() {
            guard
                let before = old.plan.rules.firstIndex(where: {
                    $0.profile == now.profile && $0.behavior == now.behavior
                })
            else { continue }
            kept.insert(before)
            new.states[rule] = old.states[before]
            new.loadedSince[rule] = old.loadedSince[before]
        }
        for (index, aggregate) in new.aggregates.enumerated() {
            let same = old.aggregates.firstIndex { $0.shape.key == aggregate.shape.key }
            if let same, old.aggregates[same].windowPanes == aggregate.windowPanes {
                new.aggregates[index].takeOver(old.aggregates[same])
            } else {
                new.aggregates[index].reserve(subjects: new.subjects[aggregate.shape.space].count)
            }
            new.lookAtAll(index, after: time)
        }
        // What ended is told by the old rules, in their order.
        for rule in old.plan.rules.indices where !kept.contains(rule) {
            for (subject, track) in states[rule].tracks { end(rule, subject, track, at: time) }
        }
        endUntargeted(&new, at: time)
        sortStage(from: 0)
        write(&violations)
        if watermarks.clocks.contains(where: { $0.newest != .min }) { new.register(at: time) }
        for clock in new.watermarks.clocks.indices { new.updateNextWork(clock) }
        self = new
    }

    mutating func end(_ rule: Int, _ subject: Int, _ track: Track, at time: Int64) {
        var track = track
        let value = track.open?.value
        close(
            rule, subject, &track, event: .alarmInvalidated, time: time, value: value, stage: time, isChange: true)
    }

    /// Ends what goes on with devices that a profile does not mean any more.
    private mutating func endUntargeted(_ new: inout Detector, at time: Int64) {
        for rule in new.plan.rules.indices where new.plan.rules[rule].space == 0 && new.plan.rules[rule].target >= 0 {
            guard
                let before = plan.rules.firstIndex(where: {
                    $0.profile == new.plan.rules[rule].profile && $0.behavior == new.plan.rules[rule].behavior
                })
            else { continue }
            for subject in Array(new.states[rule].tracks.keys) {
                let isMeant = new.targets.includes(subject, in: new.plan.rules[rule].target, new.subjects)
                guard !isMeant, let track = new.states[rule].tracks[subject] else { continue }
                end(before, subject, track, at: time)
                if track.open != nil { new.states[rule].countEnd() }
                new.states[rule].forget(subject: subject)
            }
        }
    }

    /// Subjects known before a lower limit was loaded are looked at when its first whole window has passed. A look too
    /// many changes nothing.
    private mutating func lookAtAll(_ aggregate: Int, after time: Int64) {
        guard aggregates[aggregate].hasBoundaryRules else { return }
        for window in aggregates[aggregate].shape.windows where !window.atBoundary.isEmpty {
            aggregates[aggregate].visitAll(at: aggregates[aggregate].pane(time) + 1 + Int64(window.panes))
        }
    }
}
