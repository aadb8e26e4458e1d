import NIOCore

/// One connection of a client, from the socket to its end. Belongs to the client's actor.
final class Connection {
    let number: Int
    let channel: any Channel
    let version: MQTTVersion
    /// CONNACK said yes.
    var isReady = false
    /// The broker had kept the session of an earlier one.
    var isResumed = false
    /// Reading was stopped because the caller has enough.
    var isPaused = false
    /// Why it will end, once that is known.
    var failure: MQTTError?
    /// How it ended; a channel may close while it is written to.
    var end: MQTTError?
    /// Packets that go out together.
    var output = ByteBuffer()
    /// Bytes last went out then.
    var lastSent = NIODeadline.now()
    /// A PINGREQ went out then and nothing came since.
    var pinged: NIODeadline?
    /// Looks at the keep alive.
    var watch: RepeatedTask?
    /// Ends an attempt that takes too long.
    var deadline: Scheduled<Void>?
    /// What the broker allows (MQTT 5 §3.2.2.3).
    var quota = 65_535
    var maximumQoS = QualityOfService.exactlyOnce
    var maximumPacketBytes = MQTTLimits.remainingLength

    init(number: Int, channel: any Channel, version: MQTTVersion) {
        self.number = number
        self.channel = channel
        self.version = version
    }

    /// Puts a packet into the output; ``flush()`` sends it.
    func write(_ packet: Packet) { packet.write(to: &output, version: version) }

    /// Sends what was written.
    func flush() {
        guard output.readableBytes > 0 else { return }
        lastSent = .now()
        channel.writeAndFlush(output, promise: nil)
        output = ByteBuffer()
    }

    /// Stops or starts reading.
    func pause(_ stop: Bool) {
        guard stop != isPaused else { return }
        isPaused = stop
        // What could not come in while nothing was read does not count against the broker.
        if !stop, pinged != nil { pinged = .now() }
        // A channel that closes does not read: then there is nothing to stop.
        try? channel.syncOptions?.setOption(.autoRead, value: !stop)
    }

    func cancelTimers() {
        watch?.cancel()
        deadline?.cancel()
    }
}
