import Glibc
import PicketEvents
import PicketFeeds

/// Reads NDJSON into batches, and nothing else.
enum DecodeBench {
    static func run(file: String) throws {
        let descriptor = open(file, O_RDONLY)
        var reader = BlockReader(Raw(descriptor: descriptor))
        var decoder = NDJSONDecoder(feed: FeedID(0))
        var events = 0
        var sum: Int64 = 0
        while let block = try reader.next() {
            guard case .lines(let bytes, _, let isLast) = block else { continue }
            let decoded = decoder.decode(bytes, isLast: isLast, limit: Limits.batchEvents)
            events += decoded.batch.count
            for time in decoded.batch.time { sum &+= time }
        }
        print("events \(events) checksum \(sum)")
    }

    struct Raw: ByteSource {
        let descriptor: Int32
        mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        }
    }
}
