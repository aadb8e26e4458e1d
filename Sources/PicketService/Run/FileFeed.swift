import Foundation
import PicketEvents
import PicketFeeds

/// Follows one file and gives what it brings to the pipeline, until the task is cancelled.
struct FileFeed {
    let configuration: Configuration.Feed
    let path: String
    let feed: FeedID
    let options: FeedOptions
    /// Where the log says reading stands, and how many events after that it holds already.
    var resume: (position: FeedRecord.Position, events: Int)?
    /// The decoder, which has learned what the log holds of this feed; nil when the first lines must show the format.
    var decoder: (any FeedDecoder)?

    /// How long to wait for a change before looking again; file systems that tell nothing are read that often.
    private static let longestWait = Duration.seconds(1)

    /// - Parameter ready: called once, when everything that was there at the start has been read.
    func run(into pipeline: Pipeline, ready: @Sendable () async -> Void, say: @Sendable (String) -> Void) async throws {
        var decoder = decoder
        if let context = resume?.position.context { decoder?.restore(context: context) }
        if let decoder { try await open(decoder.format, pipeline) }
        var repeated = RepeatedEvents(after: resume?.position.offset, count: resume?.events ?? 0)
        // What came before a line that shows the format.
        var early: [TailBlock] = []
        let cutter = (configuration.format ?? decoder?.format)?.cutter(options: options)
        let tail = FileTail(path: path, from: resume?.position, cutter: cutter)
        let watch = FileWatch(path: path)
        var isReady = false
        var problem: String?
        while !Task.isCancelled {
            let events: [TailEvent]
            do {
                events = try tail.read()
                problem = nil
            } catch {
                // Said once; the file may come back, or be made readable.
                if problem != error.description { say("feed \(configuration.name): \(error.description)") }
                problem = error.description
                events = []
            }
            if events.isEmpty {
                if !isReady {
                    isReady = true
                    await ready()
                }
                do {
                    try await watch.wait(upTo: FileFeed.longestWait)
                } catch {
                    return
                }
                continue
            }
            for event in events {
                switch event {
                case .lost(let loss):
                    say("feed \(configuration.name): \(loss)")
                    try await pipeline.noteGap(feed: configuration.name, cause: loss.cause.rawValue)
                case .block(let block):
                    early.append(block)
                    if decoder == nil, let format = FileFeed.format(of: block) {
                        try await open(format, pipeline)
                        decoder = format.decoder(feed: feed, options: options)
                    }
                    guard var known = decoder else { continue }
                    for block in early { try await take(block, &known, &repeated, pipeline) }
                    early = []
                    decoder = known
                }
            }
        }
    }

    /// The format of lines that show one; nil where there is nothing to see. What nobody knows is taken for NDJSON, so
    /// that it becomes `rejected` records and not nothing.
    private static func format(of block: TailBlock) -> FeedFormat? {
        guard case .lines(let bytes, _, _) = block.block else { return nil }
        // A line that is too long says nothing, also where it was read as a whole.
        let lines = bytes.split(separator: 0x0A).filter { $0.count <= Limits.lineBytes && $0.contains { $0 > 0x20 } }
        guard !lines.isEmpty else { return nil }
        return FeedFormat.recognise(lines.reduce(into: []) { $0 += $1 + [0x0A] }) ?? .ndjson
    }

    private func open(_ format: FeedFormat, _ pipeline: Pipeline) async throws {
        try await pipeline.open(feed, name: configuration.name, format: format, lateness: configuration.lateness)
    }

    private func take(
        _ block: TailBlock, _ decoder: inout any FeedDecoder, _ repeated: inout RepeatedEvents, _ pipeline: Pipeline
    ) async throws {
        var isOtherFile = repeated.begin(block)
        switch block.block {
        case .overlong(let length, let sha256, _):
            let decoded = OverlongLine.block(length: length, sha256: sha256, feed: feed)
            try await offer(decoded, block.endPosition(context: decoder.context), &repeated, isOtherFile, pipeline)
        case .lines(let bytes, _, let isLast):
            var rest = bytes
            var offset = 0
            while !rest.isEmpty {
                let count = rest.count
                let decoded = decoder.decode(rest, isLast: isLast, limit: Limits.batchEvents)
                offset += decoded.consumed
                let position = block.position(atBlockOffset: offset, context: decoder.context)
                try await offer(decoded, position, &repeated, isOtherFile, pipeline)
                isOtherFile = false
                if decoded.consumed == count || decoded.consumed == 0 { break }
                rest = Array(decoded.batch.text[decoded.consumed..<count])
            }
        }
    }

    private func offer(
        _ decoded: DecodedBlock, _ position: FeedRecord.Position, _ repeated: inout RepeatedEvents, _ isOtherFile: Bool,
        _ pipeline: Pipeline
    ) async throws {
        let known = repeated.take(decoded.batch.count)
        try await pipeline.take(
            Pipeline.Offer(
                feed: feed, batch: decoded.batch, rows: known..<decoded.batch.count,
                // While events are skipped, an older position still stands in the log, and its count with it.
                position: repeated.isOver ? position : nil, isOtherFile: isOtherFile))
    }
}
