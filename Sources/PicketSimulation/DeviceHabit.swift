/// What happens around a device beside its messages, day in, day out.
package enum DeviceHabit: Sendable, Equatable {
    /// The recorder reads each picture, and now and then one of two people does.
    case isWatched
    /// It reports whom it talks to and where it listens.
    case reports
    /// By day a person asks for it, and it is unlocked.
    case isUnlocked

    /// Milliseconds between two times.
    var pause: Int64 {
        switch self {
        case .isWatched: 60_000
        case .reports: 600_000
        case .isUnlocked: 3_600_000
        }
    }
}

/// A habit of one device. It rests while the device is away.
struct HabitTraffic: EventStream {
    let habit: DeviceHabit
    let name: String
    let type: DeviceType
    let address: String
    let interruptions: [DeviceTraffic.Interruption]
    private var dice: Dice
    private var next: Int64
    private var queue: [SimulatedEvent] = []

    /// Where the recorder and the people sit.
    private static let office = "10.10.0.2"
    private static let people = ["anna", "ben"]
    /// A person looks at one picture in so many.
    private static let glance: Int64 = 40
    /// Hours of UTC that are day in the middle of Europe, in summer and in winter.
    private static let day: Range<Int64> = 7..<19

    init(
        _ habit: DeviceHabit, of name: String, _ type: DeviceType, address: String, start: Int64,
        interruptions: [DeviceTraffic.Interruption], dice: Dice
    ) {
        self.habit = habit
        self.name = name
        self.type = type
        self.address = address
        self.interruptions = interruptions
        self.dice = dice
        // When everybody is connected.
        next = start + 60_000 + self.dice.below(habit.pause)
    }

    mutating func emit(before end: Int64, into out: inout [SimulatedEvent]) {
        while next < end {
            if !interruptions.contains(where: { $0.from <= next && next < $0.to }) { act() }
            next += dice.around(habit.pause, percent: 20)
        }
        let count = queue.firstIndex { $0.time >= end } ?? queue.count
        out += queue[..<count]
        queue.removeFirst(count)
    }

    private mutating func act() {
        switch habit {
        case .isWatched:
            let picture = SimulatedEvent.Action.deliver(topic: type.topic(of: name), bytes: type.bytes)
            add(0, picture, as: "recorder", from: HabitTraffic.office)
            guard dice.below(HabitTraffic.glance) == 0 else { return }
            let person = HabitTraffic.people[Int(dice.below(Int64(HabitTraffic.people.count)))]
            add(200, picture, as: person, from: HabitTraffic.office)
        case .reports:
            add(0, .report(number: next / 1_000, destinations: ["10.0.0.5"], ports: [443]))
        case .isUnlocked:
            guard HabitTraffic.day.contains(next / 3_600_000 % 24) else { return }
            add(0, .user(action: "unlock"), as: HabitTraffic.people[0], from: HabitTraffic.office)
            add(1_000, .deliver(topic: "\(type.name)/\(name)/unlock", bytes: 1))
        }
    }

    private mutating func add(
        _ after: Int64, _ action: SimulatedEvent.Action, as device: String? = nil, from: String? = nil
    ) {
        queue.append(
            SimulatedEvent(time: next + after, device: device ?? name, action: action, address: from ?? address))
    }
}
