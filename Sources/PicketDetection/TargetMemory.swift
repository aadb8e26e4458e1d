import PicketEvents
import PicketProfiles

/// Which devices each set of targets means, worked out once for each device.
struct TargetMemory: Sendable {
    private let targets: [[Target]]
    private(set) var fleet: FleetView
    /// By set, then by device: 0 not known yet, 1 meant, 2 not meant.
    private var answers: [[UInt8]]

    init(_ targets: [[Target]], fleet: FleetView) {
        self.targets = targets
        self.fleet = fleet
        answers = Array(repeating: [], count: targets.count)
    }

    /// Whether `device` is meant by a set; an event without a device is meant only by sets that mean everything, which
    /// have no number.
    @inline(__always)
    mutating func includes(_ device: Int, in set: Int, _ subjects: borrowing [SubjectTable]) -> Bool {
        guard device >= 0 else { return false }
        if device < answers[set].count, answers[set][device] != 0 { return answers[set][device] == 1 }
        return find(device, set, subjects[0].string(device))
    }

    @inline(never)
    private mutating func find(_ device: Int, _ set: Int, _ name: String) -> Bool {
        while answers[set].count <= device { answers[set].append(0) }
        let isMeant = targets[set].include(name, in: fleet)
        answers[set][device] = isMeant ? 1 : 2
        return isMeant
    }

    /// The device called `name` is in the group from now on, or is not.
    mutating func move(_ name: String, _ device: Int, _ group: String, isMember: Bool) {
        fleet.memberships[name, default: [:]][group] = isMember
        for set in answers.indices where device < answers[set].count { answers[set][device] = 0 }
    }

    /// Devices have other numbers now.
    mutating func forgetDevices() { answers = Array(repeating: [], count: targets.count) }
}

extension TargetMemory: StateCoded {
    /// The profiles' targets, and answers that are found again.
    static let rebuilt = ["targets", "answers"]

    mutating func code(_ coder: inout StateCoder) throws {
        // The rest of the fleet is that of the fleet file.
        try coder.field("fleet", &fleet.memberships)
        if coder.isReading { forgetDevices() }
    }
}
