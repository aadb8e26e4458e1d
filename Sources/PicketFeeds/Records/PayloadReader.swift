package import PicketEvents

/// Reads messages whose payload is a record, whatever their topic is.
package struct PayloadReader<Reader: RecordReader>: MessageReader {
    private var reader: Reader

    package init(_ reader: Reader) { self.reader = reader }

    package var format: FeedFormat { reader.format }
    package var visibility: Visibility { reader.visibility }
    package var context: String? { reader.context }
    package mutating func restore(context: String) { reader.restore(context: context) }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        reader.absorb(batch, rows: rows)
    }

    package mutating func code(learned coder: inout StateCoder) throws { try reader.code(learned: &coder) }

    package mutating func read(
        _ message: FeedMessage
    ) throws(RecordProblem) -> (events: [EventDraft], answer: MessageAnswer?) {
        (try reader.read(message.payload), nil)
    }
}
