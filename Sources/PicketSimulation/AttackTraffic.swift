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
        case .impersonation: 10_000
        case .topicSpread: 500
        case .wandering, .remoteUnlock, .eavesdropping, .malware, .exploit, .foreignFirmware: 60_000
        case .commandStorm: 500
        case .garbage, .backdated: 1_000
        // It is what does not happen; see DeviceTraffic and Simulation.
        case .silent, .feedCut: .max
        }
    }

    /// The subject that can show it, beside the device: the address of the attacker.
    static func address(of attack: Scenario.Attack) -> String? {
        switch attack {
        case .bruteForce, .stolenClient, .clonedCertificate, .clientRotation, .eavesdropping: stranger
        case .flood, .bigPayloads, .topicScan, .silent, .lowAndSlow, .impersonation, .topicSpread, .wandering,
            .remoteUnlock, .commandStorm, .malware, .exploit, .foreignFirmware, .feedCut, .garbage, .backdated:
            nil
        }
    }

    /// How late the events of an attack come that come too late.
    private static let lateMilliseconds: Int64 = 3_600_000
    /// Bytes of a payload that is far too big for a reading, and for a picture.
    private static let bigBytes: Int64 = 200_000
    private static let bigFactor: Int64 = 10

    mutating func emit(before limit: Int64, into out: inout [SimulatedEvent]) {
        guard attack != .silent, attack != .feedCut else { return }
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
            let bytes = max(AttackTraffic.bigBytes, AttackTraffic.bigFactor * victim.type.bytes)
            add(0, .publish(topic: topic, bytes: dice.around(bytes, percent: 20)))
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
        case .impersonation:
            // The next one, where the dice show itself.
            let place = names.firstIndex(of: other).map { ($0 + 1) % names.count } ?? 0
            add(
                0,
                .publish(
                    topic: victim.type.topic(of: other == victim.name ? names[place] : other), bytes: victim.type.bytes)
            )
        case .topicSpread:
            add(0, .publish(topic: "\(topic)/\(count)", bytes: 2))
        case .wandering:
            let address = "203.0.113.\(1 + count % 250)"
            add(0, .disconnect(reason: "client"))
            add(1, .connect(serial: victim.serial, keepaliveSeconds: 60), from: address)
            add(500, .publish(topic: topic, bytes: victim.type.bytes), from: address)
            add(1_000, .disconnect(reason: "client"), from: address)
            add(1_001, .connect(serial: victim.serial, keepaliveSeconds: victim.type.keepaliveSeconds))
        case .remoteUnlock:
            add(0, .deliver(topic: "\(victim.type.name)/\(victim.name)/unlock", bytes: 1))
        case .commandStorm:
            add(0, .deliver(topic: "\(victim.type.name)/\(victim.name)/blink", bytes: 1))
        case .eavesdropping:
            add(
                0, .deliver(topic: topic, bytes: victim.type.bytes), as: "reader-\(count % 8)",
                from: AttackTraffic.stranger)
        case .malware:
            add(0, .report(number: next / 1_000, destinations: [AttackTraffic.stranger], ports: [23, 443]))
        case .exploit:
            // Most attempts fail where nobody looks; some smash the stack.
            add(0, .alert(type: count % 4 == 3 ? "STACK_CHK_FAILED" : "ASSERT_FAILED"))
        case .foreignFirmware:
            add(0, .disconnect(reason: "client"))
            add(
                1_000,
                .connect(
                    serial: victim.serial, keepaliveSeconds: victim.type.keepaliveSeconds, firmware: "0.0.0-debug"))
        case .garbage:
            add(0, .garbage)
        case .backdated:
            add(0, .publish(topic: topic, bytes: victim.type.bytes))
            queue[queue.count - 1].lateMilliseconds = AttackTraffic.lateMilliseconds
        case .silent, .feedCut: break
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
