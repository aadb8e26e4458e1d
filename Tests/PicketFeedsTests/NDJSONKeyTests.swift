import PicketEvents
import Testing

@testable import PicketFeeds

/// What is taken over from a line, and what never is.
@Suite("NDJSON: keys")
struct NDJSONKeyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var keys: String
        var kept: String
        var testDescription: String { "\(kind) \(keys)" }

        init(_ kind: String, _ keys: String, _ kept: String) {
            self.kind = kind
            self.keys = keys
            self.kept = kept
        }
    }

    static let cases: [Case] = [
        // Picket's own words are not taken from a feed.
        Case("connect", #""received":"2026-01-01T00:00:00.000Z","feed":"other","identity":"certificate""#, ""),
        Case("connect", #""received":{"a":[1]},"feed":17,"identity":null"#, ""),
        // Values of unknown keys are not kept, their names are, in their order.
        Case(
            "connect", #""port":5,"password":"secret","a.b:c@d_e-F":{"x":"secret"}"#,
            #""unknown":["port","password","a.b:c@d_e-F"]"#),
        Case("connect", #""unknown":["forged"],"zone":1"#, #""unknown":["zone"]"#),
        Case("connect", #""p\u006frt":5"#, #""unknown":["port"]"#),
        // A name that is long or strange could itself be a secret.
        Case("connect", #""":1,"a b":2,"é":3,"\u0000":4,"x=1":5"#, #""unknown":["?","?","?","?","?"]"#),
        Case(
            "connect", "\"\(String(repeating: "k", count: 48))\":1",
            "\"unknown\":[\"\(String(repeating: "k", count: 48))\"]"),
        Case("connect", "\"\(String(repeating: "k", count: 49))\":1", #""unknown":["?"]"#),
        // Known, but of another kind: as if unknown.
        Case("connect", #""metrics":{"a":1},"decision":"allow""#, #""unknown":["metrics","decision"]"#),
        Case("publish", #""session":"1","zone":1"#, #""unknown":["session","zone"]"#),
        // Counted by Picket's readers only.
        Case("connect", #""connection":"x1","zone":1"#, #""unknown":["connection","zone"]"#),
        // Flags and absent values.
        Case("connect", #""clean":true,"retain":false"#, #""clean":true"#),
        Case("connect", #""clean":0,"device":null,"session":false"#, ""),
        Case("publish", #""retain":1,"qos":0,"bytes":0"#, #""bytes":0,"qos":0,"retain":true"#),
        Case("publish", #""retain":2"#, ""),
        // Numbers where a text is meant are their text.
        Case(
            "connect", #""protocol":5,"session":true,"listener":8883"#,
            #""listener":"8883","protocol":"5","session":"true""#),
        // Of nested values only what may be kept, in canonical form.
        Case(
            "connect", #""tls": { "cipher" : "C" , "version" : "V" , "key" : "secret" } "#,
            #""tls":{"version":"V","cipher":"C"}"#),
        Case("connect", #""tls":{"key":"secret"},"certificate":{}"#, ""),
        Case("connect", #""cert":"4A\u0030F""#, #""certificate":{"serial":"4A0F"}"#),
        Case(
            "connect", #""certificate":{"subject":"CN=\"x\"","serial":1,"pem":"s"}"#,
            #""certificate":{"serial":1,"subject":"CN=\"x\""}"#),
        Case(
            "report", #""metrics":{ "tc" : { "t" : 1.50 } , "l" : [ 1 , "\u0041" , null , true ] , "e" : { } }"#,
            #""metrics":{"tc":{"t":1.50},"l":[1,"A",null,true],"e":{}}"#),
        Case(
            "alert", #""symptoms":{"text":"free words","code":7,"deep":{"t":"x","n":[1,"y"]}}"#,
            #""symptoms":{"code":7,"deep":{"n":[1]}}"#),
        Case(
            "alert", #""payload":{"chunks":2,"name":"n","data":"AAAA","bytes":9}"#,
            #""payload":{"name":"n","bytes":9,"chunks":2}"#),
        Case("broker", #""name":"n","value":-1.5e3"#, #""name":"n","value":-1.5e3"#),
        // What a signed address carries behind its question mark is a key.
        Case("transfer", #""object":"https://h/o?X-Sig=secret""#, #""object":"https://h/o?redacted""#),
        Case("transfer", #""object":"a?b""#, #""object":"a?b""#),
        Case("dropped", #""reason":"Queue_Full""#, #""reason":"Queue_Full""#),
        Case("publish", #""reason":"because""#, ""),
        // Texts are decoded.
        Case("publish", #""topic":"a\/b\u00e9\ud83d\ude00\n""#, #""topic":"a/bé😀\n""#),
        Case("publish", #""topic":"","device":"""#, #""device":"","topic":"""#),
    ]

    @Test("Known keys are taken over, unknown ones by name only", arguments: cases)
    func keys(_ one: Case) {
        let line = #"{"ts":"\#(NDJSON.time)","type":"\#(one.kind)",\#(one.keys)}"#
        #expect(NDJSON.lines(line) == [NDJSON.line(one.kind, one.kept)])
    }

    @Test("No byte of a value that is not kept reaches the record")
    func secrets() {
        for one in NDJSONKeyTests.cases {
            let line = #"{"ts":"\#(NDJSON.time)","type":"\#(one.kind)",\#(one.keys)}"#
            #expect(!NDJSON.lines(line).joined().contains("secret"), "\(line)")
        }
    }

    @Test("What a feed has shown is what its events were")
    func visibility() {
        let needs: [(String, Visibility)] = [
            ("connect", [.connections, .refusals]), ("disconnect", [.connections, .refusals]),
            ("auth_failure", [.connections, .refusals]), ("publish", [.publishes, .denials]), ("deliver", .deliveries),
            ("subscribe", .subscriptions), ("unsubscribe", .subscriptions), ("denied", .denials), ("broker", []),
            ("nonsense", []),
        ]
        for (kind, visibility) in needs {
            var decoder = NDJSONDecoder(feed: FeedID(0))
            let line = #"{"ts":"\#(NDJSON.time)","type":"\#(kind)"}"#
            _ = decoder.decode(Array(line.utf8), isLast: true, limit: 1)
            #expect(decoder.visibility == visibility, "\(kind)")
            // It is not forgotten.
            _ = decoder.decode(Array(#"{"ts":1,"type":"broker"}"#.utf8), isLast: true, limit: 1)
            #expect(decoder.visibility == visibility, "\(kind)")
        }
    }

    @Test("Only a trusted input is believed to be Picket's own")
    func trust() {
        let line =
            #"{"received":"\#(NDJSON.time)","feed":"broker","kind":"connect","device":"d","client":"c","identity":"certificate"}"#
        var trusted = NDJSONDecoder(trustedLog: ())
        let batch = trusted.decode(Array(line.utf8), isLast: true, limit: 1).batch
        #expect(batch.head[0].identity == .certificate)
        #expect(trusted.feeds == ["broker"])
        #expect(trusted.format == .picketLog)
        #expect(Timestamp.format(batch.received[0]) == NDJSON.time)
        var foreign = NDJSONDecoder(feed: FeedID(3))
        let claimed = foreign.decode(Array(line.utf8), isLast: true, limit: 1).batch
        #expect(claimed.head[0].identity == .claimed)
        #expect(claimed.head[0].feed == FeedID(3))
        #expect(!claimed.head[0].flags.contains(.hasTime))
        #expect(foreign.format == .ndjson)
    }

    @Test("A record may be longer than the line it was made from, and is read all the same")
    func longRecord() throws {
        // What the record says beyond the line: when it was received, and which feed said so.
        let client = String(repeating: "c", count: Limits.lineBytes - 70)
        let line = NDJSON.lines(#"{"ts":"\#(NDJSON.time)","type":"connect","client":"\#(client)"}"#)[0]
        try #require(line.utf8.count > Limits.lineBytes)
        var trusted = NDJSONDecoder(trustedLog: ())
        let batch = trusted.decode(Array(line.utf8), isLast: true, limit: 1).batch
        #expect(batch.head[0].kind == .connect)
        let isSame = batch.string(batch.names[0].device) == client
        #expect(isSame)
        // A record that is longer than any can be is a fault, and is not believed.
        let endless = line.replacing(
            client, with: String(repeating: "c", count: Limits.recordBytes), maxReplacements: 1)
        #expect(trusted.decode(Array(endless.utf8), isLast: true, limit: 1).batch.head[0].kind == .rejected)
    }
}
