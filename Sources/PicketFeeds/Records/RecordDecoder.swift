package import PicketEvents

/// Reads the records of one format, of which each is a line. A reader says what a line means; everything that all
/// formats have in common (line ends, lengths, rejections) is in ``RecordDecoder``.
package protocol RecordReader: Sendable {
    /// The format it reads.
    var format: FeedFormat { get }

    /// Which groups of events its feed can show, by what was seen so far.
    var visibility: Visibility { get }

    /// See ``FeedDecoder/context``.
    var context: String? { get }

    mutating func restore(context: String)

    /// Learns from events of this feed that are in the log already.
    mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>)

    /// As ``FeedDecoder/code(learned:)``.
    mutating func code(learned coder: inout StateCoder) throws

    /// The events of a line, without its line end. How many there are depends on the line alone.
    ///
    /// - Throws: why it is no line of this format.
    mutating func read(_ line: [UInt8]) throws(RecordProblem) -> [EventDraft]
}

extension RecordReader {
    package var context: String? { nil }
    package mutating func restore(context: String) {}
    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {}
}

/// A decoder made of a reader of records.
package struct RecordDecoder<Reader: RecordReader>: FeedDecoder {
    private let feed: FeedID
    private var reader: Reader

    package init(feed: FeedID, reader: Reader) {
        self.feed = feed
        self.reader = reader
    }

    package var format: FeedFormat { reader.format }
    package var visibility: Visibility { reader.visibility }
    package var context: String? { reader.context }
    package mutating func restore(context: String) { reader.restore(context: context) }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        reader.absorb(batch, rows: rows)
    }

    package mutating func code(learned coder: inout StateCoder) throws { try reader.code(learned: &coder) }

    package mutating func decode(_ block: consuming [UInt8], isLast: Bool, limit: Int) -> DecodedBlock {
        let block = block
        let end = block.count
        // The block comes first, as for every decoder: a line that the sequencer rejects is hashed from it.
        var batch = EventBatch(text: block)
        var lineEnds: [Int32] = []
        var position = 0
        while position < end, batch.count < limit {
            let newline = block[position...].firstIndex(of: 0x0A)
            guard newline != nil || isLast else { break }
            var lineEnd = newline ?? end
            let next = newline.map { $0 + 1 } ?? end
            if lineEnd > position, block[lineEnd - 1] == 0x0D { lineEnd -= 1 }
            let line = block[position..<lineEnd]
            if line.contains(where: { $0 > 0x20 }) || line.count > Limits.lineBytes {
                read(Array(line), into: &batch)
            }
            while lineEnds.count < batch.count { lineEnds.append(Int32(truncatingIfNeeded: next)) }
            position = next
        }
        batch.sealTimes()
        return DecodedBlock(batch: batch, lineEnds: lineEnds, consumed: position)
    }

    private mutating func read(_ line: [UInt8], into batch: inout EventBatch) {
        do throws(RecordProblem) {
            guard line.count <= Limits.lineBytes else { throw RecordProblem(.tooLong) }
            let drafts = try reader.read(line)
            for draft in drafts { batch.append(draft, feed: feed) }
        } catch {
            batch.appendRejected(error, input: line, feed: feed)
        }
    }
}
