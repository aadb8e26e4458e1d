package import PicketEvents
package import PicketProfiles

/// What happens when other profiles come into force.
extension Detector {
    /// Puts `profiles` in force from here on. What did not change in meaning goes on as it was; violations of behaviors
    /// that are gone, or mean something else now, become alarm-invalidated at `time`.
    ///
    /// - Parameter time: in Unix milliseconds; the `received` of the profile record.
    package mutating func reload(_ profiles: [SecurityProfile], at time: Int64, into violations: inout [Violation]) {
        let old = self
        var new = Detector(profiles: profiles, subjectLimit: subjectLimit, loadedSince: time)
        new.watermarks = watermarks
        new.subjects = subjects
        new.nextForget = nextForget
        new.statistics = statistics
        new.gaps = gaps
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
                new.aggregates[index].reserve(
                    subjects: new.subjects[Detector.index(aggregate.shape.key.subject)].count)
            }
            new.lookAtAll(index, after: time)
        }
        // What ended is told by the old rules, in their order.
        for rule in old.plan.rules.indices where !kept.contains(rule) {
            for (subject, var track) in states[rule].tracks where track.open != nil {
                let value = track.open?.value
                close(
                    rule, subject, &track, event: .alarmInvalidated, time: time, value: value, stage: time,
                    isChange: true)
            }
        }
        sortStage(from: 0)
        write(&violations)
        for clock in new.watermarks.clocks.indices { new.updateNextWork(clock) }
        self = new
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
