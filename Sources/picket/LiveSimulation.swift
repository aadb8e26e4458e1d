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

    /// Certificates are made in parts, so that the register is not written for each of them.
    private static let part = 1_000
    /// Before the first device connects.
    private static let lead: Int64 = 500

    func run(_ scenario: inout Scenario) async throws {
        let names = Simulation(scenario).devices
        do {
            try certify(names)
            scenario.start = LiveSimulation.now() + Self.lead
            let simulation = Simulation(scenario)
            if let truth { try LiveSimulation.write(simulation.truth, to: truth) }
            let (broker, folder) = (broker, authority)
            let fleet = LiveFleet(obeys: obeys) { key throws(MQTTError) in
                try MQTTConfiguration(
                    url: broker, client: "",
                    tls: MQTTTLS(
                        authorities: "\(folder)/ca.crt", certificate: key.map { "\(folder)/fleet/\($0).crt" },
                        key: key.map { "\(folder)/fleet/\($0).key" }))
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

    /// Makes the authority and the certificates that are missing. Those that are there serve again.
    private func certify(_ names: [String]) throws {
        let authority = CertificateAuthority(folder: authority)
        let files = FileManager.default
        if !files.fileExists(atPath: authority.certificateFile) {
            try authority.create(name: "Simulated fleet", now: Date())
        }
        let folder = "\(authority.folder)/fleet"
        try files.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var missing = names.filter { !files.fileExists(atPath: "\(folder)/\($0).key") }[...]
        while !missing.isEmpty {
            let part = Array(missing.prefix(Self.part))
            missing = missing.dropFirst(part.count)
            for (name, issued) in zip(part, try authority.issue(names: part, now: Date())) {
                try Data(issued.certificate.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).crt"))
                // The key last: where it is, its certificate is.
                guard
                    files.createFile(
                        atPath: "\(folder)/\(name).key", contents: Data(issued.key.utf8),
                        attributes: [.posixPermissions: 0o600])
                else { throw CocoaError(.fileWriteUnknown) }
            }
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
