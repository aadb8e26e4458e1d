import NIOCore
import NIOPosix
import NIOSSL

/// Connecting, staying connected, and connecting again.
extension MQTTClient {
    /// Connects again and again until the client is closed or gives up.
    func run() async {
        var failures = 0
        var generator = SystemRandomNumberGenerator()
        while life == .running {
            let wasConnected = hasConnected
            let before = connections
            let error = await attempt()
            let stood = connections > before && hasConnected && lastWasReady
            // One that ends at once was no success: two clients with one id throw each other out for ever.
            let lasted = stood && .now() - readySince >= TimeAmount(configuration.reconnect?.longest ?? .zero)
            failures = lasted ? 1 : failures + 1
            down(error, attempt: failures)
            guard life == .running else { return }
            // A broker of 3.1.1 is asked in its own language at once.
            if case .refused(.unsupportedProtocolVersion) = error, version == .v5 {
                version = .v311
                continue
            }
            guard let backoff = configuration.reconnect, isPatient || wasConnected || hasConnected else {
                return giveUp(error)
            }
            do {
                try await Task.sleep(for: backoff.delay(failures: failures - 1, using: &generator))
            } catch {
                return
            }
        }
    }

    /// No connection stands and none will.
    private func giveUp(_ error: MQTTError) {
        life = .idle
        exchanges.fail(error)
        for waiter in connecting { waiter.resume(throwing: error) }
        connecting = []
        wakeReceiver()
    }

    /// A connection ended, or an attempt failed.
    private func down(_ error: MQTTError, attempt: Int) {
        connection?.cancelTimers()
        connection = nil
        deliveries.disconnected(wasReady: lastWasReady)
        failRequests(error)
        guard life == .running else { return }
        arrivals.append(notice: .disconnected(error, attempt: attempt))
        wakeReceiver()
    }

    /// One connection, from its beginning to its end.
    ///
    /// - Returns: why it ended.
    private func attempt() async -> MQTTError {
        connections += 1
        lastWasReady = false
        let number = connections
        let version = version
        let channel: any Channel
        do {
            let context = try configuration.tls?.context()
            let serverName = MQTTClient.serverName(configuration)
            let framer = PacketFramer(version: version, packetBytes: configuration.packetBytes)
            let bootstrap = ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(configuration.connectTimeout))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let context {
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(context: context, serverHostname: serverName))
                        }
                        try channel.pipeline.syncOperations.addHandler(
                            ConnectionHandler(client: self, number: number, framer: framer))
                    }
                }
            channel = try await bootstrap.connect(host: configuration.host, port: configuration.port).get()
        } catch let error as MQTTError {
            return error
        } catch {
            return .unreachable(MQTTClient.words(of: error))
        }
        guard life == .running, channel.isActive else {
            channel.close(promise: nil)
            return life == .running ? .connectionLost("the broker closed it") : .closed
        }
        let connection = Connection(number: number, channel: channel, version: version)
        self.connection = connection
        connection.write(.connect(connectPacket(version)))
        connection.flush()
        connection.deadline = loop.scheduleTask(in: TimeAmount(configuration.connectTimeout)) {
            self.assumeIsolated { $0.fail(number, .timeout("connecting")) }
        }
        // A broker that reset the connection is found out by the CONNECT: then it has ended before anybody waits for that.
        if let end = connection.end { return end }
        return await withCheckedContinuation { connectionEnd = $0 }
    }

    private func connectPacket(_ version: MQTTVersion) -> ConnectPacket {
        var properties = Properties()
        var cleanStart = configuration.cleanStart
        if version == .v5 {
            if configuration.sessionExpirySeconds > 0 {
                properties.append(.sessionExpiryInterval(configuration.sessionExpirySeconds))
                // What was lost in between is wanted, whatever the first connection asked for.
                if hasConnected { cleanStart = false }
            }
            properties.append(.receiveMaximum(UInt16(clamping: max(configuration.receiveMaximum, 1))))
        }
        return ConnectPacket(
            version: version, cleanStart: cleanStart, keepAlive: configuration.keepAliveSeconds,
            client: configuration.client, will: configuration.will, user: configuration.user,
            password: configuration.password, properties: properties)
    }

    /// The broker accepts.
    func accepted(_ packet: ConnackPacket, _ connection: Connection) {
        connection.deadline?.cancel()
        connection.isReady = true
        connection.isResumed = packet.sessionPresent
        lastWasReady = true
        readySince = .now()
        var keepAlive = configuration.keepAliveSeconds
        for property in packet.properties.list {
            switch property {
            case .receiveMaximum(let value): connection.quota = Int(value)
            case .maximumQoS(let value): connection.maximumQoS = value == 0 ? .atMostOnce : .atLeastOnce
            case .maximumPacketSize(let value): connection.maximumPacketBytes = Int(value)
            case .serverKeepAlive(let value): keepAlive = value
            default: break
            }
        }
        keepAliveStarts(seconds: keepAlive, connection)
        if !packet.sessionPresent { deliveries.sessionLost() }
        if !packet.sessionPresent || !hasConnected { subscribeAgain(connection) }
        hasConnected = true
        for packet in exchanges.resume(sessionPresent: packet.sessionPresent) { connection.write(packet) }
        arrivals.append(notice: .connected(sessionPresent: packet.sessionPresent))
        for waiter in connecting { waiter.resume() }
        connecting = []
        sendExchanges()
    }

    /// Subscribes to what is wanted, in packets of bounded size.
    private func subscribeAgain(_ connection: Connection) {
        var rest = wanted[...]
        while !rest.isEmpty, let id = exchanges.reserveID() {
            let some = Array(rest.prefix(MQTTClient.subscriptionsInPacket))
            rest = rest.dropFirst(some.count)
            ownSubscribes[id] = some
            connection.write(.subscribe(SubscribePacket(packetID: id, subscriptions: some)))
        }
    }

    /// Some brokers bound what one SUBSCRIBE may hold (AWS: 8).
    private static let subscriptionsInPacket = 8

    // MARK: Keep alive

    private func keepAliveStarts(seconds: UInt16, _ connection: Connection) {
        guard seconds > 0 else { return }
        let number = connection.number
        let interval = TimeAmount.milliseconds(Int64(seconds) * 1_000)
        // Looked at four times in the time the broker allows, a ping is never late.
        let every = TimeAmount.nanoseconds(interval.nanoseconds / 4)
        connection.watch = loop.scheduleRepeatedTask(initialDelay: every, delay: every) { _ in
            self.assumeIsolated { $0.checkAlive(number, interval) }
        }
    }

    private func checkAlive(_ number: Int, _ interval: TimeAmount) {
        guard let connection, connection.number == number else { return }
        let now = NIODeadline.now()
        if let pinged = connection.pinged {
            // While nothing is read no answer can be seen.
            if !connection.isPaused, now - pinged > interval { fail(number, .timeout("the answer to a ping")) }
        } else if now - connection.lastSent >= TimeAmount.nanoseconds(interval.nanoseconds / 2) {
            connection.pinged = now
        } else {
            return
        }
        if now - connection.lastSent >= TimeAmount.nanoseconds(interval.nanoseconds / 2) {
            connection.write(.pingreq)
            connection.flush()
        }
    }

    // MARK: The end of a connection

    /// Ends connection `number` because of `error`.
    func fail(_ number: Int, _ error: MQTTError) {
        guard let connection, connection.number == number, connection.failure == nil else { return }
        connection.failure = error
        if case .malformed(let packet) = error, version == .v5, connection.isReady {
            connection.write(.disconnect(DisconnectPacket(reason: packet.reason)))
            connection.flush()
        }
        connection.channel.close(promise: nil)
    }

    /// The channel of connection `number` is closed.
    func ended(_ number: Int, _ error: MQTTError) {
        guard let connection, connection.number == number else { return }
        let end = connection.failure ?? error
        connection.end = end
        connectionEnd?.resume(returning: end)
        connectionEnd = nil
    }

    // MARK: Words

    /// The name that TLS asks for and verifies; nil for an address, which it verifies as such.
    private static func serverName(_ configuration: MQTTConfiguration) -> String? {
        if let name = configuration.tls?.serverName { return name }
        return (try? SocketAddress(ipAddress: configuration.host, port: 0)) == nil ? configuration.host : nil
    }

    /// What went wrong, as short as it can be said.
    private static func words(of error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            if let first = error.connectionErrors.first { return words(of: first.error) }
            return "the host \(error.host) is not known"
        }
        if let error = error as? ChannelError, case .connectTimeout = error { return "it took too long" }
        return "\(error)"
    }
}
