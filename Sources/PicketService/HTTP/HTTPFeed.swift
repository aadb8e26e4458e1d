import PicketEvents
import PicketFeeds

/// A feed that others post to. Requests are taken one after the other, and answered when their events are durable.
actor HTTPFeed {
    /// What became of the lines of a request.
    struct Result: Sendable {
        var accepted = 0
        var rejected = 0
    }

    /// What became of a request.
    enum Answer: Sendable {
        case taken(Result)
        /// Too many wait already.
        case busy
        /// The body is no gzip, or too much of it.
        case unreadable
    }

    /// How a body came.
    struct Body: Sendable {
        var bytes: [UInt8]
        var isPacked = false
    }

    private let configuration: Configuration.Feed
    private let feed: FeedID
    private let options: FeedOptions
    private let pipeline: Pipeline
    private var decoder: (any FeedDecoder)?
    private var memory: DecoderMemory
    private let learned: LearnedDecoder?
    private let turns = Turns(atOnce: 1)

    /// Requests that may wait for the one before: more are told to come again.
    private static let waitingLimit = 16
    /// The most that the body of a request is unpacked. Only the request whose turn it is is unpacked.
    static let unpackedBytes = 64 << 20

    /// Bodies that are held, those that still come among them: sixteen that wait, and the one that is written. So a feed
    /// costs at most seventeen bodies, however many send to it.
    nonisolated let places = Places(HTTPFeed.waitingLimit + 1)

    init(
        configuration: Configuration.Feed, feed: FeedID, options: FeedOptions, learned: LearnedDecoder?,
        pipeline: Pipeline
    ) {
        self.learned = learned
        memory = DecoderMemory(feed: feed, place: configuration.name, remembered: learned?.context)
        self.options = options
        self.configuration = configuration
        self.feed = feed
        self.pipeline = pipeline
    }

    func open() async throws {
        let format = configuration.format ?? .ndjson
        decoder = learned?.decoder(format) ?? format.decoder(feed: feed, options: options)
        try await pipeline.open(feed, name: configuration.name, format: format, lateness: configuration.lateness)
    }

    private func lines(_ body: [UInt8], _ format: FeedFormat) -> [UInt8] {
        guard var cutter = format.cutter(options: options) else {
            return format == .mosquitto ? body : IngestBody.lines(body)
        }
        var lines = body
        cutter.cut(&lines, from: 0)
        return lines
    }

    /// Takes a body; returns when it is durable and judged.
    ///
    /// - Throws: why the log takes nothing, or `CancellationError` when nobody waits for the answer any more: what was not
    ///   offered until then is not.
    func take(_ body: Body) async throws -> Answer {
        guard turns.waiting < HTTPFeed.waitingLimit else { return .busy }
        await turns.begin()
        defer { turns.end() }
        try Task.checkCancellation()
        guard var known = decoder else { return .busy }
        // Only whose turn it is changes them.
        var memory = memory
        defer { (decoder, self.memory) = (known, memory) }
        let unpacked = body.isPacked ? GzipBody.unpack(body.bytes, limit: HTTPFeed.unpackedBytes) : body.bytes
        guard let unpacked else { return .unreadable }
        var result = Result()
        var rest = lines(unpacked, known.format)
        while !rest.isEmpty {
            let count = rest.count
            // A request ends its last line, whether it says so or not.
            let decoded = known.decode(rest, isLast: true, limit: Limits.batchEvents)
            for row in 0..<decoded.batch.count {
                if decoded.batch.head[row].kind == .rejected { result.rejected += 1 } else { result.accepted += 1 }
            }
            try Task.checkCancellation()
            try await memory.keep(
                decoded.batch.isEmpty ? [] : [decoded.batch], context: known.context, in: pipeline)
            if decoded.consumed == count || decoded.consumed == 0 { break }
            rest = Array(decoded.batch.text[decoded.consumed..<count])
        }
        return .taken(result)
    }
}
