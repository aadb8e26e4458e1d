import PicketEvents
import PicketFeeds

/// Makes events of the messages of a subscription. Some formats read a message with its topic; of the others each payload
/// is a line, or several.
struct MessageDecoder: Sendable {
    /// What came of some messages.
    struct Decoded {
        var batches: [EventBatch] = []
        /// What to publish when the batches are durable.
        var answers: [MessageAnswer] = []
    }

    private enum Reading {
        case messages(any MessageReader)
        case lines(any FeedDecoder)
    }

    let format: FeedFormat
    private let feed: FeedID
    private var reading: Reading

    init(format: FeedFormat, feed: FeedID, options: FeedOptions) {
        self.format = format
        self.feed = feed
        if let reader = format.messageReader(feed: feed, options: options) {
            reading = .messages(reader)
        } else {
            reading = .lines(format.decoder(feed: feed, options: options))
        }
    }

    /// Learns from events of this feed that are in the log already.
    mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        switch reading {
        case .messages(var reader):
            reader.absorb(batch, rows: rows)
            reading = .messages(reader)
        case .lines(var decoder):
            decoder.absorb(batch, rows: rows)
            reading = .lines(decoder)
        }
    }

    /// As `FeedDecoder/code(learned:)`.
    mutating func code(learned coder: inout StateCoder) throws {
        switch reading {
        case .messages(var reader):
            try reader.code(learned: &coder)
            reading = .messages(reader)
        case .lines(var decoder):
            try decoder.code(learned: &coder)
            reading = .lines(decoder)
        }
    }

    /// As `FeedDecoder/context`: what must be remembered of messages that became no events yet.
    var context: String? {
        switch reading {
        case .messages(let reader): reader.context
        case .lines(let decoder): decoder.context
        }
    }

    /// As `FeedDecoder/restore(context:)`.
    mutating func restore(context: String) {
        switch reading {
        case .messages(var reader):
            reader.restore(context: context)
            reading = .messages(reader)
        case .lines(var decoder):
            decoder.restore(context: context)
            reading = .lines(decoder)
        }
    }

    /// The events of `messages`, in their order.
    mutating func decode(_ messages: [FeedMessage]) -> Decoded {
        var decoded = Decoded()
        switch reading {
        case .messages(var reader):
            var batch = EventBatch()
            for message in messages {
                if let bytes = message.oversizeBytes {
                    batch.appendOversize(bytes, feed: feed)
                } else if let answer = reader.decode(message, feed: feed, into: &batch) {
                    decoded.answers.append(answer)
                }
            }
            batch.sealTimes()
            decoded.batches = [batch]
            reading = .messages(reader)
        case .lines(var decoder):
            var block: [UInt8] = []
            for message in messages {
                if let bytes = message.oversizeBytes {
                    MessageDecoder.decode(&block, &decoder, into: &decoded)
                    var batch = EventBatch()
                    batch.appendOversize(bytes, feed: feed)
                    batch.sealTimes()
                    decoded.batches.append(batch)
                }
                // A JSON value of any layout, or an array of them, is one message as well as a line is.
                block += format == .ndjson ? IngestBody.lines(message.payload) : message.payload
                if let last = block.last, last != 0x0A { block.append(0x0A) }
            }
            MessageDecoder.decode(&block, &decoder, into: &decoded)
            reading = .lines(decoder)
        }
        decoded.batches.removeAll { $0.isEmpty }
        return decoded
    }

    /// The events that are due at `now` (Unix milliseconds) though no message came; nil for none.
    mutating func rest(at now: Int64) -> EventBatch? {
        guard case .messages(var reader) = reading else { return nil }
        let events = reader.rest(at: now)
        reading = .messages(reader)
        guard !events.isEmpty else { return nil }
        var batch = EventBatch()
        for event in events { batch.append(event, feed: feed) }
        batch.sealTimes()
        return batch
    }

    private static func decode(_ block: inout [UInt8], _ decoder: inout any FeedDecoder, into decoded: inout Decoded) {
        while !block.isEmpty {
            let count = block.count
            let part = decoder.decode(block, isLast: true, limit: Limits.batchEvents)
            decoded.batches.append(part.batch)
            block = part.consumed == 0 ? [] : Array(part.batch.text[part.consumed..<count])
        }
    }
}

extension EventBatch {
    /// A message of which only the length is known: it was too long to be taken in, so there is no hash of it either.
    fileprivate mutating func appendOversize(_ length: Int, feed: FeedID) {
        let reason = appendText(RejectionReason.tooLong.rawValue.utf8)
        add(Attribute(key: .reason, text: reason))
        append(
            Head(kind: .rejected, flags: .hasBytes, feed: feed), time: 0, bytes: Int64(length), device: .none,
            client: .none)
    }
}
