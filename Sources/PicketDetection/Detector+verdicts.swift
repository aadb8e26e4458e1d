import PicketEvents

/// What people think of violations, as far as it changes what is usual.
extension Detector {
    /// A person judged a violation. Plain limits do not change; limits that learn may take for usual what is harmless:
    /// what was never seen before is known from now on, and a history goes on learning while the violation is open.
    mutating func take(_ verdict: VerdictRecord) {
        for rule in states.indices {
            states[rule].seen.judge(violation: verdict.violation, isHarmless: verdict.state.isHarmless)
            let judged = states[rule].tracks.first { $0.value.open?.id == verdict.violation }?.key
            if let judged { states[rule].tracks[judged]?.open?.isHarmless = verdict.state.isHarmless }
        }
    }
}
