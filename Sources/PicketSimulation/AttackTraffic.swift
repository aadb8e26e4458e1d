/// What an attacker does, beside what the devices do.
struct AttackTraffic: EventStream {
    /// Whom it befalls, or in whose name it is done.
    struct Victim {
        var name: String
        var type: DeviceType
        var serial: String
        var address: String
    }

    let attack: Scenario.Attack
    let victim: Victim
    /// The names of all devices, for those who try them.
    let names: [String]
    let divisor: Int64
    private let end: Int64
    private var next: Int64
    private var count = 0
    private var dice: Dice
    private var queue: [SimulatedEvent] = []

    /// Where strangers come from (TEST-NET-3, RFC 5737).
    static let stranger = "203.0.113.66"

    init(
        _ attack: Scenario.Attack, victim: Victim, names: [String], divisor: Int64, from: Int64, to: Int64, dice: Dice
    ) {
        self.attack = attack
        self.victim = victim
        self.names = names
        self.divisor = max(1, divisor)
        self.dice = dice
        next = from
        end = to
    }

    /// Milliseconds between two acts at full rate.
    static func pause(of attack: Scenario.Attack) -> Int64 {
        switch attack {
        case .flood: 50
        case .bigPayloads: 5_000
        case .bruteForce: 500
        case .topicScan: 1_000
        case .stolenClient: 10_000
        case .clonedCertificate: 10_000
        case .clientRotation: 5_000
        // Three times what a sensor sends: nothing stands out but the sum.
        case .lowAndSlow: 5_000
        // It is what the device does not do; see DeviceTraffic.
        case .silent: .max
        }
    }

    /// The subject that can show it, beside the device: the address of the attacker.
    static func address(of attack: Scenario.Attack) -> String? {
        switch attack {
        case .bruteForce, .stolenClient, .clonedCertificate, .clientRotation: stranger
        case .flood, .bigPayloads, .topicScan, .silent, .lowAndSlow: nil
        }
    }

    /// Bytes of a payload that is far too big for a reading.
    private static let bigBytes: Int64 = 200_000

    mutating func emit(before limit: Int64, into out: inout [SimulatedEvent]) {
        guard attack != .silent else { return }
        while next < min(limit, end) {
            act()
            count += 1
            next += max(1, dice.around(AttackTraffic.pause(of: attack) * divisor, percent: 10))
        }
        let due = queue.firstIndex { $0.time >= limit } ?? queue.count
        out += queue[..<due]
        queue.removeFirst(due)
    }

    private mutating func act() {
        let topic = victim.type.topic(of: victim.name)
        let other = names[Int(dice.below(Int64(names.count)))]
        switch attack {
        case .flood, .lowAndSlow:
            add(0, .publish(topic: topic, bytes: victim.type.bytes))
        case .bigPayloads:
            add(0, .publish(topic: topic, bytes: dice.around(AttackTraffic.bigBytes, percent: 20)))
        case .bruteForce:
            add(0, .connectFailed(reason: "not-authorized"), as: other, from: AttackTraffic.stranger)
        case .topicScan:
            // Every fourth is allowed: access lists have holes.
            if count % 4 == 0 {
                add(0, .publish(topic: "telemetry/\(other)/\(count)", bytes: 2))
            } else {
                add(0, .denied(action: "publish", topic: "telemetry/\(other)/\(count)"))
            }
        case .stolenClient:
            // Both want the name: each throws the other out.
            add(0, .disconnect(reason: "takeover"))
            add(1, .connect(serial: victim.serial, keepaliveSeconds: 60), from: AttackTraffic.stranger)
            add(2_000, .disconnect(reason: "takeover"), from: AttackTraffic.stranger)
            add(2_001, .connect(serial: victim.serial, keepaliveSeconds: victim.type.keepaliveSeconds))
        case .clonedCertificate:
            let clone = "\(victim.name)-copy"
            if count == 0 {
                add(0, .connect(serial: victim.serial, keepaliveSeconds: 60), as: clone, from: AttackTraffic.stranger)
            } else {
                add(
                    0, .publish(topic: topic, bytes: victim.type.bytes), as: clone, from: AttackTraffic.stranger)
            }
        case .clientRotation:
            let name = "client-\(dice.below(1 << 40))"
            add(0, .connect(serial: victim.serial, keepaliveSeconds: 60), as: name, from: AttackTraffic.stranger)
            add(500, .publish(topic: topic, bytes: victim.type.bytes), as: name, from: AttackTraffic.stranger)
            add(1_000, .disconnect(reason: "client"), as: name, from: AttackTraffic.stranger)
        case .silent: break
        }
    }

    private mutating func add(
        _ after: Int64, _ action: SimulatedEvent.Action, as name: String? = nil, from address: String? = nil
    ) {
        queue.append(
            SimulatedEvent(
                time: next + after, device: name ?? victim.name, action: action, address: address ?? victim.address))
    }
}
