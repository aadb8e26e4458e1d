package import PicketEvents

/// Whether a device itself acknowledged a command. Anybody who may publish to the topic can write the right answer, and
/// what a subscriber hears does not say who spoke. The broker's own records do, and hold no payloads. So both are counted:
/// of messages of one length on the topic, those that we heard with the right content and those that the broker says the
/// device itself published, proved, overlap when they are more than all there were.
package struct AcknowledgementProof: Sendable {
    /// Messages on the topic of one length.
    private struct Count {
        /// That we heard, those of them that acknowledge, and those that say no.
        var heard = 0
        var right = 0
        var refusing = 0
        /// That the broker recorded, and those of them by the device, proved.
        var recorded = 0
        var own = 0
    }

    private let device: String
    private let topic: String
    /// Our own message, from whose record on the broker's records count: an answer comes after its question.
    private let command: (topic: String, client: String)
    /// Whether the fleet file binds the device to its user, so that a password proves it too.
    private let acceptsPassword: Bool
    /// The feed of the broker that carries the command: what another one records is about other messages. Nil for every feed.
    private let feed: FeedID?
    private var isAsked = false
    private var counts: [Int: Count] = [:]
    /// Who else published to the topic, for a person.
    package private(set) var stranger: String?

    package init(
        device: String, topic: String, command: (topic: String, client: String), acceptsPassword: Bool,
        feed: FeedID? = nil
    ) {
        self.feed = feed
        self.device = device
        self.topic = topic
        self.command = command
        self.acceptsPassword = acceptsPassword
    }

    /// Events of the broker that are in the log.
    package mutating func observe(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].kind == .publish {
            if let feed, batch.head[row].feed != feed { continue }
            let names = batch.names[row]
            let published = batch.string(names.topic)
            if !isAsked {
                isAsked = published == command.topic && batch.string(names.client) == command.client
                continue
            }
            guard published == topic, batch.head[row].flags.contains(.hasBytes) else { continue }
            let bytes = Int(batch.bytes[row])
            counts[bytes, default: Count()].recorded += 1
            let who = batch.string(names.device)
            if who == device, isProof(batch.head[row].identity) {
                counts[bytes, default: Count()].own += 1
            } else {
                stranger = who
            }
        }
    }

    private func isProof(_ identity: Identity) -> Bool {
        identity == .certificate || acceptsPassword && identity == .password
    }

    /// The question is asked anew, on another connection: what came in between was not heard, and counts no more.
    package mutating func askAgain() {
        isAsked = false
        counts = [:]
    }

    /// A message that came on the topic.
    package mutating func hear(bytes: Int, _ answer: Acknowledgement?) {
        counts[bytes, default: Count()].heard += 1
        switch answer {
        case .done: counts[bytes, default: Count()].right += 1
        case .refused: counts[bytes, default: Count()].refusing += 1
        case .underWay, nil: break
        }
    }

    /// Whether a right answer was heard, whoever sent it.
    package var isAnswered: Bool { counts.values.contains { $0.right > 0 } }

    /// Whether at least one right answer is the device's own. While the broker's records are behind what was heard, nothing
    /// is proved.
    package var isProved: Bool {
        counts.values.contains { $0.recorded >= $0.heard && $0.right + $0.own > $0.recorded }
    }

    /// Whether the device itself said no.
    package var isRefused: Bool {
        counts.values.contains { $0.recorded >= $0.heard && $0.refusing + $0.own > $0.recorded }
    }
}
