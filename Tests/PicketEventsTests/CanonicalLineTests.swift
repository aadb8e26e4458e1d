import Foundation
import PicketFeeds
import Testing

@testable import PicketEvents

/// One line of every kind, written out. These bytes are leaves of logs that exist: a change here breaks them.
@Suite("Canonical line")
struct CanonicalLineTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        var kind: EventKind
        var line: String
        var make: @Sendable (inout EventSketch) -> Void
        var testDescription: String { "\(kind.name)" }

        init(_ kind: EventKind, _ line: String, _ make: @escaping @Sendable (inout EventSketch) -> Void) {
            self.kind = kind
            self.line =
                #"{"received":"2026-11-18T11:27:03.120Z","feed":"broker-log","kind":"\#(kind.name)","# + line + "}"
            self.make = make
        }
    }

    static let golden: [Golden] = [
        Golden(
            .connect,
            #""time":"2026-11-18T11:27:03.119Z","device":"t-7","client":"t-7-a","user":"u","identity":"certificate","#
                + #""listener":"8883","tls":{"version":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384"},"#
                + #""certificate":{"serial":"4A0F","subject":"CN=t-7"},"protocol":"MQTT/5","keepalive":60,"clean":true,"#
                + #""session":"1","firmware":"4.1.0","clock":"ahead","unknown":["port","zone"],"address":"10.0.0.1""#
        ) {
            $0.time = 1_795_001_223_119
            ($0.device, $0.client, $0.user, $0.identity) = ("t-7", "t-7-a", "u", .certificate)
            $0.attributes = [
                .listener: .text("8883"), .tls: .json(#"{"version":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384"}"#),
                .certificate: .json(#"{"serial":"4A0F","subject":"CN=t-7"}"#), .protocol: .text("MQTT/5"),
                .keepalive: .integer(60), .clean: .flag, .session: .text("1"), .firmware: .text("4.1.0"),
                .clock: .text("ahead"),
            ]
            $0.unknown = ["port", "zone"]
            $0.address = "10.0.0.1"
        },
        Golden(
            .connectFailed,
            #""device":"t-7","client":"t-7","listener":"8883","protocol":"MQTT/5","reason":"bad-certificate","#
                + #""address":"::1""#
        ) {
            ($0.device, $0.client, $0.reason, $0.address) = ("t-7", "t-7", .badCertificate, "::1")
            $0.attributes = [.listener: .text("8883"), .protocol: .text("MQTT/5")]
        },
        Golden(.disconnect, #""device":"t-7","client":"t-7","reason":"keepalive-timeout","session":"9""#) {
            ($0.device, $0.client, $0.reason) = ("t-7", "t-7", .keepaliveTimeout)
            $0.attributes = [.session: .text("9")]
        },
        Golden(
            .publish,
            #""device":"t-7","client":"c","user":"u","identity":"password","certificate":{"serial":"01"},"#
                + #""topic":"telemetry/t-7/temp","bytes":80,"qos":1,"retain":true,"address":"10.0.0.1""#
        ) {
            ($0.device, $0.client, $0.user, $0.identity) = ("t-7", "c", "u", .password)
            ($0.topic, $0.bytes, $0.qos, $0.retain, $0.address) = ("telemetry/t-7/temp", 80, 1, true, "10.0.0.1")
            $0.attributes = [.certificate: .json(#"{"serial":"01"}"#)]
        },
        // A false flag is left out; a number that is 0, and a text that is empty, are not.
        Golden(.deliver, #""device":"t-7","client":"","topic":"","bytes":0,"qos":0"#) {
            ($0.device, $0.client, $0.topic, $0.bytes, $0.qos) = ("t-7", "", "", 0, 0)
        },
        Golden(.subscribe, #""device":"t-7","client":"t-7","topic":"cmd/#","qos":2,"granted":128"#) {
            ($0.device, $0.client, $0.topic, $0.qos) = ("t-7", "t-7", "cmd/#", 2)
            $0.attributes = [.granted: .integer(128)]
        },
        Golden(.unsubscribe, #""device":"t-7","client":"t-7","topic":"cmd/+""#) {
            ($0.device, $0.client, $0.topic) = ("t-7", "t-7", "cmd/+")
        },
        Golden(.denied, #""device":"t-7","client":"t-7","action":"publish","topic":"$SYS/x""#) {
            ($0.device, $0.client, $0.topic) = ("t-7", "t-7", "$SYS/x")
            $0.attributes = [.action: .text("publish")]
        },
        Golden(.dropped, #""device":"t-7","topic":"a/b","reason":"queue full""#) {
            ($0.device, $0.topic) = ("t-7", "a/b")
            $0.attributes = [.reason: .text("queue full")]
        },
        Golden(
            .report,
            #""device":"t-7","identity":"by-acl","reportId":"1530304554","metrics":{"tc":{"t":1},"l":[1,-2.5e3,true]}"#
        ) {
            ($0.device, $0.identity) = ("t-7", .byACL)
            $0.attributes = [
                .reportId: .text("1530304554"), .metrics: .json(#"{"tc":{"t":1},"l":[1,-2.5e3,true]}"#),
            ]
        },
        Golden(
            .alert,
            #""device":"t-7","alertType":"crash","product":"p","firmware":"4","symptoms":{"code":7},"#
                + #""payload":{"name":"trace","bytes":9,"chunks":1,"location":"s3"}"#
        ) {
            $0.device = "t-7"
            $0.attributes = [
                .alertType: .text("crash"), .product: .text("p"), .firmware: .text("4"),
                .symptoms: .json(#"{"code":7}"#),
                .payload: .json(#"{"name":"trace","bytes":9,"chunks":1,"location":"s3"}"#),
            ]
        },
        Golden(
            .transfer,
            #""device":"t-7","operation":"get","object":"fw.bin","replyTo":"r/1","expires":"5m","keyFingerprint":"ab","#
                + #""decision":"allow""#
        ) {
            $0.device = "t-7"
            $0.attributes = [
                .operation: .text("get"), .object: .text("fw.bin"), .replyTo: .text("r/1"), .expires: .text("5m"),
                .keyFingerprint: .text("ab"), .decision: .text("allow"),
            ]
        },
        Golden(.broker, #""name":"clients/connected","value":12.50"#) {
            $0.attributes = [.name: .text("clients/connected"), .value: .json("12.50")]
        },
        Golden(
            .user,
            #""user":"anna","action":"login","resource":"console","outcome":"failed","agent":"curl","mfa":true,"#
                + #""origin":"vpn""#
        ) {
            $0.user = "anna"
            $0.attributes = [
                .action: .text("login"), .resource: .text("console"), .outcome: .text("failed"), .agent: .text("curl"),
                .mfa: .flag, .origin: .text("vpn"),
            ]
        },
        Golden(.service, #""service":"ingest","level":"error","code":"E7","message":"it \"broke\"\n""#) {
            $0.attributes = [
                .service: .text("ingest"), .level: .text("error"), .code: .text("E7"),
                .message: .text("it \"broke\"\n"),
            ]
        },
        Golden(.rejected, #""reason":"not-json","bytes":4,"sha256":"00ff""#) {
            $0.bytes = 4
            $0.attributes = [.reason: .text("not-json"), .sha256: .text("00ff")]
        },
    ]

    @Test("Every kind that a feed reports has its line, and the line is read back", arguments: golden)
    func lineOfKind(_ golden: Golden) {
        var sketch = EventSketch(golden.kind)
        golden.make(&sketch)
        var batch = EventBatch()
        EventSketch(.publish).append(to: &batch, feed: FeedID(0))
        sketch.append(to: &batch, feed: FeedID(1))
        batch.received[1] = sketch.received
        #expect(batch.line(1, feeds: ["first", "broker-log"]) == golden.line)

        var decoder = NDJSONDecoder(trustedLog: ())
        let read = decoder.decode(Array(golden.line.utf8), isLast: true, limit: 10).batch
        #expect(EventSketch(read, 0) == sketch)
        #expect(read.line(0, feeds: decoder.feeds) == golden.line)
    }

    @Test("The table has every kind")
    func complete() {
        #expect(CanonicalLineTests.golden.map(\.kind) == EventKind.allCases.filter { !$0.isPicketOwn })
    }

    @Test("A time equal to the received one is left out; another one stays, also when it is later")
    func time() {
        var sketch = EventSketch(.tick)
        sketch.kind = .broker
        for (time, expected) in [(sketch.received, ""), (sketch.received + 1, #","time":"2026-11-18T11:27:03.121Z""#)] {
            sketch.time = time
            var batch = EventBatch()
            sketch.append(to: &batch, feed: FeedID(0))
            batch.received[0] = sketch.received
            let head = #"{"received":"2026-11-18T11:27:03.120Z","feed":"f","kind":"broker""#
            #expect(batch.line(0, feeds: ["f"]) == head + expected + "}")
        }
    }

    @Test("A string has one spelling: the short escapes, lower-case \\u00xx for other controls, the rest as it is")
    func strings() {
        func written(_ text: String) -> String {
            var out: [UInt8] = []
            CanonicalJSON.appendString(text, to: &out)
            return String(decoding: out, as: UTF8.self)
        }
        #expect(written("") == #""""#)
        #expect(written(#"a"b\c/d"#) == #""a\"b\\c/d""#)
        #expect(written("\u{8}\u{c}\n\r\t") == #""\b\f\n\r\t""#)
        #expect(written("\u{0}\u{1}\u{b}\u{1b}\u{1f}") == #""\u0000\u0001\u000b\u001b\u001f""#)
        #expect(written("\u{7f}\u{80}é\u{2028}\u{202E}\u{FFFD}😀") == "\"\u{7f}\u{80}é\u{2028}\u{202E}\u{FFFD}😀\"")
    }

    @Test("Integers are written in decimal", arguments: [0, 1, 9, 10, 99, 100, -1, -10, .max, .min])
    func integers(value: Int64) {
        var out = Array("x".utf8)
        CanonicalJSON.append(value, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == "x\(value)")
    }
}
