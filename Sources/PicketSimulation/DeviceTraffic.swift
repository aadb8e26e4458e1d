/// What one device does: it connects, sends at its pace, and lives through what befalls it.
struct DeviceTraffic: EventStream {
    /// A stretch in which the device does not do what it always does.
    struct Interruption {
        enum Cause {
            /// The session ends for this reason; afterwards a backlog of readings may come at once.
            case outage(reason: String, backlog: Bool)
            /// It ends the session, starts anew, and is sent its new software in pieces.
            case firmware
            /// It stays connected and sends nothing: stuck, or jammed.
            case mute
        }

        var from: Int64
        var to: Int64
        var cause: Cause
    }

    let name: String
    let type: DeviceType
    let serial: String
    let address: String
    var interruptions: [Interruption]
    private var dice: Dice
    private var next: Int64
    private var isConnected = false
    private var firmware = DeviceTraffic.firmware
    private var queue: [SimulatedEvent] = []

    /// Readings that a device keeps through an outage.
    private static let mostBacklog: Int64 = 100
    /// Milliseconds between two of them when they are sent at last.
    private static let backlogPause: Int64 = 200
    /// The version at the start, and the one that comes in pieces.
    private static let (firmware, newFirmware) = ("4.1.0", "4.2.0")
    private static let firmwarePieces: Int64 = 64
    private static let firmwarePieceBytes: Int64 = 4_096
    private static let firmwarePause: Int64 = 2_000

    /// - Parameter interruptions: ascending, and they do not overlap.
    init(
        name: String, type: DeviceType, number: Int, start: Int64, interruptions: [Interruption], dice: Dice
    ) {
        self.name = name
        self.type = type
        self.interruptions = interruptions
        self.dice = dice
        serial = DeviceTraffic.serial(number)
        address = DeviceTraffic.address(number)
        // Everybody is there within the pause between two messages, not in one instant.
        next = start + self.dice.below(min(type.everyMilliseconds, 30_000))
    }

    /// The serial number of the certificate of device `number`: twelve hexadecimal digits.
    static func serial(_ number: Int) -> String {
        let digits = String(0x4A00_0000_0000 + number * 7 + 1, radix: 16, uppercase: true)
        return digits
    }

    /// One of 10.20.0.0/14, which holds as many devices as there can be in a simulation.
    static func address(_ number: Int) -> String {
        let host = number + 1
        return "10.\(20 + (host >> 16)).\(host >> 8 & 255).\(host & 255)"
    }

    mutating func emit(before end: Int64, into out: inout [SimulatedEvent]) {
        while next < end { step() }
        let count = queue.firstIndex { $0.time >= end } ?? queue.count
        out += queue[..<count]
        queue.removeFirst(count)
    }

    private mutating func step() {
        if let interruption = interruptions.first, interruption.from <= next {
            interruptions.removeFirst()
            suffer(interruption)
        } else if !isConnected {
            connect(at: next)
        } else {
            publish(at: next)
            next += max(1, dice.around(type.everyMilliseconds, percent: type.jitterPercent))
            // What befalls it comes on time, not at the next reading.
            if let coming = interruptions.first { next = min(next, max(coming.from, queue.last?.time ?? 0)) }
        }
    }

    private mutating func connect(at time: Int64) {
        isConnected = true
        add(time, .connect(serial: serial, keepaliveSeconds: type.keepaliveSeconds, firmware: firmware))
        next = time + 100 + dice.below(400)
    }

    private mutating func publish(at time: Int64) {
        add(
            time,
            .publish(
                topic: type.topic(of: name), bytes: max(1, dice.around(type.bytes, percent: type.jitterPercent))))
    }

    private mutating func suffer(_ interruption: Interruption) {
        let time = max(next, interruption.from)
        guard interruption.to > time else { return }
        switch interruption.cause {
        case .mute:
            next = interruption.to
        case .outage(let reason, let hasBacklog):
            if isConnected { add(time, .disconnect(reason: reason)) }
            isConnected = false
            connect(at: interruption.to)
            guard hasBacklog else { return }
            let missed = min((interruption.to - time) / max(1, type.everyMilliseconds), DeviceTraffic.mostBacklog)
            for _ in 0..<missed {
                publish(at: next)
                next += DeviceTraffic.backlogPause
            }
        case .firmware:
            if isConnected { add(time, .disconnect(reason: "client")) }
            firmware = DeviceTraffic.newFirmware
            connect(at: interruption.to)
            for _ in 0..<DeviceTraffic.firmwarePieces {
                add(next, .deliver(topic: "firmware/\(name)", bytes: DeviceTraffic.firmwarePieceBytes))
                next += DeviceTraffic.firmwarePause
            }
        }
    }

    private mutating func add(_ time: Int64, _ action: SimulatedEvent.Action) {
        queue.append(SimulatedEvent(time: time, device: name, action: action, address: address))
    }
}

/// A source of events in the order of their times.
protocol EventStream {
    /// Appends the events before `end` that were not given yet.
    mutating func emit(before end: Int64, into out: inout [SimulatedEvent])
}
