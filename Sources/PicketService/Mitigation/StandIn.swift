import MQTT

/// A client of dynamic security that stands exactly where a device stands: the same groups and roles. What the broker lets
/// it do, it lets the device do; so it proves what a group means without the device's password.
struct StandIn {
    let security: DynamicSecurity
    /// The topic that it publishes to.
    let topic: String

    /// What the broker did with its message.
    enum Answer: Equatable, Sendable {
        case taken
        case refused
        /// It could not even ask.
        case unclear(String)
    }

    private static let prefix = "picket-stand-in-"
    /// What the names of this run begin with.
    private static let ownPrefix = "\(prefix)\(String(UInt32.random(in: 0...UInt32.max), radix: 16))-"

    /// Takes away what an earlier run left on a broker when it was killed: whoever finds the password could log in with it.
    static func sweep(_ security: DynamicSecurity) async throws(DynamicSecurity.Refusal) {
        for name in try await security.clients() where name.hasPrefix(prefix) && !name.hasPrefix(ownPrefix) {
            try await security.ask([["command": "deleteClient", "username": name]])[0].get()
        }
    }

    /// Makes it, asks, and takes it away again.
    func ask(asIn client: DynamicSecurity.Client) async -> Answer {
        let name = Self.ownPrefix + String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let password = (0..<4).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined()
        let create: [String: Any] = [
            "command": "createClient", "username": name, "password": password, "textname": "Picket, for a moment",
            "groups": client.groups.map { ["groupname": $0.key, "priority": $0.value] as [String: Any] },
            "roles": client.roles.map { ["rolename": $0.key, "priority": $0.value] as [String: Any] },
        ]
        let answer: Answer
        do {
            try await security.ask([create])[0].get()
            answer = await publish(as: name, password)
        } catch {
            return .unclear("\(error)")
        }
        do {
            // Also when a person stops everything just now: nobody else would take it away. So not as a part of what is stopped.
            try await Task { [security] in
                try await security.ask([["command": "deleteClient", "username": name]])[0].get()
            }.value
        } catch {
            return .unclear("the client \(name) could not be taken away again: \(error)")
        }
        return answer
    }

    private func publish(as name: String, _ password: String) async -> Answer {
        do {
            var configuration = try security.address.configuration(client: name)
            configuration.user = name
            configuration.password = Array(password.utf8)
            configuration.reconnect = nil
            let mqtt = MQTTClient(configuration)
            do {
                try await mqtt.connect()
                // MQTT 5 alone says what became of a message (§3.4.2.1).
                guard await mqtt.spokenVersion == .v5 else {
                    await mqtt.close()
                    return .unclear("the broker speaks no MQTT 5")
                }
                let code = try await mqtt.publish(MQTTMessage(topic: topic, payload: [], qos: .atLeastOnce))
                await mqtt.close()
                return code.isError ? .refused : .taken
            } catch MQTTError.rejected {
                await mqtt.close()
                return .refused
            } catch {
                await mqtt.close()
                return .unclear("\(error)")
            }
        } catch {
            return .unclear("\(error)")
        }
    }
}
