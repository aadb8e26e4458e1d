/// Runs a scenario: gives its events in the order of a feed, and what really happened.
///
/// Everything follows from the scenario and its seed; no clock is read. Each device and each attacker has dice of its
/// own, so that an attack more changes nothing of what everybody else does.
package struct Simulation {
    package let truth: [GroundTruth]
    /// The names of the devices.
    package let devices: [String]
    private var traffic: [DeviceTraffic]
    private var habits: [HabitTraffic] = []
    private var attackers: [AttackTraffic] = []
    /// Stretches of which nothing comes.
    private var cuts: [(from: Int64, to: Int64)] = []
    /// Stretches in which the clock of the broker is ahead, and by how much.
    private var clockSteps: [(from: Int64, to: Int64)] = []
    private var time: Int64
    private let end: Int64

    /// What is held in memory at once: the events of ten seconds.
    private static let step: Int64 = 10_000
    /// How far a stepped clock is ahead, in milliseconds, until it is set right.
    private static let clockStep: Int64 = 90_000
    /// Devices come back within this time after an outage.
    private static let returnMilliseconds: Int64 = 30_000
    /// A new firmware reaches one device after the other within the time of the incident; each is away for this long.
    private static let restartMilliseconds: Int64 = 40_000
    /// Dice of attackers are numbered from here on, those of devices from zero.
    private static let attackDice = 1 << 32
    /// Dice of habits: so many for each device.
    private static let habitDice = 1 << 33

    package init(_ scenario: Scenario) {
        let places = scenario.fleet.flatMap { type, count in
            (0..<count).map { (name: Simulation.name(type, $0), type: type) }
        }
        let entries = Simulation.placed(scenario, places.map(\.name))
        var interruptions = Array(repeating: [DeviceTraffic.Interruption](), count: places.count)
        for (index, entry) in entries.enumerated() {
            var dice = Dice(seed: scenario.seed, index: Simulation.attackDice + 1_000 + index)
            Simulation.interrupt(&interruptions, places, entry, &dice)
            if case .nuisance(.clockStep) = entry.incident { clockSteps.append((entry.from, entry.to)) }
            if case .attack(.feedCut) = entry.incident { cuts.append((entry.from, entry.to)) }
        }
        devices = places.map(\.name)
        truth = entries
        traffic = places.indices.map { number in
            DeviceTraffic(
                name: places[number].name, type: places[number].type, number: number, start: scenario.start,
                interruptions: Simulation.apart(interruptions[number]),
                dice: Dice(seed: scenario.seed, index: number))
        }
        for number in places.indices {
            for (place, habit) in places[number].type.habits.enumerated() {
                let dice = Dice(seed: scenario.seed, index: Simulation.habitDice + number * 16 + place)
                habits.append(
                    HabitTraffic(
                        habit, of: places[number].name, places[number].type,
                        address: DeviceTraffic.address(number), start: scenario.start,
                        interruptions: interruptions[number], dice: dice))
            }
        }
        let numbers = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($1.name, $0) })
        for (index, entry) in entries.enumerated() {
            guard case .attack(let attack) = entry.incident,
                let device = entry.device ?? (attack.isOfFeed ? devices.first : nil), let number = numbers[device]
            else { continue }
            let victim = AttackTraffic.Victim(
                name: device, type: places[number].type, serial: DeviceTraffic.serial(number),
                address: DeviceTraffic.address(number))
            attackers.append(
                AttackTraffic(
                    attack, victim: victim, names: devices, divisor: entry.divisor, from: entry.from, to: entry.to,
                    dice: Dice(seed: scenario.seed, index: Simulation.attackDice + index)))
        }
        time = scenario.start
        end = scenario.start + scenario.duration
    }

    /// The next events in the order of a feed; nil when the scenario is over.
    package mutating func next() -> [SimulatedEvent]? {
        guard time < end else { return nil }
        let limit = min(time + Simulation.step, end)
        var events: [SimulatedEvent] = []
        for index in traffic.indices { traffic[index].emit(before: limit, into: &events) }
        for index in habits.indices { habits[index].emit(before: limit, into: &events) }
        for index in attackers.indices { attackers[index].emit(before: limit, into: &events) }
        time = limit
        events.removeAll { event in cuts.contains { $0.from <= event.time && event.time < $0.to } }
        // Equal times stay in the order of the devices.
        let order = events.indices.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
        return order.map { place in
            var event = events[place]
            // The broker stamps what it sees with the clock it has.
            if clockSteps.contains(where: { $0.from <= event.time && event.time < $0.to }) {
                event.time += Simulation.clockStep
            }
            event.time -= event.lateMilliseconds
            return event
        }
    }

    /// The name of device `number` of a type: `sensor-000001` for the first.
    private static func name(_ type: DeviceType, _ number: Int) -> String {
        let digits = String(number + 1)
        return "\(type.name)-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// Whether the fleet of `scenario` has a device called `name`.
    package static func isDevice(_ name: String, of scenario: Scenario) -> Bool {
        scenario.fleet.contains { type, count in
            guard name.hasPrefix(type.name + "-"), let number = Int(name.dropFirst(type.name.count + 1)) else {
                return false
            }
            return (1...max(1, count)).contains(number) && count > 0 && Simulation.name(type, number - 1) == name
        }
    }

    // MARK: When what happens to whom

    /// Every incident with its time and its device.
    private static func placed(_ scenario: Scenario, _ names: [String]) -> [GroundTruth] {
        let pause = scenario.duration / Int64(scenario.entries.count + 1)
        return scenario.entries.enumerated().compactMap { index, entry in
            var dice = Dice(seed: scenario.seed, index: attackDice + 500_000 + index)
            let from = scenario.start + (entry.at ?? pause * Int64(index + 1))
            let to = min(from + (entry.duration ?? max(60_000, pause / 2)), scenario.start + scenario.duration)
            var truth = GroundTruth(incident: entry.incident, from: from, to: to, divisor: entry.divisor)
            if case .attack(let attack) = entry.incident {
                guard !names.isEmpty else { return nil }
                if attack.isOfFeed {
                    truth.feed = scenario.feed
                    return truth
                }
                truth.device = entry.device ?? names[Int(dice.below(Int64(names.count)))]
                truth.address = AttackTraffic.address(of: attack)
                if attack == .clonedCertificate || attack == .clientRotation || attack == .stolenClient,
                    let number = names.firstIndex(where: { $0 == truth.device })
                {
                    truth.certificate = DeviceTraffic.serial(number)
                }
                if attack == .eavesdropping, let device = truth.device {
                    truth.topic = scenario.fleet.first { device.hasPrefix($0.type.name + "-") }?.type.topic(of: device)
                }
            }
            return truth
        }
    }

    private static func interrupt(
        _ interruptions: inout [[DeviceTraffic.Interruption]], _ places: [(name: String, type: DeviceType)],
        _ entry: GroundTruth, _ dice: inout Dice
    ) {
        func add(_ number: Int, _ from: Int64, _ to: Int64, _ cause: DeviceTraffic.Interruption.Cause) {
            interruptions[number].append(.init(from: from, to: to, cause: cause))
        }
        switch entry.incident {
        case .attack(.silent):
            if let number = places.firstIndex(where: { $0.name == entry.device }) {
                add(number, entry.from, entry.to, .mute)
            }
        case .nuisance(.brokerRestart):
            for number in places.indices {
                add(
                    number, entry.from, entry.from + 5_000 + dice.below(returnMilliseconds),
                    .outage(reason: "server", backlog: false))
            }
        case .nuisance(.firmware):
            for number in places.indices {
                let from = entry.from + dice.below(max(1, entry.to - entry.from))
                add(number, from, from + restartMilliseconds, .firmware)
            }
        case .nuisance(.backlog):
            // Half of the devices stand behind the link that broke.
            for number in places.indices where number % 2 == 0 {
                add(
                    number, entry.from, entry.to + dice.below(returnMilliseconds),
                    .outage(reason: "connection-lost", backlog: true))
            }
        case .nuisance(.clockStep), .attack: break
        }
    }

    /// Ascending, and without those that begin while another one lasts.
    private static func apart(_ all: [DeviceTraffic.Interruption]) -> [DeviceTraffic.Interruption] {
        var kept: [DeviceTraffic.Interruption] = []
        for interruption in all.sorted(by: { $0.from < $1.from }) where interruption.from >= (kept.last?.to ?? .min) {
            kept.append(interruption)
        }
        return kept
    }
}
