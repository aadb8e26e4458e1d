import MQTT
import PicketEvents
import PicketFeeds

/// Subscribes to a broker, and acknowledges each message when its record is durable. The broker keeps what is not
/// acknowledged and sends it again to the next run of Picket, as long as it keeps the session.
struct MQTTFeed {
    let configuration: Configuration.Feed
    let subscription: BrokerSubscription
    let feed: FeedID
    /// The data folder, which keeps the client id.
    let data: String
    var decoder: MessageDecoder
    /// The newest `received` in a log that knows the feed: since then nobody has listened. Nil for a new feed.
    let lastRun: Int64?
    /// What the log says the decoder must remember of messages that became no events yet; nil for nothing.
    var remembered: String?
    /// Who published what; nil where nobody asks.
    let publishers: PublisherRecords?
    /// Unix milliseconds.
    let now: @Sendable () -> Int64
    /// How often is looked for what is due though no message comes: it is told after minutes.
    var looksEvery = Duration.seconds(30)

    /// Since when nobody listens, and why.
    private struct Outage {
        var since: Int64
        var cause: Cause
    }

    /// Why messages may be missing.
    private enum Cause: String {
        /// Picket did not run. What was published with QoS 0 is missing; the rest has waited.
        case away = "picket-away"
        /// No connection stood. As above.
        case unreachable = "broker-unreachable"
        /// The broker has no session of ours any more: everything in between is missing.
        case sessionLost = "session-lost"
    }

    /// Messages, and bytes of them, that are decoded and made durable together: enough to keep a disk busy, and less than
    /// a frame of the log.
    private static let messages = 1_024
    private static let bytes = Limits.blockBytes

    /// In milliseconds.
    private static let pieceOfOutage: Int64 = 60_000

    func run(into pipeline: Pipeline, say: @escaping @Sendable (String) -> Void) async throws {
        var session = try SessionFile(data: data, feed: configuration.name, chosen: subscription.client)
        // Until the old ones are left it may be subscribed to both.
        try session.subscribed(to: session.topics.filter { !subscription.topics.contains($0) } + subscription.topics)
        let client = MQTTClient(try subscription.configuration(client: session.client))
        try await pipeline.open(
            feed, name: configuration.name, format: decoder.format, lateness: configuration.lateness)
        await client.start()
        do {
            try await follow(client, session, pipeline) { say("feed \(configuration.name): \($0)") }
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    private func follow(
        _ client: MQTTClient, _ session: SessionFile, _ pipeline: Pipeline,
        tell: @escaping @Sendable (String) -> Void
    ) async throws {
        var decoder = decoder
        if let remembered { decoder.restore(context: remembered) }
        var memory = DecoderMemory(feed: feed, place: subscription.url, remembered: remembered)
        var outage = lastRun.map { Outage(since: $0, cause: .away) }
        var said: String?
        let answers = Answers(client: client, tell: tell)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                while (try? await Task.sleep(for: looksEvery)) != nil { await client.wakeIfIdle() }
            }
            while !Task.isCancelled {
                let arrivals = await client.receive(upTo: MQTTFeed.messages)
                if arrivals.isEmpty { break }
                var messages: [MQTTMessage] = []
                var bytes = 0
                for arrival in arrivals {
                    if case .message(let message) = arrival {
                        messages.append(message)
                        bytes += message.payload.count
                        guard bytes >= MQTTFeed.bytes else { continue }
                    }
                    try await take(messages, client, &decoder, &memory, answers, pipeline, &group)
                    messages = []
                    bytes = 0
                    switch arrival {
                    case .message: break
                    case .connected(let isKept):
                        tell("connected to \(subscription.url) as \(session.client)")
                        said = nil
                        if let outage { try await note(outage, isKept: isKept, pipeline) }
                        outage = nil
                        if !isKept { publishers?.forget() }
                        // Not here: what we wait for stands behind the messages that we are to take.
                        group.addTask { try await leave(session, client, isKept: isKept, tell) }
                    case .disconnected(let error, _):
                        // A broker that is away for an hour fills no screen.
                        if said != "\(error)" { tell("\(error); trying again") }
                        said = "\(error)"
                        try await note(&outage, pipeline)
                    case .subscriptionRefused(let filter, let reason):
                        tell("the broker does not let us listen on \(filter): \(reason)")
                    case .woken:
                        guard let due = decoder.rest(at: now()) else { continue }
                        try await memory.keep([due], context: decoder.context, in: pipeline)
                    }
                }
                try await take(messages, client, &decoder, &memory, answers, pipeline, &group)
            }
            group.cancelAll()
        }
        // The next run adds its own absence.
        if let outage { try await note(outage, isKept: true, pipeline) }
    }

    /// Makes messages durable, acknowledges them, and answers.
    private func take(
        _ messages: [MQTTMessage], _ client: MQTTClient, _ decoder: inout MessageDecoder,
        _ memory: inout DecoderMemory, _ answers: Answers, _ pipeline: Pipeline,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        guard !messages.isEmpty else { return }
        let received = now()
        var found = messages.map { FeedMessage($0, received: received) }
        if let publishers { try await publishers.fill(&found) }
        let decoded = decoder.decode(found)
        try await memory.keep(decoded.batches, context: decoder.context, in: pipeline)
        await client.acknowledge(messages)
        answers.publish(decoded.answers, in: &group)
    }

    /// No connection stands. A long outage is written piece by piece, so that not all of it is forgotten when Picket is
    /// killed meanwhile.
    private func note(_ outage: inout Outage?, _ pipeline: Pipeline) async throws {
        guard let known = outage else {
            outage = Outage(since: now(), cause: .unreachable)
            return
        }
        guard now() - known.since >= MQTTFeed.pieceOfOutage else { return }
        try await note(known, isKept: true, pipeline)
        outage = Outage(since: now(), cause: .unreachable)
    }

    private func note(_ outage: Outage, isKept: Bool, _ pipeline: Pipeline) async throws {
        let cause = isKept ? outage.cause : .sessionLost
        let loss = FeedLoss(from: outage.since, to: nil, cause: cause.rawValue, count: nil, position: nil)
        try await pipeline.take(
            Pipeline.Offer(feed: feed, batch: EventBatch(), rows: 0..<0, position: nil, loss: loss))
    }

    /// A session that the broker kept is still subscribed to topics that the configuration does not name any more.
    private func leave(
        _ session: SessionFile, _ client: MQTTClient, isKept: Bool, _ tell: (String) -> Void
    ) async throws {
        var session = session
        let old = isKept ? session.topics.filter { !subscription.topics.contains($0) } : []
        if !old.isEmpty {
            do {
                try await client.unsubscribe(old)
            } catch let error as MQTTError {
                // The next connection tries again.
                return tell("the subscription to \(old.joined(separator: ", ")) is not ended yet: \(error)")
            }
        }
        try session.subscribed(to: subscription.topics)
    }
}

extension FeedMessage {
    /// A message as the client gives it.
    fileprivate init(_ message: MQTTMessage, received: Int64) {
        self.init(
            topic: message.topic, payload: message.payload, received: received, qos: Int64(message.qos.rawValue),
            retain: message.retain)
        isRepeated = message.isDuplicate
        oversizeBytes = message.oversizeBytes
    }
}
