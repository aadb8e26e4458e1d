import PicketEvents

/// The tracks of one rule, and the memory that gives its violations their identity.
struct RuleState: Sendable {
    /// By subject: what is going on.
    var tracks: [Int: Track] = [:]
    /// By subject: how many violations were opened at each T.
    private var openings: [Int: [Int64: Int]] = [:]
    /// The number of tracks with an open violation.
    private(set) var openCount = 0
    /// Of rules that others wait for, by subject: when its last violation ended.
    var lastEnds: [Int: Int64] = [:]
    /// Of rules about seconds that pass by themselves.
    var elapsed = ElapsedState()
    /// Of rules about absent events.
    var absence = AbsenceState()
    /// Of rules about what was never seen.
    var seen = SeenValues()
    /// Of rules about a subject's own past.
    var history = HistoryState()

    /// How many openings a subject may remember before those of more than two days ago are dropped. A T that old comes
    /// back only with an event that late.
    private static let rememberedOpenings = 256

    /// The number of violations of `subject` opened at `boundary` before; counts this one.
    mutating func countOpening(subject: Int, boundary: Int64) -> Int {
        let earlier = openings[subject]?[boundary] ?? 0
        openings[subject, default: [:]][boundary] = earlier + 1
        if openings[subject, default: [:]].count > RuleState.rememberedOpenings {
            openings[subject] = openings[subject]?.filter { $0.key > boundary - Limits.forgetAfter }
        }
        openCount += 1
        return earlier
    }

    /// A violation has ended.
    mutating func countEnd() { openCount -= 1 }

    /// Stores the track of `subject`, or drops it when it says nothing.
    mutating func keep(_ track: Track, subject: Int) {
        tracks[subject] = track.isIdle ? nil : track
    }

    /// Forgets the openings of `subject`.
    mutating func forgetOpenings(subject: Int) { openings[subject] = nil }

    /// Forgets what goes on with `subject`.
    ///
    /// - Parameter keepsLearned: whether what is usual for it stays, as that of a registered device does.
    mutating func forget(subject: Int, keepsLearned: Bool = false) {
        tracks[subject] = nil
        lastEnds[subject] = nil
        elapsed.forget(subject)
        absence.forget(subject)
        if keepsLearned { return }
        seen.forget(subject)
        history.forget(subject)
    }

    /// Gives subjects their new numbers: those in `kept` become 0, 1, … in that order.
    mutating func renumber(_ kept: [Int], _ numbers: [Int: Int]) {
        func renumbered<Value>(_ values: [Int: Value]) -> [Int: Value] {
            var out: [Int: Value] = [:]
            for (subject, value) in values {
                if let number = numbers[subject] { out[number] = value }
            }
            return out
        }
        tracks = renumbered(tracks)
        openings = renumbered(openings)
        lastEnds = renumbered(lastEnds)
        elapsed.renumber(kept, numbers)
        absence.renumber(numbers)
        seen.renumber(numbers)
        history.renumber(numbers)
    }
}

extension RuleState: StateElement {
    static var blank: RuleState { RuleState() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("tracks", bySubject: &tracks)
        try coder.field("openings", bySubject: &openings)
        try coder.field("openCount", &openCount)
        try coder.field("lastEnds", bySubject: &lastEnds)
        try coder.field("elapsed", &elapsed)
        try coder.field("absence", &absence)
        try coder.field("seen", &seen)
        try coder.field("history", &history)
    }
}
