package import PicketEvents

/// A message of a broker, as a subscription or a recording gives it.
package struct FeedMessage: Sendable {
    /// Who the broker says has published a message.
    package struct Publisher: Equatable, Sendable {
        /// The device, as its identity was established; nil where several come into question.
        package var device: String?
        package var identity: Identity

        package init(device: String?, identity: Identity) {
            self.device = device
            self.identity = identity
        }
    }

    package var topic: String
    package var payload: [UInt8]
    /// When it was published, in Unix milliseconds, where a recording says so; nil for a live one.
    package var time: Int64?
    /// Now, in Unix milliseconds, to tell impossible times; nil where nobody knows.
    package var received: Int64?
    /// What the broker's own record of the message says; nil when there is none.
    package var publisher: Publisher?
    package var qos: Int64?
    package var retain: Bool
    /// The broker says that it may have sent it before.
    package var isRepeated = false
    /// Of a message that was too long to be taken in, the bytes that it had; ``payload`` is empty then.
    package var oversizeBytes: Int?

    package init(
        topic: String, payload: [UInt8], time: Int64? = nil, received: Int64? = nil, publisher: Publisher? = nil,
        qos: Int64? = nil, retain: Bool = false
    ) {
        self.topic = topic
        self.payload = payload
        self.time = time
        self.received = received
        self.publisher = publisher
        self.qos = qos
        self.retain = retain
    }
}

/// What is to be published in answer to a message.
package struct MessageAnswer: Equatable, Sendable {
    package var topic: String
    package var payload: [UInt8]
    package var isAccepted: Bool

    package init(topic: String, payload: [UInt8], isAccepted: Bool) {
        self.topic = topic
        self.payload = payload
        self.isAccepted = isAccepted
    }
}

/// Reads messages of one format. One message becomes events or one rejection; a piece of something longer becomes
/// nothing until all pieces are there.
package protocol MessageReader: Sendable {
    var format: FeedFormat { get }

    var visibility: Visibility { get }

    /// As ``FeedDecoder/context``, for a recording.
    var context: String? { get }

    mutating func restore(context: String)

    /// Learns from events of this feed that are in the log already.
    mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>)

    /// As ``FeedDecoder/code(learned:)``.
    mutating func code(learned coder: inout StateCoder) throws

    /// The events of a message, and the answer to it.
    mutating func read(_ message: FeedMessage) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?)

    /// The events that are due at `now` (Unix milliseconds) though no message came.
    mutating func rest(at now: Int64) -> [EventDraft]

    /// The answer to a message that was rejected; nil when the format has none.
    func answer(to message: FeedMessage, rejected problem: RecordProblem) -> MessageAnswer?
}

extension MessageReader {
    package var context: String? { nil }
    package mutating func restore(context: String) {}
    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {}
    package mutating func rest(at now: Int64) -> [EventDraft] { [] }
    package func answer(to message: FeedMessage, rejected problem: RecordProblem) -> MessageAnswer? { nil }
}

extension MessageReader {
    /// Appends the events of `message`, or its rejection, to `batch`.
    ///
    /// - Returns: what to publish in answer, once the batch is durable.
    package mutating func decode(_ message: FeedMessage, feed: FeedID, into batch: inout EventBatch) -> MessageAnswer? {
        do throws(RecordProblem) {
            guard message.payload.count <= Limits.lineBytes else { throw RecordProblem(.tooLong) }
            let (events, answer) = try read(message)
            for var event in events {
                if event.time == nil { event.time = message.time }
                batch.append(event, feed: feed)
            }
            return answer
        } catch {
            var problem = error
            problem.time = problem.time ?? message.time
            batch.appendRejected(problem, input: message.payload, feed: feed)
            return answer(to: message, rejected: problem)
        }
    }
}
