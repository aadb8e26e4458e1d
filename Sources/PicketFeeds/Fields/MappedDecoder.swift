import Crypto
import PicketEvents

/// Makes lines in Picket's spelling of the lines of a feed.
protocol LineMapping: Sendable {
    var format: FeedFormat { get }

    /// See ``FeedDecoder/context``.
    var context: String? { get }

    mutating func restore(context: String)

    /// The line that says the same in Picket's spelling; nil where the line is no event.
    ///
    /// - Parameter line: without its line end.
    mutating func map(_ line: ArraySlice<UInt8>) throws(RecordProblem) -> [UInt8]?
}

/// A decoder that reads lines in a feed's own spelling by way of lines in Picket's. What is rejected is rejected with the
/// length and hash of the feed's own line.
struct MappedDecoder<Mapping: LineMapping>: FeedDecoder {
    private var mapping: Mapping
    private var decoder: NDJSONDecoder
    private let feed: FeedID

    init(feed: FeedID, _ mapping: Mapping) {
        self.mapping = mapping
        self.feed = feed
        decoder = NDJSONDecoder(feed: feed)
    }

    var format: FeedFormat { mapping.format }
    var visibility: Visibility { decoder.visibility }
    var context: String? { mapping.context }
    mutating func restore(context: String) { mapping.restore(context: context) }
    mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {}
    mutating func code(learned coder: inout StateCoder) throws {}

    /// A line of the feed that makes an event or a rejection.
    private struct Source {
        var line: Range<Int>
        var end: Int
        var problem: RejectionReason?
    }

    mutating func decode(_ block: consuming [UInt8], isLast: Bool, limit: Int) -> DecodedBlock {
        let block = block
        var sources: [Source] = []
        var mapped: [UInt8] = []
        var position = 0
        while position < block.count, sources.count < limit {
            let newline = block[position...].firstIndex(of: 0x0A)
            guard newline != nil || isLast else { break }
            let end = newline.map { $0 + 1 } ?? block.count
            var line = position..<(newline ?? block.count)
            if let last = block[line].last, last == 0x0D { line = line.lowerBound..<line.upperBound - 1 }
            position = end
            var problem: RejectionReason?
            do throws(RecordProblem) {
                guard line.count <= Limits.lineBytes else { throw RecordProblem(.tooLong) }
                guard block[line].contains(where: { $0 > 0x20 }), let text = try mapping.map(block[line]) else {
                    continue
                }
                mapped += text
            } catch {
                // No JSON begins so: it becomes a rejection in its place.
                problem = error.reason
                mapped.append(0x2D)
            }
            mapped.append(0x0A)
            sources.append(Source(line: line, end: end, problem: problem))
        }
        var decoded = decoder.decode(mapped, isLast: true, limit: .max)
        MappedDecoder.move(&decoded.batch, behind: block)
        for row in 0..<decoded.batch.count where decoded.batch.head[row].kind == .rejected {
            let source = sources[row]
            let spelled = decoded.batch.attributes(of: row).first { $0.key == .reason }.flatMap {
                decoded.batch.string($0.text)
            }
            decoded.batch.reject(
                row: row, reason: source.problem ?? spelled.flatMap(RejectionReason.init) ?? .notALine,
                length: source.line.count, sha256: Array(SHA256.hash(data: block[source.line])))
        }
        return DecodedBlock(
            batch: decoded.batch, lineEnds: sources.map { Int32(truncatingIfNeeded: $0.end) }, consumed: position)
    }

    /// Puts `block` before the text of `batch`: a line that the sequencer rejects is hashed from it.
    private static func move(_ batch: inout EventBatch, behind block: [UInt8]) {
        let shift = UInt32(truncatingIfNeeded: block.count)
        func moved(_ slice: TextSlice) -> TextSlice {
            guard slice.isPresent else { return slice }
            var slice = slice
            slice.offset += shift
            return slice
        }
        batch.text = block + batch.text
        for row in 0..<batch.count {
            let old = batch.names[row]
            batch.names[row] = EventBatch.Names(
                device: moved(old.device), client: moved(old.client), user: moved(old.user),
                address: moved(old.address), topic: moved(old.topic))
        }
        for index in batch.attributes.indices { batch.attributes[index].text = moved(batch.attributes[index].text) }
    }
}

/// JSON objects in a feed's own spelling, one a line.
struct JSONLineMapping: LineMapping {
    let format = FeedFormat.ndjson
    let context: String? = nil
    private let record: MappedRecord

    init(_ map: FieldMap) { record = MappedRecord(map, isText: false) }

    mutating func restore(context: String) {}

    mutating func map(_ line: ArraySlice<UInt8>) throws(RecordProblem) -> [UInt8]? {
        record.line(try JSONReading.object(line))
    }
}
