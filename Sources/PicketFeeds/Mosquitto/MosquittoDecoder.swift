package import PicketEvents

/// Reads the log of Mosquitto 2.0 and 2.1: what `log_dest file`, `stdout` and the topics under `$SYS/broker/log` carry.
///
/// A default log has connections and refusals only; messages, denials and CONNACKs need `log_type debug`,
/// subscriptions `log_type subscribe` and `unsubscribe`, and `log_type all` has everything.
///
/// **Forged lines.** A client chooses its id and its topics, and Mosquitto writes both into the line as they are,
/// spaces and quotes included (measured with 2.0.11; only control characters are refused). So a line is read from the
/// ends that the broker wrote, and where that leaves a choice, the reading whose client id is connected is taken, the
/// longest first. What remains in doubt:
///
/// - A line whose choice is open while no connected client fits (a feed that begins in the middle of a log, or
///   `connection_messages false`): ``MosquittoMessage`` and ``MosquittoConnect`` say which reading is taken.
/// - The same bytes can be a message of client "a" with a hostile topic and one of client "a (d0, q0, r0, m0, 'x" with
///   the rest of it. Where both are connected, the longer id has it.
/// - A subscription line is a client id and a filter, and can spell any other line. With debug messages it is
///   announced, and never mistaken. Without them, `log_type subscribe` or `unsubscribe` lets a client named, say,
///   "Client" log what looks like the end of another client, and one named "Received" a message. A broker should bind
///   client ids to names of one word.
/// - With extended authentication, 2.0 writes the end of an attempt with the client id that was claimed: a `disconnect`
///   of a client that stays.
/// - A subscription line that spells a line without event ("Sending PINGRESP to x 0 #") is not seen as one, because how
///   many events a line makes must not depend on what was read before.
/// - In a log without times, a client id can spell a time.
/// - Mosquitto cuts lines at 999 bytes. A message with a long topic loses its size and the end of its topic; the event
///   is made all the same, with the part of the topic that is there, and so is that of an announced subscription. Any
///   other cut line is rejected.
package struct MosquittoDecoder: FeedDecoder {
    /// How a broker proves the user names in its log. The log does not say; the feed's configuration does.
    package enum IdentityRule: String, CaseIterable, Sendable {
        /// By password: the user name is the device.
        case password
        /// By client certificate (`use_identity_as_username`): the user name is the certificate's common name.
        case certificate
        /// Not at all: the client id is the device, as it claims.
        case clientID = "client-id"

        var identity: Identity {
            switch self {
            case .password: .password
            case .certificate: .certificate
            case .clientID: .claimed
            }
        }
    }

    /// Bytes of a line without LF at which Mosquitto cuts it (`char log_line[1000]` in `src/logging.c`).
    static let cutAt = 999

    /// A longer message is not Mosquitto's: four times what any version up to 2.1.2 writes. Ambiguous lines are read
    /// once for each possible client id, so their length must be bounded.
    static let longestMessage = 4_096

    package let format = FeedFormat.mosquitto
    package internal(set) var visibility: Visibility = []
    /// Lines that were understood, those without event included.
    package internal(set) var understood = 0
    /// Lines that no rule fits; each was rejected.
    package internal(set) var notUnderstood = 0

    let feed: FeedID
    let rule: IdentityRule
    var clock = MosquittoClock()
    var sessions: MosquittoSessions
    var accepts = MosquittoAccepts()
    var subscription = MosquittoSubscription()
    /// Whether a line of subscription was ever seen.
    var sawSubscription = false

    /// A decoder for one feed.
    ///
    /// - Parameters:
    ///   - feed: the feed its events belong to.
    ///   - identity: how the broker proves user names.
    package init(feed: FeedID, identity: IdentityRule = .password) {
        self.init(feed: feed, identity: identity, rememberedClients: MosquittoSessions.limit)
    }

    /// As ``init(feed:identity:)``, with another bound for a test.
    init(feed: FeedID, identity: IdentityRule, rememberedClients: Int) {
        self.feed = feed
        rule = identity
        sessions = MosquittoSessions(limit: rememberedClients)
    }

    package mutating func decode(_ block: consuming [UInt8], isLast: Bool, limit: Int) -> DecodedBlock {
        let block = block
        let text = block.span.bytes
        let end = text.byteCount
        // Debug lines are about 90 bytes long.
        var batch = EventBatch(text: block, capacity: min(limit, end / 90 + 1))
        var lineEnds: [Int32] = []
        lineEnds.reserveCapacity(min(limit, end / 90 + 1))
        let isASCII = text.isASCII(0..<end)
        sessions.beginBlock()
        var position = 0
        while position < end, batch.count < limit {
            var lineEnd = end
            var next = end
            if let feed = text.first(0x0A, in: position..<end) {
                lineEnd = feed
                next = feed + 1
            } else if !isLast {
                break
            }
            read(text, position..<lineEnd, isASCII: isASCII, into: &batch)
            position = next
            if lineEnds.count < batch.count { lineEnds.append(Int32(truncatingIfNeeded: next)) }
        }
        batch.redactTexts()
        batch.sealTimes()
        return DecodedBlock(batch: batch, lineEnds: lineEnds, consumed: position)
    }

    /// The class of a line, told by the line alone, its time included or not; nil when it has none.
    package static func classify(_ line: [UInt8]) -> MosquittoLine? {
        var clock = MosquittoClock()
        let text = line.span.bytes
        let (_, message) = clock.read(text, 0..<line.count)
        return MosquittoLine.classify(text, message..<line.count)
    }

    /// Whether the first bytes of a source look like Mosquitto's log: at least half of its first lines are understood,
    /// and one of them by words of its own.
    package static func recognises(_ firstBytes: [UInt8]) -> Bool {
        var distinct = 0
        var known = 0
        var total = 0
        var lines = firstBytes.split(separator: 0x0A, maxSplits: recognisedLines, omittingEmptySubsequences: true)
        // The last one may be cut.
        if lines.count > 1 { lines.removeLast() }
        for line in lines {
            let line = Array(line.last == 0x0D ? line.dropLast() : line)
            total += 1
            guard let kind = classify(line) else { continue }
            known += 1
            if kind.isDistinct { distinct += 1 }
        }
        return distinct > 0 && known * 2 >= total
    }

    /// Lines looked at to recognise the format: a broker's start takes five to ten.
    private static let recognisedLines = 40

    package var context: String? {
        var lines = accepts.lines
        if let line = subscription.line { lines.append(line) }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    package mutating func restore(context: String) {
        accepts = MosquittoAccepts()
        subscription.end()
        for line in context.split(separator: "\n") {
            accepts.restore(line: line)
            subscription.restore(line: line)
        }
    }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        let text = batch.text.span.bytes
        for row in rows where batch.head[row].feed == feed {
            let client = batch.names[row].client
            switch batch.head[row].kind {
            case .connect where client.isPresent:
                let user = batch.names[row].user
                let address = batch.names[row].address
                sessions.connect(
                    text, client: client.range, user: user.isPresent ? user.range : nil,
                    address: address.isPresent ? address.range : nil, port: 0)
                visibility.formUnion([.connections, .refusals])
            case .disconnect where client.isPresent:
                if let id = sessions.find(text, client.range) { sessions.disconnect(id) }
                visibility.formUnion([.connections, .refusals])
            case .connectFailed: visibility.formUnion([.connections, .refusals])
            case .publish, .deliver, .denied:
                // Who acts is connected, whatever was read of its end.
                if client.isPresent { _ = sessions.findActing(text, client.range) }
                visibility.formUnion([.publishes, .deliveries, .denials, .subscriptions])
            case .subscribe, .unsubscribe:
                if client.isPresent { _ = sessions.findActing(text, client.range) }
                visibility.formUnion(.subscriptions)
                sawSubscription = true
            case .user: visibility.insert(.userActions)
            default: break
            }
        }
    }
}

extension MosquittoDecoder {
    package mutating func code(learned coder: inout StateCoder) throws {
        try sessions.code(&coder)
        try sawSubscription.code(&coder)
    }
}
