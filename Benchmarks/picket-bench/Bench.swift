import Glibc
import PicketEvents
import PicketFeeds

/// Measures one stage alone: `picket-bench decode FILE`.
@main
struct Bench {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, arguments[1] == "decode" else {
            print("usage: picket-bench decode FILE.ndjson")
            exit(64)
        }
        let descriptor = open(arguments[2], O_RDONLY)
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
