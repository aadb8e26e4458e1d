import PicketEvents

/// A reader of messages whose devices are named as the fleet file says.
struct NamingReader: MessageReader {
    private var reader: any MessageReader
    private let naming: DeviceNaming

    init(_ reader: any MessageReader, naming: DeviceNaming) {
        self.reader = reader
        self.naming = naming
    }

    var format: FeedFormat { reader.format }
    var visibility: Visibility { reader.visibility }
    var context: String? { reader.context }
    mutating func restore(context: String) { reader.restore(context: context) }
    mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) { reader.absorb(batch, rows: rows) }
    mutating func code(learned coder: inout StateCoder) throws { try reader.code(learned: &coder) }

    mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        let (events, answer) = try reader.read(message)
        return (events.map(named), answer)
    }

    mutating func rest(at now: Int64) -> [EventDraft] { reader.rest(at: now).map(named) }

    private func named(_ event: EventDraft) -> EventDraft {
        var event = event
        var batch = EventBatch()
        batch.append(event, feed: FeedID(0))
        naming.apply(to: &batch)
        event.device = batch.string(batch.names[0].device)
        event.identity = batch.head[0].identity
        return event
    }

    func answer(to message: FeedMessage, rejected problem: RecordProblem) -> MessageAnswer? {
        reader.answer(to: message, rejected: problem)
    }
}
