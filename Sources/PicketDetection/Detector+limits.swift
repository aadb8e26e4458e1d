import PicketEvents
import PicketProfiles

/// What keeps the memory of detection bounded whatever the feeds say.
extension Detector {
    /// Makes room when there are more subjects of `kind` than allowed: an eighth of them, least recently seen first,
    /// never one with an open violation, is dropped and counted, and the rest gets new numbers.
    mutating func evict(_ kind: SubjectKind, sparing subject: Int) {
        let index = Detector.index(kind)
        var protected: Set<Int> = [subject]
        for rule in plan.rules.indices where plan.rules[rule].behavior.subject == kind {
            for (tracked, track) in states[rule].tracks where track.open != nil { protected.insert(tracked) }
        }
        let victims = Set(
            subjects[index].leastRecentlySeen(dropping: max(subjectLimit / 8, 1), protected: protected))
        statistics.evicted += victims.count
        let table = subjects[index]
        let kept = (0..<table.count).filter { table.newest[$0] != .min && !victims.contains($0) }
        let numbers = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        subjects[index].renumber(kept)
        for aggregate in aggregates.indices where aggregates[aggregate].shape.key.subject == kind {
            aggregates[aggregate].renumber(kept, numbers)
        }
        for rule in plan.rules.indices where plan.rules[rule].behavior.subject == kind {
            states[rule].renumber(numbers)
        }
        subjectsAtHand[index] = numbers[subject] ?? -1
        wasRenumbered = true
    }
}
