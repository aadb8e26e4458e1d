package import NIOCore
import NIOPosix

/// An MQTT client, 5 and 3.1.1.
///
/// What it receives is given by ``receive(upTo:)``, in order, and only as fast as the caller takes it: when enough waits,
/// nothing more is read from the connection. A message of QoS 1 or 2 is acknowledged to the broker when the caller says
/// so (``acknowledge(_:)``) and not before; if the process dies in between, a session that the broker keeps brings the
/// message again.
///
/// A client that is connected lives until ``close(abruptly:)``. Its state belongs to one event loop, which is also the
/// executor of the actor, so that packets need no hop.
package actor MQTTClient {
    /// What a client does at the moment.
    enum Life {
        case idle, running, closed
    }

    package nonisolated let configuration: MQTTConfiguration
    package nonisolated let unownedExecutor: UnownedSerialExecutor
    let loop: any EventLoop

    var life = Life.idle
    /// Goes on trying before the first connection stood.
    var isPatient = false
    var hasConnected = false
    /// The broker had accepted the last connection.
    var lastWasReady = false
    /// When it did.
    var readySince = NIODeadline.now()
    /// Falls to 3.1.1 when the broker knows no other.
    var version: MQTTVersion
    var connection: Connection?
    var connections = 0
    /// Resumed when the connection ends.
    var connectionEnd: CheckedContinuation<MQTTError, Never>?
    var connecting: [CheckedContinuation<Void, any Error>] = []
    private var runner: Task<Void, Never>?

    var arrivals = ArrivalQueue()
    private var receiver: CheckedContinuation<Void, Never>?
    var deliveries = InboundDeliveries()
    var exchanges = OutboundExchanges()
    /// SUBSCRIBE and UNSUBSCRIBE without an answer yet.
    var requests: [UInt16: CheckedContinuation<[ReasonCode], any Error>] = [:]
    /// SUBSCRIBE packets that the client sent by itself, with what they ask for.
    var ownSubscribes: [UInt16: [Subscription]] = [:]
    /// What to subscribe to again when the broker has forgotten it.
    var wanted: [Subscription]
    private var tickets: UInt64 = 0

    /// - Parameter group: where its event loop comes from; nil for the one of the process.
    package init(_ configuration: MQTTConfiguration, group: (any EventLoopGroup)? = nil) {
        self.configuration = configuration
        loop = (group ?? MultiThreadedEventLoopGroup.singleton).next()
        unownedExecutor = loop.executor.asUnownedSerialExecutor()
        version = configuration.version
        wanted = configuration.subscriptions
    }

    /// Whether the broker has accepted the connection that stands.
    package var isConnected: Bool { connection?.isReady ?? false }

    /// The version that is spoken, after the broker had its say.
    package var spokenVersion: MQTTVersion { version }

    // MARK: The connection

    /// Connects, and keeps the connection from then on as the configuration says.
    ///
    /// - Throws: ``MQTTError`` when the first attempt fails; the client is idle again then.
    package func connect() async throws {
        guard life != .closed else { throw MQTTError.closed }
        if isConnected { return }
        try await withCheckedThrowingContinuation { waiter in
            connecting.append(waiter)
            begin()
        }
    }

    /// Connects and keeps trying, also before the first connection stood. How it goes is told by ``receive(upTo:)``.
    package func start() {
        guard life != .closed else { return }
        isPatient = true
        begin()
    }

    private func begin() {
        guard life == .idle else { return }
        life = .running
        runner = Task { await self.run() }
    }

    /// Ends everything: what waits fails with ``MQTTError/closed``, and ``receive(upTo:)`` gives what is left and then
    /// nothing.
    ///
    /// - Parameter abruptly: without a DISCONNECT, so that the broker publishes the will.
    package func close(abruptly: Bool = false) async {
        guard life != .closed else { return }
        life = .closed
        runner?.cancel()
        exchanges.fail(.closed)
        failRequests(.closed)
        for waiter in connecting { waiter.resume(throwing: MQTTError.closed) }
        connecting = []
        wakeReceiver()
        guard let connection else { return }
        if connection.isReady, !abruptly { connection.write(.disconnect(DisconnectPacket())) }
        connection.failure = .closed
        let channel = connection.channel
        let output = connection.output
        connection.output = ByteBuffer()
        if output.readableBytes > 0 {
            // A broker that takes nothing any more must not keep us here.
            let giveUp = loop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
            try? await channel.writeAndFlush(output)
            giveUp.cancel()
        }
        // It may have closed by itself in the meantime, which is as good.
        try? await channel.close()
        await runner?.value
    }

    // MARK: Publishing

    /// Publishes a message; returns when it is through: for QoS 0 when it was written, for QoS 1 and 2 when the broker has
    /// it. Through a lost connection the latter wait for the next one. A cancelled task stops waiting; whether the broker
    /// got the message is not known then.
    ///
    /// - Returns: what the broker says of it; always success in 3.1.1.
    @discardableResult
    package func publish(_ message: MQTTMessage) async throws -> ReasonCode {
        guard life == .running else { throw MQTTError.closed }
        guard Topic.isName(message.topic) else {
            throw MQTTError.configuration("`\(message.topic)` is no topic that can be published to")
        }
        var message = message
        if let connection, connection.isReady {
            message.qos = min(message.qos, connection.maximumQoS)
            guard message.payload.count + message.topic.utf8.count + 16 <= connection.maximumPacketBytes else {
                throw MQTTError.rejected(.packetTooLarge)
            }
        }
        guard message.qos != .atMostOnce else { return try await publishOnce(message) }
        tickets += 1
        let ticket = tickets
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { done in
                exchanges.add(message, number: ticket, done)
                sendExchanges()
            }
        } onCancel: {
            Task { await self.cancel(ticket) }
        }
    }

    private func publishOnce(_ message: MQTTMessage) async throws -> ReasonCode {
        guard let connection, connection.isReady else {
            throw MQTTError.connectionLost("a message of QoS 0 does not wait for a connection")
        }
        let packet = PublishPacket(
            topic: message.topic, payload: ByteBuffer(bytes: message.payload), retain: message.retain,
            properties: message.properties)
        connection.write(.publish(packet))
        let output = connection.output
        connection.output = ByteBuffer()
        connection.lastSent = .now()
        do {
            try await connection.channel.writeAndFlush(output)
        } catch {
            throw MQTTError.connectionLost("\(error)")
        }
        return .success
    }

    private func cancel(_ ticket: UInt64) { exchanges.cancel(ticket) }

    /// Sends what has a place in flight.
    func sendExchanges() {
        guard let connection, connection.isReady else { return }
        while let packet = exchanges.next(quota: connection.quota) { connection.write(.publish(packet)) }
        connection.flush()
    }

    // MARK: Subscribing

    /// Subscribes, now and whenever the broker has forgotten the session.
    ///
    /// - Returns: the broker's answer to each.
    /// - Throws: ``MQTTError`` when no connection stands, or it ends before the answer.
    @discardableResult
    package func subscribe(_ subscriptions: [Subscription]) async throws -> [ReasonCode] {
        for subscription in subscriptions where !Topic.isFilter(subscription.filter) {
            throw MQTTError.configuration("`\(subscription.filter)` is no topic filter")
        }
        guard !subscriptions.isEmpty else { return [] }
        wanted.removeAll { old in subscriptions.contains { $0.filter == old.filter } }
        wanted += subscriptions
        return try await request { id in .subscribe(SubscribePacket(packetID: id, subscriptions: subscriptions)) }
    }

    /// Ends subscriptions.
    ///
    /// - Returns: the broker's answer to each; nothing in 3.1.1.
    @discardableResult
    package func unsubscribe(_ filters: [String]) async throws -> [ReasonCode] {
        guard !filters.isEmpty else { return [] }
        wanted.removeAll { filters.contains($0.filter) }
        return try await request { id in .unsubscribe(UnsubscribePacket(packetID: id, filters: filters)) }
    }

    private func request(_ packet: (UInt16) -> Packet) async throws -> [ReasonCode] {
        guard life == .running else { throw MQTTError.closed }
        guard let connection, connection.isReady else { throw MQTTError.connectionLost("there is no connection") }
        guard let id = exchanges.reserveID() else { throw MQTTError.queueFull }
        connection.write(packet(id))
        connection.flush()
        return try await withCheckedThrowingContinuation { requests[id] = $0 }
    }

    func failRequests(_ error: MQTTError) {
        for (id, done) in requests {
            exchanges.giveBack(id)
            done.resume(throwing: error)
        }
        for id in ownSubscribes.keys { exchanges.giveBack(id) }
        requests = [:]
        ownSubscribes = [:]
    }

    // MARK: Receiving

    /// What came, at least one thing and at most `limit`; waits for it. One caller at a time.
    ///
    /// - Returns: nothing when the client is closed, has given up, or the task was cancelled.
    package func receive(upTo limit: Int = 1_024) async -> [MQTTArrival] {
        while arrivals.isEmpty {
            guard life == .running, receiver == nil, !Task.isCancelled else { return [] }
            await withTaskCancellationHandler {
                await withCheckedContinuation { receiver = $0 }
            } onCancel: {
                Task { await self.wakeReceiver() }
            }
        }
        let taken = arrivals.take(upTo: limit)
        if arrivals.hasRoom { connection?.pause(false) }
        return taken
    }

    /// Says of received messages that they need not come again. Call it in the order in which they came: the broker
    /// hears of none before those that came earlier. Messages of QoS 0 are passed over.
    package func acknowledge(_ messages: some Sequence<MQTTMessage>) {
        for message in messages { if let token = message.token { deliveries.acknowledge(token) } }
        let answers = deliveries.answers()
        guard let connection, connection.isReady, !answers.isEmpty else { return }
        for answer in answers { connection.write(answer.packet) }
        connection.flush()
    }

    /// Gives ``MQTTArrival/woken`` to whoever waits in ``receive(upTo:)``; nothing happens where nobody does.
    package func wakeIfIdle() {
        guard receiver != nil, arrivals.isEmpty else { return }
        arrivals.append(notice: .woken)
        wakeReceiver()
    }

    /// Wakes whoever waits in ``receive(upTo:)``.
    func wakeReceiver() {
        receiver?.resume()
        receiver = nil
    }
}

extension InboundDeliveries.Answer {
    /// The packet that says it.
    var packet: Packet {
        let packet = AcknowledgementPacket(packetID: packetID, reason: reason)
        return switch type {
        case .puback: .puback(packet)
        case .pubrec: .pubrec(packet)
        default: .pubcomp(packet)
        }
    }
}
