import Foundation
import MQTT
import PicketMitigation
import PicketSimulation

/// `picket simulate --broker`: gives each device a certificate, and plays the scenario in real time.
struct LiveSimulation {
    let broker: String
    let authority: String
    let obeys: Bool
    let truth: String?

    /// Before the first device connects.
    private static let lead: Int64 = 500

    func run(_ scenario: inout Scenario) async throws {
        let incidents = scenario.entries.map(\.incident)
        for incident in LiveFleet.unplayable where incidents.contains(incident) {
            StandardOutput.say(
                "picket: \(incident.name) cannot be played against a broker, which would have to do it or would not see it; "
                    + "leave it out, or write a feed without --broker")
            throw Failure.configuration
        }
        let names = Simulation(scenario).devices
        do {
            let certificates = try FleetCertificates(authority: CertificateAuthority(folder: authority))
            try certificates.make(for: names, now: Date())
            scenario.start = LiveSimulation.now() + Self.lead
            let simulation = Simulation(scenario)
            if let truth { try LiveSimulation.write(try seen(simulation.truth), to: truth) }
            let broker = broker
            let fleet = LiveFleet(obeys: obeys) { key throws(MQTTError) in
                try MQTTConfiguration(
                    url: broker, client: "",
                    tls: MQTTTLS(
                        authorities: certificates.authorities, certificate: key.map(certificates.certificate(of:)),
                        key: key.map(certificates.key(of:))))
            }
            StandardOutput.say(
                "picket: \(names.count) devices against \(broker) for \(scenario.duration / 1_000) s, seed \(scenario.seed)"
            )
            try await fleet.play(simulation, now: LiveSimulation.now)
            var out = StandardOutput()
            try out.line(fleet.tally.json)
            try out.flush()
        } catch let error as CocoaError {
            StandardOutput.say("picket: \(error.localizedDescription)")
            throw Failure.unreachable
        } catch let error as MQTTError {
            StandardOutput.say("picket: \(error)")
            throw Failure.configuration
        } catch {
            throw Failure.reported(error)
        }
    }

    /// The truth as the broker sees it: certificates have the numbers that the authority gave them, and everybody comes from
    /// this machine, so that no address tells them apart.
    private func seen(_ truth: [GroundTruth]) throws -> [GroundTruth] {
        let entries = try CertificateAuthority(folder: authority).register().entries
        // The last one of a name is the one in use.
        let serials = Dictionary(entries.map { ($0.name, $0.serial) }, uniquingKeysWith: { $1 })
        return truth.map { entry in
            var entry = entry
            entry.address = nil
            if entry.certificate != nil { entry.certificate = entry.device.flatMap { serials[$0] } }
            return entry
        }
    }

    /// The truth, a line for each incident.
    static func write(_ truth: [GroundTruth], to path: String) throws {
        var lines: [UInt8] = []
        for entry in truth { lines += entry.json + [0x0A] }
        try Data(lines).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    private static let now: @Sendable () -> Int64 = { Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down)) }
}
