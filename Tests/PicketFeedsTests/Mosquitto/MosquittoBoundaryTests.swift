import PicketEvents
import Testing

@testable import PicketFeeds

/// The events do not depend on how the bytes of a log come in, nor on a restart in between.
@Suite struct MosquittoBoundaryTests {
    private static let log = Array(
        (MosquittoSamples.log + ["garbage", "", "Client <unknown> disconnected, not authorised."])
            .joined(separator: "\n").utf8)

    private static func whole() -> MosquittoRendering {
        var rendering = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
        rendering.add(log)
        return rendering
    }

    @Test(arguments: [1, 7, 8_192])
    func anyLimitGivesTheSameEvents(limit: Int) {
        var rendering = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
        rendering.add(Self.log, limit: limit)
        let whole = Self.whole()
        #expect(rendering.events == whole.events)
        #expect(rendering.times == whole.times)
        #expect(rendering.decoder.understood == whole.decoder.understood)
    }

    @Test func aBlockForEveryLineGivesTheSameEvents() {
        var rendering = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
        var start = 0
        while start < Self.log.count {
            let end = Self.log[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? Self.log.count
            rendering.add(Array(Self.log[start..<end]))
            start = end
        }
        #expect(rendering.events == Self.whole().events)
    }

    @Test func lineEndsAndTheOpenLastLine() {
        let text = "Client a disconnected.\nNo will message specified.\nClient b disconnected.\nClient c disc"
        var decoder = MosquittoDecoder(feed: FeedID(3))
        let open = decoder.decode(Array(text.utf8), isLast: false, limit: 8)
        #expect(open.lineEnds == [23, 73])
        #expect(open.consumed == 73)
        #expect(open.batch.head.allSatisfy { $0.feed == FeedID(3) })
        #expect(Array(open.batch.text.prefix(text.utf8.count)) == Array(text.utf8))
        let rest = decoder.decode(Array(text.utf8.dropFirst(73)), isLast: true, limit: 8)
        #expect(rest.consumed == 13)
        #expect(rest.lineEnds == [13])
        #expect(rest.batch.head[0].kind == .rejected)
        #expect(decoder.decode(Array(text.utf8), isLast: true, limit: 0).consumed == 0)
        #expect(decoder.decode([], isLast: true, limit: 8).batch.isEmpty)
    }

    /// At every line: another decoder gets the events so far and the context, and goes on. The port of a session is
    /// not in the events, so the lines of 2.1 about two connections of one client from one address are not compared.
    @Test func aRestartAtAnyLineGivesTheSameEvents() throws {
        let whole = Self.whole().events
        var first = MosquittoDecoder(feed: FeedID(0))
        var events: [String] = []
        var batches: [EventBatch] = []
        var start = 0
        while start < Self.log.count {
            let end = Self.log[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? Self.log.count
            let decoded = first.decode(Array(Self.log[start..<end]), isLast: true, limit: 8)
            start = end
            for row in 0..<decoded.batch.count { events.append(MosquittoRendering.line(decoded.batch, row)) }
            batches.append(decoded.batch)
            var second = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
            for batch in batches { second.decoder.absorb(batch, rows: 0..<batch.count) }
            // A third one takes up what the second has learned, as from a snapshot.
            var third = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
            try copyLearned(of: second.decoder, to: &third.decoder)
            if let context = first.context {
                #expect(context.utf8.count < 8_192)
                second.decoder.restore(context: context)
                third.decoder.restore(context: context)
            }
            second.add(Array(Self.log[end...]))
            third.add(Array(Self.log[end...]))
            #expect(events + second.events == whole)
            #expect(third.events == second.events)
        }
    }

    /// A broker with extended authentication writes the end of an attempt with the client id that was claimed. Whoever
    /// bears it goes on, and a restart must know that as well as the decoder that read every line.
    @Test func absorbedClientsThatActAreConnected() {
        let before = """
            New client connected from 1.1.1.1:1 as a (p5, c1, k60, u'ua').
            Client a disconnected, not authorised.
            Received PUBLISH from a (d0, q0, r0, m0, 't', ... (5 bytes))

            """
        let after = Array("Client a disconnected.\n".utf8)
        var first = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
        let batch = first.decoder.decode(Array(before.utf8), isLast: true, limit: 8).batch
        var second = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
        second.decoder.absorb(batch, rows: 0..<batch.count)
        first.add(after)
        second.add(after)
        #expect(first.events == second.events)
    }

    @Test func absorbTakesItsOwnFeedOnly() {
        var first = MosquittoDecoder(feed: FeedID(1))
        let connect = Array("New client connected from 1.1.1.1:1 as a (p2, c1, k60, u'ua').\n".utf8)
        let batch = first.decode(connect, isLast: true, limit: 8).batch
        var second = MosquittoDecoder(feed: FeedID(2))
        second.absorb(batch, rows: 0..<1)
        #expect(second.sessions.count == 0)
        #expect(second.visibility == [])
    }

    /// The table of clients is bounded; those that left go first, then those that came first.
    @Test func theSessionTableIsBounded() {
        var rendering = MosquittoRendering(
            MosquittoDecoder(feed: FeedID(0), identity: .password, rememberedClients: 100))
        func add(_ text: String) { rendering.add(Array(text.utf8)) }
        add("New client connected from 9.9.9.9:1 as old (p2, c1, k60, u'uold').\n")
        for index in 0..<1_000 {
            add("New client connected from 1.1.\(index % 256).1:1 as a\(index) (p2, c1, k60, u'u\(index)').\n")
            if index < 900 { add("Client a\(index) disconnected.\n") }
            #expect(rendering.decoder.sessions.count <= 100)
        }
        rendering.events = []
        add("Received PUBLISH from a999 (d0, q0, r0, m0, 't', ... (5 bytes))\n")
        add("Received PUBLISH from old (d0, q0, r0, m0, 't', ... (5 bytes))\n")
        #expect(rendering.events[0].contains(#""device":"u999""#))
        #expect(rendering.events[1].contains(#""device":"old""#))
    }

    /// Waiting connections are bounded, and forgotten when the broker has closed them.
    @Test func waitingConnectionsAreBounded() {
        var rendering = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
        for index in 0..<1_000 {
            rendering.add(Array("1000000000: New connection from 1.1.1.1:\(index) on port 1883.\n".utf8))
        }
        #expect(rendering.decoder.accepts.waiting.count == MosquittoAccepts.limit)
        rendering.add(Array("1000000200: New connection from 2.2.2.2:1 on port 1883.\n".utf8))
        #expect(rendering.decoder.accepts.waiting.count == 1)
    }
}
