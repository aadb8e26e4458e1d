import MQTT
import PicketMitigation

/// Sends a command to a device and waits for its answer, on a connection of its own to each broker: the device is on one
/// of them. A command that is sent again, after a crash or when the broker was gone in between, has the same request id.
struct CommandSending {
    let brokers: [BrokerConfiguration]
    let desk: MitigationDesk
    /// Makes a record durable.
    let record: @Sendable (MitigationRecord) async throws -> Void

    /// What came of it on one broker.
    private enum End: Sendable, Equatable {
        case acknowledged(String)
        case refused(String)
        case sent
        case failed(String)
    }

    /// - Returns: whether the device has it, as far as it was asked to say so, and what a person should know.
    func carryOut(_ intent: Intent, _ command: Playbook.Command) async throws -> (isDone: Bool, note: String?) {
        let reachable = brokers.filter { $0.address != nil }
        guard !reachable.isEmpty else { return (false, "no broker has a `url` to send commands to") }
        var ends: [End] = []
        try await withThrowingTaskGroup(of: End.self) { group in
            for broker in reachable { group.addTask { try await send(intent, command, broker) } }
            for try await end in group {
                ends.append(end)
                // The other brokers let go: the device is on this one. That they were told to is no end of its own.
                guard case .acknowledged = end else { continue }
                group.cancelAll()
                break
            }
        }
        for end in ends { if case .acknowledged(let how) = end { return (true, how) } }
        for end in ends { if case .refused(let how) = end { return (false, how) } }
        if ends.contains(.sent) {
            let asked = command.acknowledge != nil
            return (
                !asked,
                asked
                    ? "the device did not acknowledge within \(command.withinSeconds) s"
                    : "nobody was asked to acknowledge"
            )
        }
        return (false, ends.map { if case .failed(let why) = $0 { why } else { "" } }.joined(separator: "; "))
    }

    /// One broker.
    private func send(_ intent: Intent, _ command: Playbook.Command, _ broker: BrokerConfiguration) async throws -> End
    {
        guard let address = broker.address else { return .failed("no `url`") }
        // Another one in each try: the broker's records of an earlier one prove nothing about this.
        let client = "picket-\(intent.id.prefix(16))-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
        let topic = ActText.fill(command.topic, intent)
        let answerTopic = command.acknowledge.map { ActText.fill($0, intent) }
        let message = MQTTMessage(
            topic: topic, payload: Array(ActText.fill(command.payload, intent, in: .json).utf8), qos: .atLeastOnce)
        var configuration: MQTTConfiguration
        do {
            configuration = try address.configuration(client: client)
        } catch {
            try await fact(intent, "command-sent", false, "\(broker.name): \(error)")
            return .failed("\(broker.name): \(error)")
        }
        configuration.reconnect = Backoff(first: .milliseconds(100), longest: .seconds(1))
        // The broker takes packets in their order: subscribed is before published.
        if let answerTopic { configuration.subscriptions = [Subscription(answerTopic, noLocal: true)] }
        let watch = CommandWatch(
            AcknowledgementProof(
                device: intent.device, topic: answerTopic ?? "", command: (topic, client),
                acceptsPassword: desk.isBoundToUser(intent.device), feed: desk.feed(named: broker.plugin)))
        desk.watch(intent, on: broker.name, with: watch)
        let mqtt = MQTTClient(configuration)
        await mqtt.start()
        let end: Result<End, any Error>
        do {
            end = .success(try await exchange(intent, command, broker, mqtt, watch, message))
        } catch {
            end = .failure(error)
        }
        desk.stopWatching(intent, on: broker.name)
        // Also when a person stops everything: nothing is sent any more.
        await mqtt.close()
        return try end.get()
    }

    /// Sends, listens and judges until one of them is at its end.
    private func exchange(
        _ intent: Intent, _ command: Playbook.Command, _ broker: BrokerConfiguration, _ mqtt: MQTTClient,
        _ watch: CommandWatch, _ message: MQTTMessage
    ) async throws -> End {
        let answerTopic = command.acknowledge.map { ActText.fill($0, intent) }
        return try await withThrowingTaskGroup(of: End?.self) { group in
            group.addTask {
                await CommandSending.listen(
                    mqtt, watch, message, request: intent.id, answerTopic,
                    namesRequest: command.acknowledge?.contains("{request}") ?? false)
                return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(command.withinSeconds))
                watch.finish()
                return nil
            }
            group.addTask { try await judge(intent, broker, message.topic, answerTopic, watch) }
            while let end = try await group.next() {
                guard let end else { continue }
                group.cancelAll()
                return end
            }
            return End.failed("\(broker.name): it was given up")
        }
    }

    /// Publishes from the first connection on, and hears the answers.
    private static func listen(
        _ mqtt: MQTTClient, _ watch: CommandWatch, _ message: MQTTMessage, request: String, _ answerTopic: String?,
        namesRequest: Bool
    ) async {
        await withDiscardingTaskGroup { group in
            var isPublishing = false
            while !Task.isCancelled {
                let arrivals = await mqtt.receive()
                if arrivals.isEmpty { break }
                for arrival in arrivals {
                    switch arrival {
                    case .connected:
                        watch.askAgain()
                        guard !isPublishing else { continue }
                        isPublishing = true
                        group.addTask { await publish(message, mqtt, watch, isRepeated: answerTopic != nil) }
                    case .disconnected(let error, _): watch.failed("\(error)")
                    case .subscriptionRefused(let filter, let reason):
                        watch.failed("the broker does not let us listen on \(filter): \(reason)")
                    case .woken: break
                    case .message(let message):
                        await mqtt.acknowledge([message])
                        // What was kept from before is no answer, and the broker has no record of it now.
                        guard message.topic == answerTopic, !message.isDuplicate, !message.retain else { continue }
                        watch.hear(
                            bytes: message.oversizeBytes ?? message.payload.count,
                            Acknowledgement.read(message.payload, request: request, topicNamesRequest: namesRequest))
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// How often a command is repeated that nobody has answered, and one that nobody listened to: after a broker restarts,
    /// devices come back one by one.
    private static let repeatEvery = Duration.seconds(5)
    private static let lookEvery = Duration.milliseconds(500)

    /// Publishes until it is answered, under the same request id; where no answer is wanted, until the broker has it.
    private static func publish(
        _ message: MQTTMessage, _ mqtt: MQTTClient, _ watch: CommandWatch, isRepeated: Bool
    ) async {
        do {
            while true {
                let answer = try await mqtt.publish(message)
                guard !answer.isError else { return watch.failed("the broker refuses it: \(answer)") }
                // Only MQTT 5 says so (§3.4.2.1), and only where no monitor listens to everything.
                let isHeard = answer != .noMatchingSubscribers
                isHeard ? watch.sent() : watch.failed("no client listens on \(message.topic)")
                guard isRepeated || !isHeard else { return }
                try await Task.sleep(for: isHeard ? repeatEvery : lookEvery)
            }
        } catch {
            watch.failed("\(error)")
        }
    }

    /// Records what is seen, as it is seen, until the answer is there or time is over.
    private func judge(
        _ intent: Intent, _ broker: BrokerConfiguration, _ topic: String, _ answerTopic: String?, _ watch: CommandWatch
    ) async throws -> End {
        var isSent = false
        for await _ in watch.news {
            if !isSent, watch.isSent {
                isSent = true
                try await fact(intent, "command-sent", true, "\(broker.name): \(topic), QoS 1, the broker has it")
            }
            guard answerTopic != nil else {
                if isSent { return .sent }
                continue
            }
            if let refusal = watch.refusal, broker.plugin != nil ? watch.isRefused : isBound(broker) {
                try await fact(intent, "acknowledged", false, "\(broker.name): the device says \(refusal)")
                return .refused("\(broker.name): the device says \(refusal)")
            }
            if let how = proof(intent, broker, watch) {
                try await fact(intent, "acknowledged", true, "\(broker.name): \(how)")
                return .acknowledged("acknowledged")
            }
        }
        // Over, or the whole of Picket ends.
        try Task.checkCancellation()
        guard isSent else {
            let why = "\(broker.name): \(watch.problem ?? "the broker did not take it in time")"
            try await fact(intent, "command-sent", false, why)
            return .failed(why)
        }
        if answerTopic != nil {
            try await fact(intent, "acknowledged", false, "\(broker.name): \(unproved(intent, broker, watch))")
        }
        return .sent
    }

    /// What proves that the device itself answered; nil while nothing does.
    private func proof(_ intent: Intent, _ broker: BrokerConfiguration, _ watch: CommandWatch) -> String? {
        if broker.plugin != nil {
            return watch.isProved ? "the broker's own record says that \(intent.device) published it" : nil
        }
        guard isBound(broker), watch.isAnswered else { return nil }
        return "on a topic on which the broker's ACL lets only \(intent.device) publish"
    }

    private func isBound(_ broker: BrokerConfiguration) -> Bool { broker.address?.topicsAreBound ?? false }

    private func unproved(_ intent: Intent, _ broker: BrokerConfiguration, _ watch: CommandWatch) -> String {
        guard watch.isAnswered else { return "no answer came" }
        if broker.plugin == nil {
            return "an answer came, and nothing says from whom: name the feed of the plugin, or say "
                + "`acknowledgements: acl` where the broker's ACL binds topics to devices"
        }
        guard let stranger = watch.stranger else {
            return "an answer came, and the broker has no record of \(intent.device) publishing it"
        }
        return "an answer came that \(intent.device) did not send; on its topic \(SafeName.visible(stranger)) published"
    }

    private func fact(_ intent: Intent, _ fact: String, _ isSeen: Bool, _ detail: String) async throws {
        // Who was told to let go has not looked to the end.
        if !isSeen { try Task.checkCancellation() }
        try await record(.fact(id: intent.id, device: intent.device, fact: fact, isSeen: isSeen, detail: detail))
    }
}
