import ArgumentParser
import Foundation
import PicketProfiles
import PicketSimulation

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Writes the feed of a fleet that does not exist, with attacks and other incidents.",
        discussion: """
            With --broker it is no feed but a real one: each device is an MQTT client with a certificate, in real time, and \
            takes commands on cmd/{device}/…. --authority is a certificate authority of picket ca; where there is none, one \
            is made for the test. The broker trusts its ca.crt; certificates and keys of the devices go to fleet/ in it. \
            Ten thousand devices need as many open files: ulimit -n 20000. The truth then names the certificates that the \
            broker sees, and no addresses, as all come from this machine. What a broker would have to do itself, or does not \
            see, is refused: \(LiveFleet.unplayable.map(\.name).joined(separator: ", ")). A restart of the broker is played as all devices leaving and coming back, and new firmware without its pieces: \
            neither is done to the broker.

            The feed is NDJSON, as picket replay and picket run read it. The same scenario and seed give the same bytes, \
            on every machine; no clock is read. --truth writes what really happened, a line for each incident: kind, \
            device, from, to; an incident of the feed names the feed as picket replay does, by its file.

            Attacks: \(Scenario.Attack.allCases.map(\.rawValue).joined(separator: ", ")).
            Nuisances, which should not look like attacks: \
            \(Scenario.Nuisance.allCases.map(\.rawValue).joined(separator: ", ")).

            Examples:
              picket simulate --devices 50 --incident flood --for 1h --seed 7 --to-file feed.ndjson --truth truth.ndjson
              picket simulate scenario.yaml --broker mqtts://127.0.0.1:8883 --authority picket-ca --truth truth.ndjson
              picket simulate scenario.yaml | picket replay - --format ndjson --profile profiles/generic-sensor.yaml

            A scenario file:
              for: 24h
              devices: { sensor: 40, boiler: { count: 10, every: 30s, bytes: 120, topic: "heat/{device}" } }
              incidents:
                - { kind: flood, device: sensor-000003, at: 2h, for: 10m, divisor: 10 }
                - { kind: broker-restart, at: 6h }
            """)

    @Argument(help: ArgumentHelp("A scenario file; without it the options say everything.", valueName: "file"))
    var scenario: String?

    @Option(help: ArgumentHelp("Devices, of the usual mixture of types (default: 50).", valueName: "number"))
    var devices: Int?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Only devices of this type; may be repeated. \(DeviceType.known.map(\.name).joined(separator: ", ")).",
            valueName: "type"))
    var type: [String] = []

    @Option(
        name: [.customLong("incident"), .customLong("attack"), .customLong("nuisance")], parsing: .singleValue,
        help: ArgumentHelp("What happens; may be repeated, then one after the other.", valueName: "kind"))
    var incidents: [String] = []

    @Option(
        help: ArgumentHelp("Attacks of --incident at a fraction of their rate: 100 for a hundredth.", valueName: "n"))
    var divisor: Int64 = 1

    @Option(name: .customLong("for"), help: ArgumentHelp("How long: 1h, 7d (default: 1h).", valueName: "duration"))
    var duration: String?

    @Option(help: ArgumentHelp("The number that the dice begin with.", valueName: "number"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Where the feed goes; standard output without it.", valueName: "file"))
    var toFile: String?

    @Option(help: ArgumentHelp("Where the truth goes.", valueName: "file"))
    var truth: String?

    @Option(help: ArgumentHelp("Play it against this broker: mqtts://HOST:PORT.", valueName: "address"))
    var broker: String?

    @Option(help: ArgumentHelp("With --broker: the authority of the devices' certificates.", valueName: "folder"))
    var authority: String?

    @Flag(help: "With --broker: devices take commands and do not do what they are told.")
    var disobey = false

    mutating func run() async throws {
        guard (broker == nil) == (authority == nil), broker == nil || toFile == nil else {
            throw ValidationError("--broker and --authority belong together, and are no feed in a file.")
        }
        var scenario = try resolved()
        if let broker, let authority {
            try await LiveSimulation(
                broker: broker, authority: authority, obeys: !disobey, truth: truth
            ).run(&scenario)
            return
        }
        var simulation = Simulation(scenario)
        do {
            if let truth { try LiveSimulation.write(simulation.truth, to: truth) }
            if let toFile {
                let file = try SimulateCommand.open(toFile)
                var out: [UInt8] = []
                while let events = simulation.next() {
                    out.removeAll(keepingCapacity: true)
                    for event in events { event.append(to: &out) }
                    try file.write(contentsOf: out)
                }
                try file.close()
            } else {
                var out = StandardOutput()
                while let events = simulation.next() {
                    var lines: [UInt8] = []
                    for event in events { event.append(to: &lines) }
                    try out.raw(lines)
                }
                try out.flush()
            }
        } catch let error as CocoaError {
            StandardOutput.say("picket: \(error.localizedDescription)")
            throw Failure.unreachable
        } catch {
            throw Failure.reported(error)
        }
    }

    private static func open(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: path))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    /// The scenario of the file, or of the options; what both say, the options say.
    private func resolved() throws -> Scenario {
        var scenario = Scenario()
        if let path = self.scenario {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                StandardOutput.say("picket: \(path): the scenario cannot be read; it is a file of UTF-8")
                throw Failure.unreachable
            }
            let (read, diagnostics) = ScenarioReader.parse(text: text, file: path)
            if !diagnostics.isEmpty { StandardOutput.say(DiagnosticRenderer().text(diagnostics)) }
            guard let read else { throw Failure.configuration }
            scenario = read
        }
        if self.scenario == nil || devices != nil || !type.isEmpty {
            scenario.fleet = Scenario.mixture(try count(), of: try types())
        }
        if let duration {
            guard let seconds = Quantity.seconds(in: duration), Int64(seconds) * 1_000 <= Scenario.longest else {
                throw ValidationError("--for takes a duration up to 366d like 90s, 1h or 7d, not '\(duration)'.")
            }
            scenario.duration = Int64(seconds) * 1_000
        }
        guard (1...Scenario.mostDivisor).contains(divisor) else {
            throw ValidationError("--divisor is a number from 1 to \(Scenario.mostDivisor).")
        }
        for name in incidents {
            guard let incident = Scenario.Incident(name) else {
                let known = ScenarioReader.incidentNames.joined(separator: ", ")
                throw ValidationError("Nobody knows the incident '\(name)'. Known: \(known).")
            }
            scenario.entries.append(.init(incident, divisor: divisor))
        }
        guard scenario.entries.count <= Scenario.mostEntries else {
            throw ValidationError("There can be at most \(Scenario.mostEntries) incidents.")
        }
        if let seed { scenario.seed = seed }
        if let toFile { scenario.feed = URL(fileURLWithPath: toFile).lastPathComponent }
        return scenario
    }

    private func count() throws -> Int {
        let count = devices ?? 50
        guard (1...Scenario.mostDevices).contains(count) else {
            throw ValidationError("--devices is a number from 1 to \(Scenario.mostDevices).")
        }
        return count
    }

    private func types() throws -> [DeviceType] {
        guard !type.isEmpty else { return DeviceType.known }
        return try type.map { name in
            guard let known = DeviceType.known.first(where: { $0.name == name }) else {
                let names = DeviceType.known.map(\.name).joined(separator: ", ")
                throw ValidationError("Unknown type '\(name)'. Known: \(names); others come in a scenario file.")
            }
            return known
        }
    }
}
