import PicketEvents
import PicketProfiles

/// What keeps the memory of detection bounded whatever the feeds say.
extension Detector {
    /// Makes room when there are more subjects in `space` than allowed: an eighth of them, least recently seen first,
    /// never one with an open violation nor a registered device, is dropped and counted, and the rest gets new numbers.
    mutating func evict(_ space: Int, sparing subject: Int) {
        var protected: Set<Int> = [subject]
        for rule in plan.rules.indices where plan.rules[rule].space == space {
            for (tracked, track) in states[rule].tracks where track.open != nil { protected.insert(tracked) }
        }
        if space == 0 { protected.formUnion(registered) }
        let victims = Set(
            subjects[space].leastRecentlySeen(dropping: max(subjectLimit / 8, 1), protected: protected))
        statistics.evicted += victims.count
        let table = subjects[space]
        let kept = (0..<table.count).filter {
            (table.newest[$0] != .min || protected.contains($0)) && !victims.contains($0)
        }
        let numbers = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        subjects[space].renumber(kept)
        for aggregate in aggregates.indices where aggregates[aggregate].shape.space == space {
            aggregates[aggregate].renumber(kept, numbers)
        }
        for rule in plan.rules.indices where plan.rules[rule].space == space { states[rule].renumber(kept, numbers) }
        subjectsAtHand[space] = numbers[subject] ?? -1
        if space == 0 {
            sessions = kept.map { $0 < sessions.count ? sessions[$0] : 0 }
            registered = Set(registered.compactMap { numbers[$0] })
            targets.forgetDevices()
        }
        networks[space].removeAll()
        wasRenumbered = true
    }
}
