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
        case .success(let answer):
            let found = answer.data?.client
            return Client(
                groups: DynamicSecurity.priorities(found?.groups), roles: DynamicSecurity.priorities(found?.roles),
                isDisabled: found?.disabled ?? false)
        }
    }

    /// The names of all clients.
    func clients() async throws(Refusal) -> [String] {
        try await answers(to: [["command": "listClients"]])[0].get().data?.clients ?? []
    }

    /// The roles of a group, with their priorities.
    func roles(ofGroup group: String) async throws(Refusal) -> [String: Int] {
        let answer = try await answers(to: [["command": "getGroup", "groupname": group]])[0].get()
        return DynamicSecurity.priorities(answer.data?.group?.roles)
    }

    private static func priorities(_ list: [Named]?) -> [String: Int] {
        (list ?? []).reduce(into: [:]) { found, entry in
            if let name = entry.groupname ?? entry.rolename { found[name] = entry.priority ?? 0 }
        }
    }

    /// What the broker answers to commands, as far as it concerns us.
    private struct Responses: Decodable {
        var responses: [Answer]
    }

    private struct Answer: Decodable, Sendable {
        var correlationData: String?
        var error: String?
        var data: Content?
    }

    private struct Content: Decodable, Sendable {
        var client: Entry?
        var clients: [String]?
        var group: Entry?
    }

    private struct Entry: Decodable, Sendable {
        var groups: [Named]?
        var roles: [Named]?
        var disabled: Bool?
    }

    private struct Named: Decodable, Sendable {
        var groupname: String?
        var rolename: String?
        var priority: Int?
    }

    private func answers(to commands: [[String: Any]]) async throws(Refusal) -> [Result<Answer, Refusal>] {
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
            let found = try await withThrowingTaskGroup(of: [String: Result<Answer, Refusal>]?.self) { group in
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
    ) async throws -> [String: Result<Answer, Refusal>] {
        var found: [String: Result<Answer, Refusal>] = [:]
        while found.count < ids.count {
            let arrivals = await mqtt.receive()
            guard !arrivals.isEmpty else { throw Refusal(description: "the connection ended before the answer") }
            for arrival in arrivals {
                if case .disconnected(let error, _) = arrival { throw Refusal(description: "\(error)") }
                guard case .message(let message) = arrival, message.topic == answerTopic else { continue }
                // What is no answer is somebody else's message.
                let answers = try? JSONDecoder().decode(Responses.self, from: Data(message.payload)).responses
                for answer in answers ?? [] {
                    guard let id = answer.correlationData, ids.contains(id) else { continue }
                    found[id] = answer.error.map { .failure(Refusal(description: $0)) } ?? .success(answer)
                }
            }
        }
        return found
    }
}
