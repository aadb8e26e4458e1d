import PicketEvents
import Testing

@testable import PicketFeeds

/// A restart reads lines again and skips as many events as the log holds, so how many events a line makes must not
/// depend on how its bytes came.
@Suite("A line without anything in it, too long")
struct NDJSONOverlongBlankTests {
    @Test("makes one rejected event, whole or piece by piece", arguments: [65_536, 65_537, 200_000])
    func isRejected(count: Int) {
        let line = [UInt8](repeating: 0x20, count: count)
        var decoder = NDJSONDecoder(feed: FeedID(0))
        let next = Array("{\"kind\":\"publish\",\"device\":\"a\"}\n".utf8)
        let decoded = decoder.decode(line + [0x0A] + next, isLast: false, limit: .max)
        let kinds = (0..<decoded.batch.count).map { decoded.batch.head[$0].kind }
        #expect(kinds == (count > Limits.lineBytes ? [.rejected, .publish] : [.publish]))
        #expect(decoded.consumed == count + 1 + next.count)
    }
}
