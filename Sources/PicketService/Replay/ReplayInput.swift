import PicketEvents
import PicketFeeds

/// One historical input while it is read: blocks become batches, and batches get their place in time.
struct ReplayInput {
    let feed: FeedID
    let name: String
    let format: FeedFormat
    private var reader: BlockReader<InputBytes>
    private var decoder: any FeedDecoder
    private var sequencer = ReplaySequencer()
    private let limit: Int
    /// Blocks read ahead to judge a jump in time.
    private var ahead: [DecodedBlock] = []
    /// Bytes of a block that held more events than one batch.
    private var rest: [UInt8]?
    /// Whether the block that ``rest`` came from is the last one.
    private var isLast = false
    private var ended = false
    /// Bytes of the (decompressed) contents that were read.
    private var contentBytes: UInt64 = 0
    /// Bytes of the file that were read: of a compressed one the compressed ones, which its size counts.
    var bytesRead: UInt64 { reader.compressedBytes ?? contentBytes }
    /// The batch that is being merged, and the next row of it.
    private(set) var current: DecodedBlock?
    var row = 0
    /// The last line was consumed; nothing follows.
    private(set) var isFinished = false

    /// Opens an input.
    ///
    /// - Parameters:
    ///   - limit: the most events in a batch.
    /// - Throws: ``FeedError`` when it cannot be read or its format is not recognised.
    init(
        path: String, feed: FeedID, name: String, format: FeedFormat?, options: FeedOptions = FeedOptions(),
        limit: Int = Limits.batchEvents
    ) throws {
        self.feed = feed
        self.name = name
        self.limit = limit
        var source = path == "-" ? try InputBytes.standardInput() : try openInput(path).source
        let first = source.peek()
        if first.starts(with: [0xEF, 0xBB, 0xBF]) {
            // Files made on Windows often begin with a byte order mark, which is no part of any line.
            var mark: [UInt8] = [0, 0, 0]
            _ = try mark.withUnsafeMutableBytes { try source.read(into: $0) }
        }
        guard let format = format ?? FeedFormat.recognise(first) ?? (first.isEmpty ? .ndjson : nil) else {
            throw FeedError(
                place: source.place,
                problem:
                    "the format was not recognised from its first lines; name it with --format (\(FeedFormat.names))")
        }
        self.format = format
        reader = BlockReader(source, cutter: format.cutter(options: options))
        decoder = format.decoder(feed: feed, options: options)
    }

    /// The newest engine time accepted so far.
    var newest: Int64 { sequencer.newest }

    /// The engine time of its first line; nil before.
    private(set) var firstTime: Int64?

    /// What the input has shown that it can show.
    var visibility: Visibility { decoder.visibility }

    /// Makes sure that ``current`` has a row to take, if there is any left.
    ///
    /// - Throws: ``FeedError`` when reading fails.
    mutating func prepare() throws {
        while !isFinished {
            if let current, row < current.batch.count { return }
            guard var next = try ahead.isEmpty ? decodeNext() : ahead.removeFirst() else {
                current = nil
                isFinished = true
                return
            }
            var problem: (any Error)?
            // The sequencer asks for the next time only when the last event of the block jumps ahead.
            var sequencer = self.sequencer
            sequencer.stamp(&next) {
                do {
                    return try peekTime()
                } catch {
                    problem = error
                    return nil
                }
            }
            self.sequencer = sequencer
            if let problem { throw problem }
            if firstTime == nil, next.batch.count > 0 { firstTime = next.batch.engineTime[0] }
            current = next
            row = 0
        }
    }

    private mutating func peekTime() throws -> Int64? {
        for block in ahead {
            if let time = ReplaySequencer.firstTime(block.batch, from: 0) { return time }
        }
        while let block = try decodeNext() {
            ahead.append(block)
            if let time = ReplaySequencer.firstTime(block.batch, from: 0) { return time }
        }
        return nil
    }

    private mutating func decodeNext() throws -> DecodedBlock? {
        if let rest {
            self.rest = nil
            return decode(rest)
        }
        guard !ended else { return nil }
        switch try reader.next() {
        case nil:
            ended = true
            return nil
        case .lines(let bytes, _, let isLast):
            self.isLast = isLast
            contentBytes += UInt64(bytes.count)
            return decode(bytes)
        case .overlong(let length, let sha256, _):
            contentBytes += length
            return OverlongLine.block(length: length, sha256: sha256, feed: feed)
        }
    }

    private mutating func decode(_ bytes: [UInt8]) -> DecodedBlock {
        let length = bytes.count
        let decoded = decoder.decode(bytes, isLast: isLast, limit: limit)
        if decoded.consumed < length { rest = Array(decoded.batch.text[decoded.consumed..<length]) }
        return decoded
    }
}

/// A line too long to be one, as a rejected event.
enum OverlongLine {
    static func block(length: UInt64, sha256: [UInt8], feed: FeedID) -> DecodedBlock {
        var batch = EventBatch()
        for attribute in RejectionReason.attributes(reason: .tooLong, sha256: sha256, in: &batch) {
            batch.add(attribute)
        }
        batch.append(
            EventBatch.Head(kind: .rejected, flags: .hasBytes, feed: feed), time: 0, bytes: Int64(clamping: length),
            device: .none, client: .none)
        batch.sealTimes()
        return DecodedBlock(batch: batch, lineEnds: [0], consumed: 0)
    }
}
