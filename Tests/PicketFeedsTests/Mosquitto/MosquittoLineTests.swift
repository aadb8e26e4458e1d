import PicketEvents
import PicketFeeds
import Testing

/// What each class of line becomes.
@Suite struct MosquittoLineTests {
    @Test(arguments: [MosquittoSamples.version20, MosquittoSamples.version21])
    func everyLineMakesItsEvent(sample: String) {
        for group in MosquittoSamples.groups(sample) {
            var rendering = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
            for (line, event) in group {
                rendering.events = []
                rendering.add(Array((line + "\n").utf8))
                #expect(rendering.events == [event].compactMap(\.self), "\(line)")
            }
            #expect(rendering.decoder.notUnderstood == 0)
        }
    }

    /// A live feed that restarts skips as many events as the log holds already: what was read before must not count.
    @Test func theNumberOfEventsDependsOnTheLineAlone() {
        var trained = MosquittoDecoder(feed: FeedID(0))
        for line in MosquittoSamples.log + MosquittoSamples.log {
            let bytes = Array((line + "\n").utf8)
            var fresh = MosquittoDecoder(feed: FeedID(0))
            let expected = MosquittoDecoder.classify(bytes.dropLast())?.makesEvent ?? true
            let one = fresh.decode(bytes, isLast: true, limit: 8).batch.count
            let other = trained.decode(bytes, isLast: true, limit: 8).batch.count
            #expect(one == (expected ? 1 : 0), "\(line)")
            #expect(other == one, "\(line)")
        }
    }

    @Test func identityFollowsTheRule() {
        let log = """
            New client connected from 10.0.0.1:1 as cid (p2, c1, k60, u'dev-1').
            Received PUBLISH from cid (d0, q0, r0, m0, 'a', ... (1 bytes))
            """
        #expect(
            MosquittoRendering(log, identity: .certificate).events[1].hasPrefix(
                #"{"kind":"publish","device":"dev-1","client":"cid","user":"dev-1","identity":"certificate","#))
        #expect(
            MosquittoRendering(log, identity: .clientID).events[1].hasPrefix(
                #"{"kind":"publish","device":"cid","client":"cid","user":"dev-1","topic":"#))
    }

    @Test(arguments: [
        ("2026-11-21T05:07:32+0000: ", "2026-11-21T05:07:32.000Z"),
        ("2026-11-21T05:07:32+0530: ", "2026-11-20T23:37:32.000Z"),
        ("2026-11-21T05:07:32Z: ", "2026-11-21T05:07:32.000Z"),
        ("2026-11-21T05:07:32: ", "2026-11-21T05:07:32.000Z"),
        ("2026-11-21 05:07:32.250-01:00: ", "2026-11-21T06:07:32.250Z"),
        ("1659964248: ", "2022-08-08T13:10:48.000Z"),
        ("", nil),
    ])
    func timesAreRead(stamp: String, expected: String?) {
        let rendering = MosquittoRendering("\(stamp)Client a disconnected.\n\(stamp)Client b disconnected.\r\n")
        #expect(rendering.times.map { $0.map(Timestamp.format) } == [expected, expected])
        #expect(rendering.events.last?.contains(#""client":"b""#) == true)
    }

    @Test func unreadableTimesAreRejected() {
        let rendering = MosquittoRendering(
            """
            2026-13-21T05:07:32+0000: Client a disconnected.
            0: Client a disconnected.
            99999999999999999999999: Client a disconnected.
            2026-13-21T05:07:32+0000: No will message specified.
            """)
        #expect(
            rendering.events.map { $0.split(separator: #"""#)[7] } == [
                "unreadable-time", "time-out-of-range", "time-out-of-range",
            ])
    }

    @Test func whatIsNoLineIsRejected() {
        var rendering = MosquittoRendering("hello\n\n\r\n1659964248: \nthe quick brown fox\n")
        #expect(
            rendering.events == [
                #"{"kind":"rejected","reason":"not-understood","bytes":5,"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}"#,
                #"{"kind":"rejected","reason":"not-understood","bytes":12,"sha256":"17c4aa8ce2d47f38f77d8b98487a13f189f66a9048feabcd4bfa866f8070117e"}"#,
                #"{"kind":"rejected","reason":"not-understood","bytes":19,"sha256":"9ecb36561341d18eb65484e833efea61edc74b84cf5e6ae1b81c63533e25fc8f"}"#,
            ])
        #expect(rendering.decoder.notUnderstood == 3)
        rendering.events = []
        rendering.add([0x43, 0xFF, 0x0A] + Array(repeating: 0x61, count: Limits.lineBytes + 1) + [0x0A])
        #expect(rendering.events.map { $0.split(separator: #"""#)[7] } == ["not-utf8", "too-long"])
    }

    @Test func visibilityGrowsWithWhatIsSeen() {
        var rendering = MosquittoRendering("1659964248: mosquitto version 2.0.11 starting\n")
        #expect(rendering.decoder.visibility == [])
        rendering.add(Array("New connection from 1.1.1.1:1 on port 1883.\n".utf8))
        #expect(rendering.decoder.visibility == [.connections, .refusals])
        rendering.add(Array("Received PINGREQ from a\n".utf8))
        #expect(rendering.decoder.visibility.isSuperset(of: [.publishes, .deliveries, .denials, .subscriptions]))
        // log_type debug without subscribe: the answer comes, and the line that makes the event does not.
        rendering.add(Array("Received SUBSCRIBE from a\n\ta/b (QoS 0)\nSending SUBACK to a\n".utf8))
        #expect(!rendering.decoder.visibility.contains(.subscriptions))
        rendering.add(Array("Received SUBSCRIBE from a\n\ta/b (QoS 0)\na 0 a/b\nSending SUBACK to a\n".utf8))
        #expect(rendering.decoder.visibility.contains(.subscriptions))
    }

    @Test func recognisesItsFormat() {
        for sample in [MosquittoSamples.version20, MosquittoSamples.version21] {
            let lines = MosquittoSamples.groups(sample).flatMap { $0.map(\.line) }
            #expect(MosquittoDecoder.recognises(Array(lines.joined(separator: "\n").utf8)))
        }
        #expect(MosquittoDecoder.recognises(Array("1659964248: mosquitto version 2.0.14 starting\n16599642".utf8)))
        #expect(!MosquittoDecoder.recognises(Array(#"{"kind":"publish","device":"a"}"#.utf8)))
        #expect(!MosquittoDecoder.recognises(Array("time,device,topic\n1,a,b/c\n2,a,b/c\n".utf8)))
        #expect(!MosquittoDecoder.recognises([]))
        #expect(!MosquittoDecoder.recognises([0x1F, 0x8B, 0x08, 0x00]))
    }
}
