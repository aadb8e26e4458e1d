import PicketEvents
import PicketProfiles

/// What happens when mitigation moves a device into a group, or out of it.
extension Detector {
    /// How long a move is remembered: as long as the longest window, and its lateness (DESIGN §5).
    private static let longestWindow: Int64 = 8 * 86_400_000

    /// From here on profiles mean the device, or mean it no more. What goes on under those that do not is invalidated; those
    /// that do begin to count with this record.
    mutating func take(_ record: MembershipRecord) {
        let time = record.received
        let device = subjects[0].number(record.device)
        targets.move(record.device, device, record.group, isMember: record.isMember)
        moved = moved.filter { time - $0.value < Detector.longestWindow }
        moved[record.device] = time
        for rule in plan.rules.indices where plan.rules[rule].space == 0 && plan.rules[rule].target >= 0 {
            guard targets.includes(device, in: plan.rules[rule].target, subjects) else {
                if let track = states[rule].tracks[device] { end(rule, device, track, at: time) }
                states[rule].forget(subject: device)
                continue
            }
            // Silence is counted from here, also for a device that says nothing any more.
            if waitingRules.contains(rule), plan.rules[rule].way == .elapsed,
                plan.rules[rule].behavior.metric == .silence, registered.contains(device),
                !states[rule].elapsed.isHeard(device)
            {
                hear(rule, device, .connect, time)
            }
        }
        sortStage(from: 0)
        lookAgain(at: device, after: time)
    }

    /// A lower limit can be violated by a device of which nothing more is heard: it is looked at when the first whole
    /// window has passed. A look too many changes nothing.
    private mutating func lookAgain(at device: Int, after time: Int64) {
        for index in aggregates.indices
        where aggregates[index].shape.space == 0 && aggregates[index].shape.target >= 0
            && aggregates[index].hasBoundaryRules
        {
            aggregates[index].reserve(subjects: device + 1)
            for window in aggregates[index].shape.windows where !window.atBoundary.isEmpty {
                aggregates[index].visit(device, at: aggregates[index].pane(time) + 1 + Int64(window.panes))
            }
            updateNextWork(clockOfAggregate[index])
        }
    }
}
