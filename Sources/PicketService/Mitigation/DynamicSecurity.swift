import Foundation
import MQTT

/// Speaks with Mosquitto's dynamic security over its control topic. A command is done when the answer says so; each is asked
/// on a connection of its own, for whoever administers a broker may lose his rights at any time.
struct DynamicSecurity {
    /// What a client of the broker may do, as dynamic security tells it.
    struct Client: Equatable, Sendable {
        /// By name, with their priorities.
        var groups: [String: Int] = [:]
        var roles: [String: Int] = [:]
        var isDisabled = false
    }

    /// Why a command was not carried out, in the broker's words or ours.
    struct Refusal: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    let address: BrokerConfiguration.Address

    private static let topic = "$CONTROL/dynamic-security/v1"
    private static let answerTopic = topic + "/response"
    /// A broker answers within milliseconds, and within 50 when it writes its file (measured with 2.0.11).
    private static let patience = Duration.seconds(5)
    /// Above every group that a person gives a client: dynamic security asks the groups in the order of their priorities.
    static let priority = 1_000

    /// Carries out commands in their order, in one message.
    ///
    /// - Returns: for each that it was done, or why not.
    func ask(_ commands: [[String: Any]]) async throws(Refusal) -> [Result<Void, Refusal>] {
        try await answers(to: commands).map { answer in answer.map { _ in } }
    }

    /// What the broker knows of a client; nil when it knows none of that name.
    func client(_ user: String) async throws(Refusal) -> Client? {
        switch try await answers(to: [["command": "getClient", "username": user]])[0] {
        case .failure(let refusal):
            if refusal.description == "Client not found" { return nil }
            throw refusal
        case .success(let data):
            let found = data.object["client"] as? [String: Any] ?? [:]
            var client = Client(isDisabled: found["disabled"] as? Bool ?? false)
            client.groups = DynamicSecurity.named(found["groups"], "groupname")
            client.roles = DynamicSecurity.named(found["roles"], "rolename")
            return client
        }
    }

    /// The roles of a group, with their priorities.
    func roles(ofGroup group: String) async throws(Refusal) -> [String: Int] {
        let data = try await answers(to: [["command": "getGroup", "groupname": group]])[0].get()
        return DynamicSecurity.named((data.object["group"] as? [String: Any])?["roles"], "rolename")
    }

    private static func named(_ list: Any?, _ key: String) -> [String: Int] {
        (list as? [[String: Any]] ?? []).reduce(into: [:]) { found, entry in
            if let name = entry[key] as? String { found[name] = (entry["priority"] as? NSNumber)?.intValue ?? 0 }
        }
    }

    /// An answer's data; JSON objects are not Sendable, and nobody else has this one.
    private struct Data: @unchecked Sendable {
        let object: [String: Any]
    }

    private func answers(to commands: [[String: Any]]) async throws(Refusal) -> [Result<Data, Refusal>] {
        var configuration: MQTTConfiguration
        do {
            configuration = try address.configuration(
                client: "picket-control-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))")
        } catch {
            throw Refusal(description: "\(error)")
        }
        configuration.reconnect = nil
        configuration.connectTimeout = Self.patience
        // Others may administer too: an answer is ours by its id alone.
        let ids = commands.map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }
        let marked = zip(commands, ids).map { command, id in
            command.merging(["correlationData": id]) { mine, _ in mine }
        }
        guard let payload = try? JSONSerialization.data(withJSONObject: ["commands": marked]) else {
            throw Refusal(description: "the command is no JSON")
        }
        let mqtt = MQTTClient(configuration)
        do {
            let found = try await withThrowingTaskGroup(of: [String: Result<Data, Refusal>]?.self) { group in
                group.addTask {
                    try await mqtt.connect()
                    if try await mqtt.subscribe([Subscription(Self.answerTopic)]).contains(where: \.isError) {
                        throw Refusal(description: "the broker does not let us hear the answers of dynamic security")
                    }
                    let code = try await mqtt.publish(
                        MQTTMessage(topic: Self.topic, payload: Array(payload), qos: .atLeastOnce))
                    guard !code.isError else { throw Refusal(description: "the broker refuses the command: \(code)") }
                    return try await DynamicSecurity.listen(mqtt, for: Set(ids))
                }
                group.addTask {
                    try await Task.sleep(for: Self.patience)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            await mqtt.close()
            guard let found else {
                throw Refusal(
                    description: "no answer: is the dynamic security plugin loaded, and may we administer it?")
            }
            return ids.map { found[$0] ?? .failure(Refusal(description: "no answer")) }
        } catch let refusal as Refusal {
            await mqtt.close()
            throw refusal
        } catch {
            await mqtt.close()
            throw Refusal(description: "\(error)")
        }
    }

    private static func listen(
        _ mqtt: MQTTClient, for ids: Set<String>
    ) async throws -> [String: Result<Data, Refusal>] {
        var found: [String: Result<Data, Refusal>] = [:]
        while found.count < ids.count {
            let arrivals = await mqtt.receive()
            guard !arrivals.isEmpty else { throw Refusal(description: "the connection ended before the answer") }
            for arrival in arrivals {
                if case .disconnected(let error, _) = arrival { throw Refusal(description: "\(error)") }
                guard case .message(let message) = arrival, message.topic == answerTopic else { continue }
                let object = try? JSONSerialization.jsonObject(with: Foundation.Data(message.payload)) as? [String: Any]
                for response in object?["responses"] as? [[String: Any]] ?? [] {
                    guard let id = response["correlationData"] as? String, ids.contains(id) else { continue }
                    if let problem = response["error"] as? String {
                        found[id] = .failure(Refusal(description: problem))
                    } else {
                        found[id] = .success(Data(object: response["data"] as? [String: Any] ?? [:]))
                    }
                }
            }
        }
        return found
    }
}
