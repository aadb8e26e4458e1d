import PicketEvents
import PicketProfiles

/// Limits that depend on the other subjects, or on the subject's own past.
extension Detector {
    /// Compares all subjects with each other at one boundary (DESIGN §5, percentiles).
    mutating func compare(_ rule: Int, _ aggregate: Int, _ panes: Int, _ boundary: Int64) {
        let space = plan.rules[rule].space
        let time = boundary * aggregates[aggregate].slide
        var values: [(subject: Int, value: Int64)] = []
        for subject in 0..<subjects[space].count where subjects[space].newest[subject] != .min {
            guard let value = aggregates[aggregate].valueOfEvents(subject: subject, boundary: boundary, panes: panes)
            else { continue }
            values.append((subject, value))
        }
        let excepted = Set(
            values.map(\.subject).filter { isExcepted(rule, aggregate, panes, $0, boundary, at: time) })
        switch plan.rules[rule].behavior.condition {
        case .percentile(let limit):
            let measure = values.filter { !excepted.contains($0.subject) }.map(\.value).sorted()
            let bound =
                measure.count < limit.minimumSubjects || measure.isEmpty
                ? nil : measure[limit.percentile.rank(of: measure.count) - 1]
            conclude(rule, aggregate, panes, boundary, values) { _, value in
                bound.map { (Limit(limit.comparison, $0).isViolated(by: value), $0) }
            }
        case .peers(let limit):
            let states = states[rule]
            let measure = Detector.measure(
                values.filter {
                    states.tracks[$0.subject]?.open?.isHarmless ?? true && !excepted.contains($0.subject)
                }, limit)
            let sorted = measure.map(\.value).sorted()
            let members = Set(measure.map(\.subject))
            conclude(rule, aggregate, panes, boundary, values) { subject, value in
                Detector.bound(value, isMember: members.contains(subject), among: sorted, limit).map {
                    (value > $0, $0)
                }
            }
        default: break
        }
    }

    /// How often those that violate are taken out and the rest is compared again. Each time the bound falls; what still
    /// violates then is judged against a bound that is a little too high.
    private static let measuringRounds = 8

    /// Those of `values` that are a measure for others: who violates at the same boundary is none, or two that misbehave
    /// would excuse each other in turn.
    private static func measure(_ values: [(subject: Int, value: Int64)], _ limit: PeerLimit) -> [(
        subject: Int, value: Int64
    )] {
        var measure = values
        for _ in 0..<measuringRounds {
            let sorted = measure.map(\.value).sorted()
            let usual = measure.filter { one in
                bound(one.value, isMember: true, among: sorted, limit).map { one.value <= $0 } ?? true
            }
            if usual.count == measure.count { break }
            measure = usual
        }
        return measure
    }

    /// The bound that the others make for a subject; nil when there are too few of them.
    private static func bound(_ value: Int64, isMember: Bool, among sorted: [Int64], _ limit: PeerLimit) -> Int64? {
        let others = sorted.count - (isMember ? 1 : 0)
        guard others >= max(limit.minimumPeers, 1) else { return nil }
        let rank = limit.percentile.rank(of: others)
        // Without one value that is not above the one of this rank, the next one has it.
        let isBefore = isMember && value <= sorted[rank - 1]
        return LearnedBound.make(
            sorted[isBefore ? rank : rank - 1], factorThousandths: limit.factorThousandths, floor: limit.floor)
    }

    /// Whether a subject is excepted from a rule when a window ends, and so no measure for others.
    private func isExcepted(
        _ rule: Int, _ aggregate: Int, _ panes: Int, _ subject: Int, _ boundary: Int64, at time: Int64
    ) -> Bool {
        guard !plan.rules[rule].exceptions.isEmpty else { return false }
        let identity = aggregates[aggregate].identity(subject: subject, boundary: boundary, panes: panes)
        return exception(rule, subjects[plan.rules[rule].space].string(subject), identity, at: time) != nil
    }

    /// Settles all subjects with a datapoint, and those of which something was going on: no datapoint conforms.
    ///
    /// - Parameter judge: whether a value violates, and the bound; nil when there is no datapoint.
    private mutating func conclude(
        _ rule: Int, _ aggregate: Int, _ panes: Int, _ boundary: Int64, _ values: [(subject: Int, value: Int64)],
        _ judge: (Int, Int64) -> (isViolated: Bool, bound: Int64)?
    ) {
        let before = pending.count
        var rest = Set(states[rule].tracks.keys)
        for (subject, value) in values {
            rest.remove(subject)
            let judged = judge(subject, value)
            settle(
                rule, aggregate, panes, subject, boundary, judged?.isViolated == true ? .violates : .conforms,
                judged == nil ? nil : value, bound: judged?.bound)
        }
        for subject in rest { settle(rule, aggregate, panes, subject, boundary, .conforms, nil, bound: nil) }
        // Who is in alarm is no measure for others: the next boundary has another bound, though nothing else changed.
        if pending.count > before { aggregates[aggregate].compare(at: boundary + 1) }
    }

    /// Compares a subject with its own past, and then learns from it, unless something is wrong with it now.
    mutating func lookAtPast(_ rule: Int, _ aggregate: Int, _ panes: Int, _ subject: Int, _ boundary: Int64) {
        guard case .history(let limit) = plan.rules[rule].behavior.condition else { return }
        let time = boundary * aggregates[aggregate].slide
        let value = aggregates[aggregate].valueOfEvents(subject: subject, boundary: boundary, panes: panes)
        let bound = states[rule].history.bound(of: subject, at: time, limit)
        let isViolated = value.flatMap { value in bound.map { value > $0 } } ?? false
        settle(
            rule, aggregate, panes, subject, boundary, isViolated ? .violates : .conforms, value, bound: bound)
        if value != nil { visitNextDay(aggregate, panes, subject, boundary) }
        let open = states[rule].tracks[subject]?.open
        guard let value, open.map({ $0.isHarmless }) ?? !isViolated, boundary % Int64(panes) == 0 else { return }
        states[rule].history.learn(value, of: subject, at: time, limit)
        // What was learned makes another bound, which the next boundary is judged by.
        aggregates[aggregate].visit(subject, at: boundary + 1)
    }

    /// At midnight the oldest day is forgotten: the first boundary of the next day is judged by another bound, if the window
    /// that ends at `boundary` reaches into it.
    private mutating func visitNextDay(_ aggregate: Int, _ panes: Int, _ subject: Int, _ boundary: Int64) {
        let slide = aggregates[aggregate].slide
        let midnight = (boundary * slide / HistoryState.day + 1) * HistoryState.day
        let first = (midnight + slide - 1) / slide
        if first <= boundary + Int64(panes) { aggregates[aggregate].visit(subject, at: first) }
    }
}
