import MQTT
import NIOCore
import PicketLocks
import Synchronization

/// One client of a simulated fleet as a real connection to a broker: it does what the schedule says, in its order, and takes
/// commands from the topics `cmd/{device}/…`.
final class LiveDevice: Sendable {
    private let mqtt: MQTTClient
    private let name: String
    private let obeys: Bool
    private let tally: LiveTally
    /// How long it waits for its connection before it goes on without one: its readings go on while its broker is away.
    private let patience: Duration
    private let orders: AsyncStream<SimulatedEvent.Action>
    private let order: AsyncStream<SimulatedEvent.Action>.Continuation
    /// It was told to stop, and does.
    private let isStopped = Atomic(false)
    /// Whether its connection stands, and who waits until it does.
    private let link = Locked<Link>(Link())

    private struct Link {
        var isUp = false
        /// It was there before: the device is in operation.
        var wasUp = false
        /// Nothing more will come.
        var isFinished = false
        /// It has waited longer than it waits when it was there before.
        var isOverdue = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// What waits for a connection that is slow or gone. A real device has no more room either.
    private static let mostWaiting = 256

    /// - Parameters:
    ///   - key: whose certificate it shows; its commands come under that name.
    ///   - client: its client id.
    init(
        key: String, client: String, configuration: MQTTConfiguration, obeys: Bool, tally: LiveTally,
        group: any EventLoopGroup, patience: Duration = .seconds(10)
    ) {
        name = key
        self.patience = patience
        self.obeys = obeys
        self.tally = tally
        var configuration = configuration
        configuration.client = client
        configuration.subscriptions = [Subscription("cmd/\(key)/#")]
        configuration.reconnect = Backoff(first: .seconds(1), longest: .seconds(60))
        configuration.connectTimeout = .seconds(30)
        mqtt = MQTTClient(configuration, group: group)
        (orders, order) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.mostWaiting))
    }

    /// Takes the next thing of the schedule.
    func take(_ action: SimulatedEvent.Action) {
        if case .dropped = order.yield(action) { tally.count(\.dropped) }
    }

    /// Nothing more will come: it says goodbye.
    func finish() {
        order.finish()
        let isOverdue = link.withLock { link in
            link.isFinished = true
            return link.isOverdue
        }
        if isOverdue { goOn() }
    }

    /// Does what it is told until ``finish()``.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listen() }
            for await action in orders { await perform(action) }
            await mqtt.close()
            group.cancelAll()
        }
    }

    private func perform(_ action: SimulatedEvent.Action) async {
        switch action {
        case .connect: await connect()
        case .publish(let topic, let bytes): await publish(topic, bytes)
        case .denied(_, let topic): await publish(topic, 2)
        case .subscribe(let topic):
            do {
                try await mqtt.subscribe([Subscription(topic)])
            } catch {
                tally.count(\.failed)
            }
        // What ends a session from outside is not done by the device itself; what it does itself ends the client.
        case .disconnect, .connectFailed, .deliver, .report, .alert, .user, .garbage: break
        }
    }

    /// How long it waits for its first connection, as long as there is more to come. It has no readings before it is in
    /// operation, and ten thousand that begin together take half a minute for their handshakes.
    private static let firstPatience = Duration.seconds(120)

    /// Ten thousand devices that looked again and again whether they are connected would leave no time for connecting.
    private func connect() async {
        await mqtt.start()
        let giveUp = Task {
            try await Task.sleep(for: patience)
            let waitsOn = link.withLock { link in
                link.isOverdue = true
                return !link.wasUp && !link.isFinished
            }
            if waitsOn { try await Task.sleep(for: Self.firstPatience) }
            goOn()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let waits = link.withLock { link in
                    guard !link.isUp, !Task.isCancelled else { return false }
                    link.waiter = waiter
                    return true
                }
                if !waits { waiter.resume() }
            }
        } onCancel: {
            goOn()
        }
        giveUp.cancel()
        link.withLock { $0.isOverdue = false }
    }

    /// Whoever waits for the connection waits no more.
    private func goOn() {
        let waiter = link.withLock { link in
            defer { link.waiter = nil }
            return link.waiter
        }
        waiter?.resume()
    }

    /// The connection stands, or does not any more.
    private func changed(isUp: Bool) {
        let before = link.withLock { link in
            defer { link.isUp = isUp }
            if isUp { link.wasUp = true }
            return link.isUp
        }
        if before != isUp { tally.connected(isUp ? 1 : -1) }
        if isUp { goOn() }
    }

    /// A reading, as a device sends it: nobody waits for it, and what finds no connection is lost.
    private func publish(_ topic: String, _ bytes: Int64) async {
        guard !isStopped.load(ordering: .relaxed) else { return tally.count(\.silenced) }
        let payload = [UInt8](repeating: UInt8(ascii: "7"), count: Int(bytes))
        do {
            try await mqtt.publish(MQTTMessage(topic: topic, payload: payload, qos: .atMostOnce))
            tally.count(\.published)
        } catch {
            tally.count(\.failed)
        }
    }

    private func listen() async {
        while true {
            let arrivals = await mqtt.receive()
            if arrivals.isEmpty, Task.isCancelled { break }
            if arrivals.isEmpty {
                // It was not begun yet.
                do {
                    try await Task.sleep(for: .milliseconds(100))
                } catch {
                    break
                }
                continue
            }
            for arrival in arrivals {
                switch arrival {
                case .connected: changed(isUp: true)
                case .disconnected: changed(isUp: false)
                case .message(let message):
                    await mqtt.acknowledge([message])
                    await hear(message)
                case .subscriptionRefused: tally.count(\.failed)
                case .woken: break
                }
            }
        }
        changed(isUp: false)
    }

    /// A command of our form: `{"id":…}` on `cmd/{device}/…`. Its own answers, which come there too, are none.
    private func hear(_ message: MQTTMessage) async {
        guard message.topic != "cmd/\(name)/ack", let id = LiveDevice.id(in: message.payload) else { return }
        tally.count(\.commands)
        guard obeys else { return }
        isStopped.store(true, ordering: .relaxed)
        do {
            try await mqtt.publish(
                MQTTMessage(topic: "cmd/\(name)/ack", payload: Array("{\"id\":\"\(id)\"}".utf8), qos: .atLeastOnce))
            tally.count(\.answered)
        } catch {
            tally.count(\.failed)
        }
    }

    /// The request id of a command: hexadecimal, so that it can stand in an answer as it is.
    static func id(in payload: [UInt8]) -> String? {
        let text = String(decoding: payload.prefix(4_096), as: UTF8.self)
        guard let key = text.firstRange(of: "\"id\":\"") else { return nil }
        let id = text[key.upperBound...].prefix { $0.isHexDigit }
        return id.isEmpty ? nil : String(id)
    }
}
