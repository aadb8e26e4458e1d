/// What is to happen: which devices, for how long, and what goes wrong in between.
package struct Scenario: Sendable {
    /// Somebody or something that misbehaves, and is to be found.
    package enum Attack: String, Sendable, CaseIterable {
        case flood
        case bigPayloads = "big-payloads"
        case bruteForce = "brute-force"
        case topicScan = "topic-scan"
        case stolenClient = "stolen-client"
        case clonedCertificate = "cloned-certificate"
        case clientRotation = "client-rotation"
        case silent
        case lowAndSlow = "low-and-slow"
        /// It publishes where other devices do.
        case impersonation
        /// It publishes to ever new topics of its own.
        case topicSpread = "topic-spread"
        /// Its name is used from one network after the other.
        case wandering
        /// It is unlocked, and nobody asked for it.
        case remoteUnlock = "remote-unlock"
        case commandStorm = "command-storm"
        /// One stranger after the other reads what it sends.
        case eavesdropping
        /// It talks to a stranger and listens on telnet, by its own reports.
        case malware
        /// It fails again and again, because somebody tries.
        case exploit
        case foreignFirmware = "foreign-firmware"
        /// Nothing comes of anybody.
        case feedCut = "feed-cut"
        /// The feed is full of what cannot be read.
        case garbage
        /// Events come an hour too late.
        case backdated

        /// Whether it is done to what tells of devices, and not to one of them.
        package var isOfFeed: Bool { self == .feedCut || self == .garbage || self == .backdated }
    }

    /// What is no attack, and should not look like one.
    package enum Nuisance: String, Sendable, CaseIterable {
        case brokerRestart = "broker-restart"
        case firmware = "firmware"
        case clockStep = "clock-step"
        case backlog = "backlog"
    }

    /// What happens in between, and when.
    package enum Incident: Sendable, Equatable {
        case attack(Attack)
        case nuisance(Nuisance)

        package var name: String {
            switch self {
            case .attack(let attack): attack.rawValue
            case .nuisance(let nuisance): nuisance.rawValue
            }
        }

        package init?(_ name: String) {
            if let attack = Attack(rawValue: name) {
                self = .attack(attack)
            } else if let nuisance = Nuisance(rawValue: name) {
                self = .nuisance(nuisance)
            } else {
                return nil
            }
        }
    }

    /// An incident with its place.
    package struct Entry: Sendable, Equatable {
        package var incident: Incident
        /// Whom it befalls; nil to throw dice.
        package var device: String?
        /// Milliseconds after the start; nil to spread all incidents over the run.
        package var at: Int64?
        /// Milliseconds; nil for a fitting time.
        package var duration: Int64?
        /// An attack at a hundredth of its rate has 100.
        package var divisor: Int64 = 1

        package init(
            _ incident: Incident, device: String? = nil, at: Int64? = nil, duration: Int64? = nil, divisor: Int64 = 1
        ) {
            self.incident = incident
            self.device = device
            self.at = at
            self.duration = duration
            self.divisor = divisor
        }
    }

    /// The types, each with its number of devices.
    package var fleet: [(type: DeviceType, count: Int)] = []
    package var entries: [Entry] = []
    /// In Unix milliseconds. A fixed day, so that a feed does not depend on when it was made.
    package var start: Int64 = 1_795_996_800_000
    /// Milliseconds.
    package var duration: Int64 = 3_600_000
    package var seed: UInt64 = 1
    /// What those who read the feed call it.
    package var feed = "stdin"

    package init() {}

    /// The most devices: their names have six digits.
    package static let mostDevices = 1_000_000
    /// The most incidents. Each is looked at in each step.
    package static let mostEntries = 1_000
    /// The thinnest an attack can be; beyond it nothing happens within a day.
    package static let mostDivisor: Int64 = 10_000
    /// The longest run: a year and its leap day.
    package static let longest: Int64 = 366 * 86_400_000

    /// A fleet of `count` devices in the usual mixture, or of one type.
    package static func mixture(_ count: Int, of types: [DeviceType] = DeviceType.known) -> [(DeviceType, Int)] {
        let shares = max(1, types.reduce(0) { $0 + $1.share })
        var left = count
        var mixed: [(DeviceType, Int)] = []
        // The first type takes what rounding leaves.
        for type in types.dropFirst() {
            let part = count * type.share / shares
            mixed.append((type, part))
            left -= part
        }
        return (types.first.map { [($0, left)] } ?? []) + mixed
    }
}
