import PicketEvents

/// Events of one rule that wait for the event that belongs to them.
struct AbsenceState: Sendable {
    /// An event that waits.
    struct Waiting: Sendable {
        var subject: Int
        var time: Int64
        var identity: Identity
    }

    /// By the time at which no companion can come any more.
    private var waiting = TimeQueue<Waiting>()
    /// Subjects with a violation, by the time at which it ends if it is not violated again.
    private var quiet = TimeQueue<Int>()
    /// By subject: when its companions happened.
    private var companions: [Int: [Int64]] = [:]
    /// When companions happened that name no subject: they belong to any.
    private var companionsOfAll: [Int64] = []
    /// When companions happened that name a subject in words of their own, by those words: the subject may be one that was
    /// not heard of yet.
    private var companionsByName: [[UInt8]: [Int64]] = [:]
    /// The number of names at which those that nothing can need any more are looked for.
    private var trimNamesAt = AbsenceState.rememberedCompanions

    /// Companions of one subject that are remembered. Of more within one span the newest are enough: they are the
    /// nearest to whatever comes.
    private static let rememberedCompanions = 1_024

    /// The earliest time at which an event must be judged, or a violation may end.
    var next: Int64 { min(waiting.next, quiet.next) }

    mutating func wait(_ event: Waiting, until deadline: Int64) { waiting.push(event, at: deadline) }

    /// The violation of `subject` ends at `time`, unless it is violated again until then.
    mutating func endWhenQuiet(_ subject: Int, at time: Int64) { quiet.push(subject, at: time) }

    /// Takes the next subject whose violation may end, if nothing is to be judged until then.
    mutating func takeQuiet(through watermark: Int64) -> (subject: Int, time: Int64)? {
        guard quiet.next < waiting.next, let entry = quiet.pop(through: watermark) else { return nil }
        return (entry.item, entry.time)
    }

    /// A companion happened; `subject` is nil when it names none.
    mutating func hear(_ subject: Int?, time: Int64, oldestNeeded: Int64) {
        if let subject {
            AbsenceState.add(time, to: &companions[subject, default: []], oldestNeeded)
        } else {
            AbsenceState.add(time, to: &companionsOfAll, oldestNeeded)
        }
    }

    /// A companion happened that names a subject by `name`.
    mutating func hear(named name: [UInt8], time: Int64, oldestNeeded: Int64) {
        AbsenceState.add(time, to: &companionsByName[name, default: []], oldestNeeded)
        guard companionsByName.count > trimNamesAt else { return }
        trimNames(oldestNeeded)
        trimNamesAt = max(AbsenceState.rememberedCompanions, 2 * companionsByName.count)
    }

    private mutating func trimNames(_ oldestNeeded: Int64) {
        companionsByName = companionsByName.filter { $0.value.contains { $0 >= oldestNeeded } }
    }

    private static func add(_ time: Int64, to times: inout [Int64], _ oldestNeeded: Int64) {
        times.append(time)
        if times.count >= rememberedCompanions {
            times.removeAll { $0 < oldestNeeded }
            if times.count >= rememberedCompanions { times.removeFirst(times.count - rememberedCompanions / 2) }
        }
    }

    /// Takes the next event that can be judged.
    ///
    /// - Parameters:
    ///   - within: how far a companion may lie before or after, in milliseconds.
    ///   - name: what a subject is called.
    mutating func takeDue(
        through watermark: Int64, within: Int64, name: (Int) -> ArraySlice<UInt8>
    ) -> (event: Waiting, deadline: Int64, isMet: Bool)? {
        guard let entry = waiting.pop(through: watermark) else { return nil }
        let span = (entry.item.time - within)...(entry.item.time + within)
        let isMet =
            companionsOfAll.contains(where: span.contains)
            || companions[entry.item.subject]?.contains(where: span.contains) ?? false
            || !companionsByName.isEmpty
                && companionsByName[Array(name(entry.item.subject))]?.contains(where: span.contains) ?? false
        return (entry.item, entry.time, isMet)
    }

    /// Drops companions that nothing can need any more.
    mutating func trim(oldestNeeded: Int64) {
        companionsOfAll.removeAll { $0 < oldestNeeded }
        for (subject, times) in companions where times.allSatisfy({ $0 < oldestNeeded }) { companions[subject] = nil }
        trimNames(oldestNeeded)
    }

    mutating func forget(_ subject: Int) {
        companions[subject] = nil
        waiting = waiting.mapItems { $0.subject == subject ? nil : $0 }
        quiet = quiet.mapItems { $0 == subject ? nil : $0 }
    }

    mutating func renumber(_ numbers: [Int: Int]) {
        var renumbered: [Int: [Int64]] = [:]
        for (subject, times) in companions {
            if let number = numbers[subject] { renumbered[number] = times }
        }
        companions = renumbered
        waiting = waiting.mapItems { waiting in
            numbers[waiting.subject].map { Waiting(subject: $0, time: waiting.time, identity: waiting.identity) }
        }
        quiet = quiet.mapItems { numbers[$0] }
    }
}

extension AbsenceState: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("waiting", &waiting)
        try coder.field("quiet") { coder in
            try quiet.code(&coder)
            if coder.isReading { for entry in quiet.entries { try coder.check(entry.item) } }
        }
        try coder.field("companions", bySubject: &companions)
        try coder.field("companionsOfAll", &companionsOfAll)
        try coder.field("companionsByName") { coder in
            var all = companionsByName.map { (name: $0.key, times: $0.value) }
                .sorted { $0.name.lexicographicallyPrecedes($1.name) }
            try coder.code(list: &all, blank: ([], [])) { one, coder in
                try coder.code(raw: &one.name)
                try one.times.code(&coder)
            }
            guard coder.isReading else { return }
            companionsByName = [:]
            for one in all { companionsByName[one.name] = one.times }
        }
        try coder.field("trimNamesAt", &trimNamesAt)
    }
}

extension AbsenceState.Waiting: StateElement {
    static var blank: AbsenceState.Waiting { AbsenceState.Waiting(subject: 0, time: 0, identity: .claimed) }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("subject", &subject)
        try coder.field("time", &time)
        try coder.field("identity", &identity)
        if coder.isReading { try coder.check(subject) }
    }
}
