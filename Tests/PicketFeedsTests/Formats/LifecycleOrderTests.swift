import PicketEvents
import Testing

@testable import PicketFeeds

/// AWS delivers lifecycle events in any order and twice.
@Suite struct LifecycleOrderTests {
    private static let start: Int64 = 1_795_255_200_000

    private func event(_ type: String, _ version: Int, _ seconds: Int64, session: String = "s") -> String {
        let time = LifecycleOrderTests.start + seconds * 1_000
        return #"{"clientId":"c","timestamp":\#(time),"eventType":"\#(type)","sessionIdentifier":"\#(session)","#
            + #""principalIdentifier":"p","versionNumber":\#(version)}"#
    }

    /// Kind and seconds since the start, in the order of the lines.
    private func read(_ lines: [String]) -> [String] {
        var reader = LifecycleReader(feed: FeedID(0))
        return lines.map { line in
            do throws(RecordProblem) {
                let event = try reader.read(Array(line.utf8))[0]
                return "\(event.kind.name) \((event.time ?? 0) - LifecycleOrderTests.start)"
            } catch {
                return error.reason.rawValue
            }
        }
    }

    @Test func `an event that comes again is rejected`() {
        #expect(
            read([event("connected", 1, 0), event("connected", 1, 0), event("disconnected", 1, 5)]) == [
                "connect 0", "repeated-event", "disconnect 5000",
            ])
    }

    @Test func `the end of an older connection does not come after the begin of a newer one`() {
        // The clock of the one who noticed the end is a minute ahead.
        #expect(
            read([event("connected", 1, 0), event("connected", 2, 30), event("disconnected", 1, 90)]) == [
                "connect 0", "connect 30000", "disconnect 29999",
            ])
    }

    @Test func `a connection begins before it ends, in whatever order they come`() {
        #expect(
            read([event("disconnected", 4, 10), event("connected", 4, 12), event("connected", 5, 20)]) == [
                "disconnect 10000", "connect 10000", "connect 20000",
            ])
    }

    @Test func `versions begin anew after a long time`() {
        #expect(
            read([event("connected", 7, 0), event("disconnected", 7, 60), event("connected", 0, 7_200, session: "t")])
                == ["connect 0", "disconnect 60000", "connect 7200000"])
    }

    @Test func `what the log holds is known to a reader that has only the log`() throws {
        let lines = [
            event("connected", 1, 0, session: "s1"), event("connected", 2, 30, session: "s2"),
            event("disconnected", 2, 40, session: "s2"),
        ]
        var first = RecordDecoder(feed: FeedID(0), reader: LifecycleReader(feed: FeedID(0)))
        let batch = first.decode(Array((lines.joined(separator: "\n") + "\n").utf8), isLast: true, limit: 8).batch
        // As a start after kill -9 does: the lines of the log, and nothing else.
        var log = NDJSONDecoder(trustedLog: ())
        let id = log.feedID(named: "f")
        let held = log.decode(Array((NDJSON.lines(batch).joined(separator: "\n") + "\n").utf8), isLast: true, limit: 8)
        var second = LifecycleReader(feed: id)
        second.absorb(held.batch, rows: 0..<held.batch.count)
        for line in lines {
            let problem = #expect(throws: RecordProblem.self) { try second.read(Array(line.utf8)) }
            #expect(problem?.reason == .repeatedEvent)
        }
        // And its order: the end of the first connection, noticed late, lies before the begin of the second.
        let late = try second.read(Array(event("disconnected", 1, 90, session: "s1").utf8))
        #expect(late[0].time == LifecycleOrderTests.start + 29_999)
    }

    @Test func `the address of a connection is that of its end`() throws {
        var reader = LifecycleReader(feed: FeedID(0))
        let connect = event("connected", 1, 0).replacing("}", with: #","ipAddress":"192.0.2.1"}"#)
        _ = try reader.read(Array(connect.utf8))
        #expect(try reader.read(Array(event("disconnected", 1, 9).utf8))[0].address == "192.0.2.1")
    }
}
