import Foundation
import PicketEvents
import PicketFeeds

/// Reads standard input to its end and gives what it brings to the pipeline.
///
/// Reading blocks, so it has a thread of its own; the next block is read when the one before is durable.
struct StreamFeed {
    let configuration: Configuration.Feed
    let feed: FeedID
    let options: FeedOptions
    let learned: LearnedDecoder?

    func run(into pipeline: Pipeline) async throws {
        let (blocks, output) = AsyncThrowingStream<InputBlock, any Error>.makeStream()
        let room = DispatchSemaphore(value: 1)
        let thread = Thread {
            do {
                var input = try InputBytes.standardInput()
                let format = configuration.format ?? FeedFormat.recognise(input.peek())
                var reader = BlockReader(input, cutter: format?.cutter(options: options))
                while let block = try reader.next() {
                    room.wait()
                    guard case .enqueued = output.yield(block) else { return }
                }
                output.finish()
            } catch {
                output.finish(throwing: error)
            }
        }
        thread.start()
        var decoder: (any FeedDecoder)?
        var memory = DecoderMemory(feed: feed, place: "-", remembered: learned?.context)
        for try await block in blocks {
            switch block {
            case .overlong(let length, let sha256, _):
                if decoder == nil { decoder = try await open([], pipeline) }
                let decoded = OverlongLine.block(length: length, sha256: sha256, feed: feed)
                try await memory.keep([decoded.batch], context: decoder?.context, in: pipeline)
            case .lines(let bytes, _, let isLast):
                if decoder == nil { decoder = try await open(bytes, pipeline) }
                guard var known = decoder else { continue }
                var rest = bytes
                while !rest.isEmpty {
                    let count = rest.count
                    let decoded = known.decode(rest, isLast: isLast, limit: Limits.batchEvents)
                    try await memory.keep(
                        decoded.batch.isEmpty ? [] : [decoded.batch], context: known.context, in: pipeline)
                    if decoded.consumed == count || decoded.consumed == 0 { break }
                    rest = Array(decoded.batch.text[decoded.consumed..<count])
                }
                decoder = known
            }
            room.signal()
        }
        try await pipeline.end(feed)
    }

    /// Opens the feed with the format that was named, or that `bytes` show.
    private func open(_ bytes: [UInt8], _ pipeline: Pipeline) async throws -> any FeedDecoder {
        let format = configuration.format ?? FeedFormat.recognise(bytes) ?? .ndjson
        try await pipeline.open(feed, name: configuration.name, format: format, lateness: configuration.lateness)
        return learned?.decoder(format) ?? format.decoder(feed: feed, options: options)
    }
}
