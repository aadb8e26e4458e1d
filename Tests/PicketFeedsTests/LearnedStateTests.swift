import PicketEvents
import Testing

@testable import PicketFeeds

/// Gives a decoder what another one has learned, as a snapshot does.
func copyLearned<Decoder: FeedDecoder>(of first: Decoder, to second: inout Decoder) throws {
    var first = first
    var writer = StateCoder()
    try first.code(learned: &writer)
    var reader = StateCoder(reading: writer.written)
    try second.code(learned: &reader)
    try reader.finish()
}

/// What decoders learn of events in the log is part of a snapshot.
@Suite struct LearnedStateTests {
    @Test func `an address that was learned is that of the end of the connection`() throws {
        let connect =
            #"{"clientId":"c","timestamp":1795255200000,"eventType":"connected","sessionIdentifier":"s","principalIdentifier":"p","ipAddress":"192.0.2.1","versionNumber":1}"#
        let disconnect =
            #"{"clientId":"c","timestamp":1795255300000,"eventType":"disconnected","sessionIdentifier":"s","principalIdentifier":"p","versionNumber":1}"#
        var first = RecordDecoder(feed: FeedID(0), reader: LifecycleReader(feed: FeedID(0)))
        _ = first.decode(Array((connect + "\n").utf8), isLast: true, limit: 8)
        var second = RecordDecoder(feed: FeedID(0), reader: LifecycleReader(feed: FeedID(0)))
        try copyLearned(of: first, to: &second)
        for (line, kind) in [(connect, EventKind.rejected), (disconnect, .disconnect)] {
            let decoded = second.decode(Array((line + "\n").utf8), isLast: true, limit: 8).batch
            #expect(decoded.head.map(\.kind) == [kind])
            if kind == .disconnect { #expect(decoded.string(decoded.names[0].address) == "192.0.2.1") }
        }
    }

    @Test func `report ids must rise also after a snapshot`() throws {
        var reader = DefenderReportReader(feed: FeedID(0))
        var batch = EventBatch()
        for id: Int64 in [7, 8] {
            _ = reader.decode(
                FeedMessage(topic: DefenderReportTests.topic, payload: DefenderReportTests.report(id)), feed: FeedID(0),
                into: &batch)
        }
        var writer = StateCoder()
        try reader.code(learned: &writer)
        var second = DefenderReportReader(feed: FeedID(0))
        var bytes = StateCoder(reading: writer.written)
        try second.code(learned: &bytes)
        try bytes.finish()
        let (line, _) = DefenderReportTests.event(
            &second, FeedMessage(topic: DefenderReportTests.topic, payload: DefenderReportTests.report(8)))
        #expect(line.contains("replayed-report"))
    }

    private func check(_ value: some StateCoded) throws {
        var value = value
        let named = try StateCoder.names(of: &value)
        let rebuilt = type(of: value).rebuilt
        #expect(Set(named).isDisjoint(with: rebuilt), "\(type(of: value))")
        let labels = Mirror(reflecting: value).children.compactMap(\.label)
        #expect(Set(labels) == Set(named + rebuilt), "\(type(of: value))")
    }

    @Test func `every stored property is part of the state or is made anew`() throws {
        try check(MosquittoSessions())
        try check(MosquittoSessions.Session.blank)
        try check(LifecycleClients())
        try check(LifecycleClients.Key.blank)
        try check(RecentValues<String>())
        try check(DevAlertTraces())
        try check(DevAlertTraces.Trace.blank)
        try check(DevAlertPieces())
    }

    @Test func `of more values than are remembered those that were not set for longest give way, and no others`() throws
    {
        var values = RecentValues<String>(limit: 16)
        for number in 0..<16 { values["\(number)"] = "first" }
        values["0"] = "again"
        values["16"] = "one too many"
        #expect(values.count == 14)
        #expect(["1", "2", "3"].allSatisfy { values[$0] == nil } && values["0"] == "again" && values["4"] == "first")
        // The order is part of the state: another process forgets the same ones.
        var writer = StateCoder()
        try values.code(&writer)
        var other = RecentValues<String>(limit: 16)
        var reader = StateCoder(reading: writer.written)
        try other.code(&reader)
        for number in 20..<23 {
            values["\(number)"] = "new"
            other["\(number)"] = "new"
        }
        #expect((0..<23).allSatisfy { values["\($0)"] == other["\($0)"] } && values["4"] == nil && values["0"] != nil)
    }

    @Test func `a fleet that is larger than the memory does not make an event new that just came`() {
        var clients = LifecycleClients(limit: 8)
        let key = LifecycleClients.Key(version: 1, isConnect: true, session: "s")
        for number in 0..<100 {
            #expect(clients.place("c-\(number)", key, at: 1_000) != nil)
            #expect(clients.place("c-\(number)", key, at: 1_000) == nil)
            if number > 0 { #expect(clients.place("c-\(number - 1)", key, at: 1_000) == nil) }
        }
    }

    @Test func `sessions without a name are refused`() throws {
        var first = MosquittoDecoder(feed: FeedID(0))
        let connect = "New client connected from 1.1.1.1:1 as a (p2, c1, k60, u'ua').\n"
        _ = first.decode(Array(connect.utf8), isLast: true, limit: 8)
        var writer = StateCoder()
        try first.code(learned: &writer)
        var refused = 0
        for index in writer.written.indices {
            var bytes = writer.written
            bytes[index] = 0x42
            var second = MosquittoDecoder(feed: FeedID(0))
            var reader = StateCoder(reading: bytes)
            do { try second.code(learned: &reader) } catch { refused += 1 }
        }
        #expect(refused > 0)
    }
}
