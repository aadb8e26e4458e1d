package import PicketEvents

/// What detection knows, so that a start need not read the whole log: a projection of it, bound to a place in it by
/// whoever keeps it.
extension Detector: StateCoded {
    /// Which state this is. To be counted up with every change of what detection does: a state of another number is not
    /// taken up, and the log is read instead.
    package static let stateVersion: UInt32 = 4

    /// What follows from the profiles and the fleet; memories of what was looked up, which fill again; and what lives
    /// only while one record is handled.
    package static let rebuilt = [
        "plan", "clockOfRule", "clockOfAggregate", "waitingRules", "subjectLimit",
        "networks", "filters",
        "pending", "subjectsAtHand", "gatesAtHand", "resolved", "report", "touched", "wasRenumbered",
    ]

    /// Writes what it knows between two records, or takes it up in a detector that was just made for the same profiles and
    /// fleet.
    ///
    /// - Throws: ``StateProblem`` when what is read was not written by such a detector; the detector is of no use then.
    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("statistics", &statistics)
        try coder.field("watermarks", &watermarks)
        try coder.field("subjects") { coder in
            try coder.expect(subjects.count, "kinds of subjects")
            for space in subjects.indices { try subjects[space].code(&coder) }
        }
        try coder.field("aggregates") { coder in
            try coder.expect(aggregates.count, "aggregates")
            for index in aggregates.indices {
                coder.subjects = subjects[aggregates[index].shape.space].count
                try aggregates[index].code(&coder)
            }
        }
        try coder.field("states") { coder in
            try coder.expect(states.count, "behaviors")
            for rule in states.indices {
                coder.subjects = subjects[plan.rules[rule].space].count
                try states[rule].code(&coder)
            }
        }
        try coder.field("loadedSince", &loadedSince)
        try coder.field("gaps", &gaps)
        try coder.field("silences", &silences)
        try coder.field("sessions", &sessions)
        try coder.field("registered", &registered)
        try coder.field("unregistered", &unregistered)
        try coder.field("moved", &moved)
        try coder.field("targets", &targets)
        try coder.field("nextForget", &nextForget)
        guard coder.isReading else { return }
        guard loadedSince.count == plan.rules.count, registered.allSatisfy(subjects[0].newest.indices.contains) else {
            throw StateProblem("it was written for other profiles")
        }
        findClocks()
    }
}

extension Detector.Statistics: StateCoded {
    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("events", &events)
        try coder.field("rejected", &rejected)
        try coder.field("late", &late)
        try coder.field("evicted", &evicted)
    }
}

extension StateCoder {
    /// Writes `count`, or throws when another one was written.
    fileprivate mutating func expect(_ count: Int, _ what: String) throws {
        var found = count
        try found.code(&self)
        guard found == count else { throw StateProblem("it has \(found) \(what), the profiles make \(count)") }
    }
}
