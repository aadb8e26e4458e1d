import Foundation
import MQTT
import Synchronization

/// A device of a fleet as a real MQTT client with a certificate: it publishes, takes commands, and counts their ids.
final class FleetDevice: Sendable {
    /// What it does with a command.
    enum Manners: Sendable {
        case acknowledges, ignores
        /// It takes the command and says that it will not.
        case refuses
    }

    let name: String
    private let mqtt: MQTTClient
    private let manners: Manners
    /// Is called with each command before it is answered; a true answer keeps the device silent this time.
    let interrupt = Mutex<(@Sendable () -> Bool)?>(nil)
    private let heard = Mutex<[String]>([])

    /// - Parameters:
    ///   - key: whose certificate it holds.
    ///   - client: its client id, where that is not its own name.
    init(_ key: String, on site: MitigationSite, client: String? = nil, manners: Manners = .acknowledges) throws {
        name = key
        self.manners = manners
        var configuration = try MQTTConfiguration(
            url: site.url, client: client ?? key,
            tls: MQTTTLS(
                authorities: site.file("ca/ca.crt"), certificate: site.file("keys/\(key).crt"),
                key: site.file("keys/\(key).key")))
        configuration.reconnect = Backoff(first: .milliseconds(50), longest: .milliseconds(500))
        configuration.subscriptions = [
            Subscription("cmd/\(key)/#"), Subscription("$aws/things/\(key)/jobs/notify-next"),
        ]
        mqtt = MQTTClient(configuration)
    }

    /// Connects, as a device does: again, when a busy broker drops the first connection. Answers commands from then on.
    func start() async throws {
        await startPatiently()
        try await until { await isConnected }
    }

    /// Tries once whether it is let in.
    func connectOnce() async throws { try await mqtt.connect() }

    /// Connects and goes on trying, whatever comes.
    func startPatiently() async {
        await mqtt.start()
        Task { await serve() }
    }

    func stop() async { await mqtt.close() }

    var isConnected: Bool { get async { await mqtt.isConnected } }

    /// The request ids of all commands that came, repeats too.
    var requests: [String] { heard.withLock { $0 } }

    func publish(_ count: Int, topic: String? = nil) async throws {
        for number in 0..<count { try await say("\(number)", to: topic ?? "telemetry/\(name)") }
    }

    func say(_ text: String, to topic: String) async throws {
        try await mqtt.publish(MQTTMessage(topic: topic, payload: Array(text.utf8)))
    }

    private func serve() async {
        while true {
            let arrivals = await mqtt.receive()
            if arrivals.isEmpty { return }
            for case .message(let message) in arrivals {
                await mqtt.acknowledge([message])
                guard let request = FleetDevice.request(message) else { continue }
                heard.withLock { $0.append(request) }
                if interrupt.withLock({ $0 })?() ?? false { continue }
                answer(message, request)
            }
        }
    }

    /// The id in one of our commands, or in a job of AWS's form.
    private static func request(_ message: MQTTMessage) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(message.payload)) as? [String: Any]
        let execution = object?["execution"] as? [String: Any]
        return object?["operation"] as? String == nil && execution == nil
            ? nil : execution?["jobId"] as? String ?? object?["id"] as? String
    }

    private func answer(_ message: MQTTMessage, _ request: String) {
        let isJob = message.topic.hasPrefix("$aws/")
        let topic = isJob ? "$aws/things/\(name)/jobs/\(request)/update" : "cmd/\(name)/ack"
        // Not awaited: what is received must not wait for what is sent.
        switch manners {
        case .ignores: break
        case .acknowledges:
            Task { try await say(isJob ? #"{"status":"SUCCEEDED"}"# : #"{"id":"\#(request)"}"#, to: topic) }
        case .refuses: Task { try await say(#"{"id":"\#(request)","status":"REJECTED"}"#, to: topic) }
        }
    }
}
