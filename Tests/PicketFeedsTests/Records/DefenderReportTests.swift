import PicketEvents
import Testing

@testable import PicketFeeds

/// Metrics reports of devices: what AWS's agent really sends, what breaks the specification, and who may say it.
@Suite struct DefenderReportTests {
    static let long =
        #"{"header":{"report_id":1700000000,"version":"1.0"},"metrics":{"network_stats":{"bytes_in":10,"bytes_out":30,"packets_in":2,"packets_out":4},"tcp_connections":{"established_connections":{"connections":[{"remote_addr":"10.0.0.1:443","local_interface":"eth0","local_port":50000},{"remote_addr":"2001:db8::1:443","local_interface":null,"local_port":50001}],"total":2}},"listening_tcp_ports":{"ports":[{"port":22,"interface":"eth0"},{"port":80}],"total":2},"listening_udp_ports":{"ports":[{"port":53}],"total":1}},"custom_metrics":{"cpu_usage":[{"number":12.5}]}}"#
    static let short =
        #"{"hed":{"rid":1700000000,"v":"1.0"},"met":{"ns":{"bi":10,"bo":30,"pi":2,"po":4},"tc":{"ec":{"cs":[{"rad":"10.0.0.1:443","li":"eth0","lp":50000}],"t":1}},"tp":{"pts":[{"port":22,"interface":"eth0"},{"port":80}],"t":2},"up":{"pts":[{"port":53}],"t":1}},"cmet":{"cpu_usage":[{"number":12.5}]}}"#
    /// The short report in CBOR, as the agent encodes it.
    static let cbor =
        "a363686564a2637269641a6553f100617663312e30636d6574a4626e73a46262690a62626f181e6270690262706f04627463a1626563a262637381a3637261646c31302e302e302e313a343433626c696465746830626c7019c350617401627470a26370747382a264706f72741669696e746572666163656465746830a164706f72741850617402627570a26370747381a164706f7274183561740164636d6574a1696370755f757361676581a1666e756d626572fb4029000000000000"
    static let topic = "$aws/things/Thing-1/defender/metrics/json"

    static func event(
        _ reader: inout DefenderReportReader, _ message: FeedMessage
    ) -> (line: String, answer: MessageAnswer?) {
        var batch = EventBatch()
        let answer = reader.decode(message, feed: FeedID(0), into: &batch)
        batch.sealTimes()
        #expect(batch.count == 1)
        let line = NDJSON.lines(batch)[0]
        return (line.replacing(#"{"received":"1970-01-01T00:00:00.000Z","feed":"f","#, with: "{"), answer)
    }

    static func report(_ id: Int64, bytes: Int64 = 10) -> [UInt8] {
        Array(
            (#"{"header":{"report_id":\#(id),"version":"1.0"},"metrics":{"network_stats":"#
                + #"{"bytes_in":\#(bytes),"bytes_out":\#(bytes),"packets_in":\#(bytes),"packets_out":\#(bytes)}}}"#)
                .utf8)
    }

    @Test func aLongReportBecomesItsMetrics() {
        var reader = DefenderReportReader(feed: FeedID(0))
        let (line, answer) = DefenderReportTests.event(
            &reader,
            FeedMessage(
                topic: DefenderReportTests.topic, payload: Array(DefenderReportTests.long.utf8),
                received: 1_700_000_001_000))
        #expect(
            line
                == #"{"kind":"report","device":"Thing-1","reportId":"1700000000","metrics":{"all-bytes-in":10,"all-bytes-out":30,"all-packets-in":2,"all-packets-out":4,"cpu_usage":12.5,"destination-ip-addresses":["10.0.0.1","2001:db8::1"],"listening-tcp-ports":[22,80],"listening-udp-ports":[53],"num-established-tcp-connections":2,"num-listening-tcp-ports":2,"num-listening-udp-ports":1}}"#
        )
        #expect(answer?.isAccepted == true)
        #expect(answer?.topic == "$aws/things/Thing-1/defender/metrics/json/accepted")
        #expect(
            answer.map { String(decoding: $0.payload, as: UTF8.self) }
                == #"{"reportId":1700000000,"status":"ACCEPTED","thingName":"Thing-1","timestamp":1700000001000}"#)
    }

    @Test func shortNamesAndCBORSayTheSame() throws {
        var lines: [String] = []
        let bytes = try #require(Encoded.hex(DefenderReportTests.cbor))
        for (topic, payload) in [
            (DefenderReportTests.topic, Array(DefenderReportTests.short.utf8)),
            ("$aws/things/Thing-1/defender/metrics/cbor", bytes),
        ] {
            var reader = DefenderReportReader(feed: FeedID(0))
            let (line, answer) = DefenderReportTests.event(&reader, FeedMessage(topic: topic, payload: payload))
            lines.append(line)
            #expect(answer?.isAccepted == true)
            if topic.hasSuffix("cbor"), let answer {
                let value = try CBORReading.value(answer.payload)
                #expect(value.object?["status"]?.text == "ACCEPTED")
            }
        }
        #expect(lines[0].contains(#""listening-tcp-ports":[22,80]"#))
        #expect(lines[0].contains(#""cpu_usage":12.5"#))
        #expect(lines[0] == lines[1])
    }

    @Test(arguments: [
        ("{", "not-json"), ("[]", "not-an-object"), ("{}", "invalid-report"),
        (#"{"header":{"report_id":1,"version":"1.0"}}"#, "invalid-report"),
        (#"{"header":{"report_id":1,"version":"1"},"metrics":{}}"#, "invalid-report"),
        (#"{"header":{"report_id":-1,"version":"1.0"},"metrics":{}}"#, "invalid-report"),
        (#"{"header":{"report_id":1,"report_id":2,"version":"1.0"},"metrics":{}}"#, "duplicate-key"),
        (#"{"header":{"report_id":1,"version":"1.0"},"custom_metrics":{"c":{"number":0}}}"#, "invalid-report"),
        (#"{"header":{"report_id":1,"version":"1.0"},"metrics":{"ns":{"bi":-1}}}"#, "invalid-report"),
        (#"{"header":{"report_id":1,"version":"1.0"},"metrics":{"tp":{"pts":[{"pt":0}]}}}"#, "invalid-report"),
        (
            #"{"header":{"report_id":1,"version":"1.0"},"metrics":{"tp":{"pts":[{"pt":1},{"pt":2}],"t":1}}}"#,
            "invalid-report"
        ),
        (
            #"{"header":{"report_id":1,"version":"1.0"},"metrics":{"tc":{"ec":{"cs":[{"rad":"nowhere"}]}}}}"#,
            "invalid-report"
        ),
        (#"{"header":{"report_id":99999999999,"version":"1.0"},"metrics":{}}"#, "impossible-time"),
    ])
    func whatBreaksTheSpecificationIsRejectedWithItsReason(payload: String, reason: String) {
        var reader = DefenderReportReader(feed: FeedID(0))
        let (line, answer) = DefenderReportTests.event(
            &reader,
            FeedMessage(topic: DefenderReportTests.topic, payload: Array(payload.utf8), received: 1_700_000_000_000))
        #expect(line.hasPrefix(#"{"kind":"rejected","reason":"\#(reason)","bytes":\#(payload.utf8.count),"#), "\(line)")
        #expect(answer?.isAccepted == false)
        #expect(answer?.topic.hasSuffix("/rejected") == true)
        #expect(answer.map { String(decoding: $0.payload, as: UTF8.self).contains("ErrorCode") } == true)
    }

    @Test func nobodyReportsForAnother() {
        var reader = DefenderReportReader(feed: FeedID(0))
        var message = FeedMessage(
            topic: "$aws/things/Thing-2/defender/metrics/json", payload: DefenderReportTests.report(5),
            publisher: .init(device: "Thing-1", identity: .certificate))
        let (line, answer) = DefenderReportTests.event(&reader, message)
        #expect(line.hasPrefix(#"{"kind":"rejected","reason":"identity-mismatch""#))
        #expect(!line.contains("Thing-2"))
        #expect(answer?.isAccepted == false)
        // The true owner's report with the same id still counts: a forger spoils nothing.
        message.publisher = .init(device: "Thing-2", identity: .certificate)
        let own = DefenderReportTests.event(&reader, message)
        #expect(own.line.hasPrefix(#"{"kind":"report","device":"Thing-2","identity":"certificate""#), "\(own.line)")
    }

    @Test func idsMustRiseAlsoAfterARestart() {
        var reader = DefenderReportReader(feed: FeedID(0))
        var batch = EventBatch()
        for id: Int64 in [7, 7, 6, 8] {
            _ = reader.decode(
                FeedMessage(topic: DefenderReportTests.topic, payload: DefenderReportTests.report(id)), feed: FeedID(0),
                into: &batch)
        }
        #expect(batch.head.map(\.kind) == [.report, .rejected, .rejected, .report])
        var restarted = DefenderReportReader(feed: FeedID(0))
        restarted.absorb(batch, rows: 0..<batch.count)
        let (line, _) = DefenderReportTests.event(
            &restarted, FeedMessage(topic: DefenderReportTests.topic, payload: DefenderReportTests.report(8)))
        #expect(line.contains("replayed-report"))
    }

    @Test func aFleetThatDoesNotKnowTheThingRejectsIt() {
        var options = DefenderReportReader.Options()
        options.isKnown = { $0 == "Thing-1" }
        var reader = DefenderReportReader(feed: FeedID(0), options: options)
        let stranger = DefenderReportTests.event(
            &reader, FeedMessage(topic: "$aws/things/x/defender/metrics/json", payload: DefenderReportTests.report(1)))
        #expect(stranger.line.contains("unknown-device"))
        let known = DefenderReportTests.event(
            &reader, FeedMessage(topic: DefenderReportTests.topic, payload: DefenderReportTests.report(1)))
        #expect(known.line.contains(#""kind":"report""#))
    }

    @Test func countersAndSamplesAreNoticed() {
        var reader = DefenderReportReader(feed: FeedID(0))
        var last = ""
        for id: Int64 in 1...8 {
            let message = FeedMessage(
                topic: DefenderReportTests.topic, payload: DefenderReportTests.report(id, bytes: id * 100))
            last = DefenderReportTests.event(&reader, message).line
            #expect(last.contains(#""notes":["counters"]"#) == (id > DefenderReportReader.risesOfCounter), "\(id)")
        }
        var options = DefenderReportReader.Options()
        options.countsUp = true
        var counting = DefenderReportReader(feed: FeedID(0), options: options)
        let lines = [100, 250, 40].enumerated().map { index, bytes in
            DefenderReportTests.event(
                &counting,
                FeedMessage(
                    topic: DefenderReportTests.topic,
                    payload: DefenderReportTests.report(Int64(index + 1), bytes: Int64(bytes)))
            ).line
        }
        #expect(!lines[0].contains("all-bytes-in"))
        #expect(lines[1].contains(#""all-bytes-in":150"#))
        #expect(!lines[2].contains("all-bytes-in"), "the device began to count anew")
        let sampled =
            #"{"hed":{"rid":99,"v":"1.0"},"met":{"tp":{"pts":[{"pt":22}],"t":60}}}"#
        #expect(
            DefenderReportTests.event(
                &reader, FeedMessage(topic: DefenderReportTests.topic, payload: Array(sampled.utf8))
            ).line.contains(#""num-listening-tcp-ports":60},"notes":["sampled"]"#))
    }

    @Test func aRecordingOfMessagesIsAFeed() {
        let line =
            #"{"tst":"2026-11-21T05:03:10.505924+0000","topic":"$aws/things/a/defender/metrics/json","qos":0,"retain":0,"payload":\#(DefenderReportTests.short)}"#
        var decoder = FeedFormat.defenderReport.decoder(feed: FeedID(0), options: FeedOptions())
        let decoded = decoder.decode(Array((line + "\n\nno json\n").utf8), isLast: true, limit: 10)
        #expect(decoded.batch.head.map(\.kind) == [.report, .rejected])
        #expect(Timestamp.format(decoded.batch.time[0]) == "2026-11-21T05:03:10.505Z")
        #expect(decoder.visibility == .reports)
    }

    @Test(
        "The times of mosquitto_sub 2.0.11, which writes a Z before the zone that holds, are read as they are meant",
        arguments: [
            ("2026-11-21T05:03:10.505924Z+0000", "2026-11-21T05:03:10.505Z"),
            ("2026-11-21T05:03:10.505924Z+0100", "2026-11-21T04:03:10.505Z"),
            ("2026-11-21T05:03:10.505924Z-0530", "2026-11-21T10:33:10.505Z"),
            ("2026-11-21T05:03:10.505924Z", "2026-11-21T05:03:10.505Z"),
        ])
    func timesOfMosquitto(written: String, meant: String) {
        let line =
            #"{"tst":"\#(written)","topic":"$aws/things/a/defender/metrics/json","payload":\#(DefenderReportTests.short)}"#
        var decoder = FeedFormat.defenderReport.decoder(feed: FeedID(0), options: FeedOptions())
        let decoded = decoder.decode(Array((line + "\n").utf8), isLast: true, limit: 10)
        #expect(decoded.batch.head.map(\.kind) == [.report])
        #expect(Timestamp.format(decoded.batch.time[0]) == meant)
    }
}
