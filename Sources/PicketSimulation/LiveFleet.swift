package import MQTT
import NIOCore
import NIOPosix

/// Plays a simulation against a real broker: one client for each client id of the schedule, all on the event loops of the
/// process, so that a device costs a connection and no thread. The schedule follows from scenario and seed alone; the clock
/// only says when each part of it is due.
///
/// What is done to devices from outside (deliveries, restarts of the broker) is not played: devices end their sessions then
/// and come back, as they would. Some incidents cannot be played at all (``unplayable``).
package struct LiveFleet: Sendable {
    /// How the holder of the certificate of a device connects; nil for somebody who holds none.
    private let configuration: @Sendable (_ key: String?) throws(MQTTError) -> MQTTConfiguration
    /// Whether devices do what they are told.
    private let obeys: Bool
    package let tally = LiveTally()

    /// What would have to be done to the broker or to its log, and what a broker does not see: its clock is the one that
    /// stamps what devices do, and what is delivered to a device or said by it in other words is not played.
    package static let unplayable: [Scenario.Incident] =
        [.nuisance(.clockStep)]
        + [
            Scenario.Attack.remoteUnlock, .commandStorm, .eavesdropping, .malware, .exploit, .foreignFirmware, .feedCut,
            .garbage, .backdated,
        ].map { .attack($0) }

    /// - Parameter configuration: how the holder of the certificate of a device connects; nil for one without any.
    package init(
        obeys: Bool = true,
        configuration: @escaping @Sendable (_ key: String?) throws(MQTTError) -> MQTTConfiguration
    ) {
        self.obeys = obeys
        self.configuration = configuration
    }

    /// Who is connected, by name, client id and place.
    private struct Place: Hashable {
        var key: String
        var client: String
        var isStranger: Bool
    }

    /// Plays it to its end, or until the task is cancelled.
    ///
    /// - Parameter now: Unix milliseconds.
    /// - Throws: ``MQTTError`` when the configuration cannot work.
    package func play(_ simulation: Simulation, now: @Sendable () -> Int64) async throws {
        let holders = Dictionary(
            uniqueKeysWithValues: simulation.devices.enumerated().map { (DeviceTraffic.serial($0.offset), $0.element) })
        let known = Set(simulation.devices)
        // Whose certificate a stranger shows, by the client id he came with.
        var stolen: [String: String] = [:]
        var clients: [Place: LiveDevice] = [:]
        // How often they promised to speak, by their client ids.
        var keepalives: [String: UInt16] = [:]
        var simulation = simulation
        try await withThrowingDiscardingTaskGroup { group in
            events: while let events = simulation.next() {
                for event in events {
                    guard await isDue(event.time, now) else { break events }
                    let client = event.client ?? event.device
                    let isStranger = event.address == AttackTraffic.stranger
                    if case .connectFailed = event.action {
                        let configuration = try configuration(nil)
                        group.addTask { await LiveFleet.knock(as: client, configuration) }
                        continue
                    }
                    if case .connect(let serial, let keepalive, _) = event.action {
                        if isStranger { stolen[client] = holders[serial] }
                        keepalives[client] = UInt16(clamping: keepalive)
                    }
                    let own = known.contains(event.device) ? event.device : nil
                    guard let key = isStranger ? stolen[client] ?? own : own else { continue }
                    let place = Place(key: key, client: client, isStranger: isStranger)
                    if case .disconnect(let reason) = event.action {
                        // A takeover is done to the one who is there; the thief leaves when the schedule says so.
                        if isStranger || reason != "takeover" { clients.removeValue(forKey: place)?.finish() }
                        continue
                    }
                    if clients[place] == nil {
                        var configuration = try configuration(key)
                        if let seconds = keepalives[client] { configuration.keepAliveSeconds = seconds }
                        let device = LiveDevice(
                            key: key, client: client, configuration: configuration, obeys: obeys, tally: tally,
                            group: MultiThreadedEventLoopGroup.singleton)
                        clients[place] = device
                        group.addTask { await device.run() }
                        // In the middle of a schedule, after a takeover say, it connects with its first act.
                        device.take(.connect(serial: "", keepaliveSeconds: 0))
                    }
                    clients[place]?.take(event.action)
                }
            }
            for client in clients.values { client.finish() }
        }
    }

    /// Waits until it is time; false when the task was cancelled.
    private func isDue(_ time: Int64, _ now: @Sendable () -> Int64) async -> Bool {
        let wait = time - now()
        guard wait > 0 else {
            tally.late(by: -wait)
            return !Task.isCancelled
        }
        do {
            try await Task.sleep(for: .milliseconds(wait))
            return true
        } catch {
            return false
        }
    }

    /// Somebody without a certificate tries to come in, once.
    private static func knock(as client: String, _ configuration: MQTTConfiguration) async {
        var configuration = configuration
        configuration.client = client
        configuration.reconnect = nil
        let mqtt = MQTTClient(configuration)
        do {
            try await mqtt.connect()
        } catch {
            // That is what it is for.
        }
        await mqtt.close()
    }
}
