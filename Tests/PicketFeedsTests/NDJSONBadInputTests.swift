import PicketEvents
import Testing

@testable import PicketFeeds

/// Lines that are no event: each leaves its reason, its length and its hash, and the lines around it are as ever.
@Suite("NDJSON: bad input")
struct NDJSONBadInputTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var reason: RejectionReason
        var line: [UInt8]
        var testDescription: String { "\(reason.rawValue): \(String(decoding: line.prefix(120), as: UTF8.self))" }

        init(_ reason: RejectionReason, _ line: String) { self.init(reason, Array(line.utf8)) }

        init(_ reason: RejectionReason, _ line: [UInt8]) {
            self.reason = reason
            self.line = line
        }

        /// An event that is good but for `keys`.
        static func keys(_ reason: RejectionReason, _ keys: String) -> Bad {
            Bad(reason, #"{"ts":"\#(NDJSON.time)","type":"connect",\#(keys)}"#)
        }

        /// A string with bytes that are not UTF-8, as a value or a key.
        static func bytes(_ bytes: [UInt8], inKey: Bool = false) -> Bad {
            let before =
                inKey ? #"{"ts":1795001223,"type":"connect","k"# : #"{"ts":1795001223,"type":"connect","device":"abc"#
            let after = inKey ? #"":1}"# : #"d"}"#
            return Bad(.notUTF8, Array(before.utf8) + bytes + Array(after.utf8))
        }
    }

    static let syntax: [Bad] = [
        "hello", "{", "}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":1}}", "{\"a\":1} x",
        "{\"a\":1}{\"b\":2}",
        "{'a':1}", "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":01}", "{\"a\":-}", "{\"a\":+1}", "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1.e5}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":0x10}", "{\"a\":-01}", "{\"a\":NaN}", "{\"a\":Infinity}",
        "{\"a\":tru}", "{\"a\":True}", "{\"a\":nul}", "{\"a\":truex}", "{\"a\":undefined}", "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\U0041\"}", "{\"a\":\"\\\"}", "{\"a\":\"tab\there\"}",
        "{\"a\":\"bell\u{7}\"}",
        "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[}", "{\"a\":[1}", "{\"a\":{\"b\":1]}", "{\"a\":{\"b\"}}",
        "// a comment",
        "{\"a\":1 /* b */}", "{\"a\":1}\u{b}", " \u{FEFF}{\"a\":1}", "{\"a\":\u{a0}1}", "\u{1b}[31m{}",
        // Half of a character beyond the first plane.
        "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\ud83d\\ud83d\"}",
        "{\"a\":\"\\ud800x\"}", "{\"\\ud800\":1}",
        // Zero bytes, which the scanner's padding is made of.
        "\u{0}", "{\"a\":\"\u{0}\"}", "{\"a\u{0}\":1}", "{\"a\":\u{0}1}", "{\"a\":1\u{0}}", "{\"a\":1}\u{0}",
        "\u{0}{\"a\":1}",
        String(repeating: "\u{0}", count: 40),
        // Cut off in the middle, but the line has an end.
        "{\"ts\":\"2026-11-18T11:27:03.1", "{\"ts\":1795001223,\"type\":\"connect\",\"dev",
        "{\"ts\":1795001223,\"type\":\"connect\"",
        "{\"ts\":1795001223,\"type\":", "{\"ts\":17", "{\"a\":\"\\", "{\"a\":\"\\u00", "{\"a\":\"\\ud83d\\u",
        "{\"a\":t",
    ].map { Bad(.notJSON, $0) }

    static let notObjects = ["[]", "[{\"kind\":\"connect\"}]", "\"text\"", "17", "-0.5", "null", "true", " [1] "].map {
        Bad(.notObject, $0)
    }

    static let notUTF8: [Bad] = [
        Bad.bytes([0xC3, 0x28]), Bad.bytes([0x80]), Bad.bytes([0xC0, 0x80]), Bad.bytes([0xC1, 0xBF]),
        Bad.bytes([0xE0, 0x9F, 0xBF]),
        Bad.bytes([0xED, 0xA0, 0x80]), Bad.bytes([0xF0, 0x8F, 0xBF, 0xBF]), Bad.bytes([0xF4, 0x90, 0x80, 0x80]),
        Bad.bytes([0xF5, 0x80, 0x80, 0x80]), Bad.bytes([0xFE]), Bad.bytes([0xFF]), Bad.bytes([0xE2, 0x82]),
        Bad.bytes([0xF0, 0x9F, 0x98]),
        Bad.bytes([0xE9], inKey: true), Bad.bytes([0xC3], inKey: true),
        // In a value that is not kept, and inside of one that is nested.
        Bad(.notUTF8, Array("{\"zone\":\"".utf8) + [0xE9] + Array("\"}".utf8)),
        Bad(.notUTF8, Array("{\"zone\":[{\"a\":\"".utf8) + [0xE9] + Array("\"}]}".utf8)),
    ]

    static let events: [Bad] = [
        Bad(.noKind, "{}"), Bad(.noKind, #"{"ts":1795001223}"#), Bad(.noKind, #"{"ts":1795001223,"kind":null}"#),
        Bad(.badValue, #"{"ts":1795001223,"kind":7}"#), Bad(.badValue, #"{"ts":1795001223,"kind":["connect"]}"#),
        Bad(.unknownKind, #"{"ts":1795001223,"kind":""}"#), Bad(.unknownKind, #"{"ts":1795001223,"kind":"Connect"}"#),
        Bad(.unknownKind, #"{"ts":1795001223,"kind":"connect-failed-somehow"}"#),
        Bad(.unknownKind, #"{"ts":1795001223,"kind":"nonsense","type":"connect"}"#),
        Bad(.badTime, #"{"ts":"yesterday","kind":"connect"}"#), Bad(.badTime, #"{"ts":"","kind":"connect"}"#),
        Bad(.badTime, #"{"ts":-1,"kind":"connect"}"#), Bad(.badTime, #"{"ts":"-1","kind":"connect"}"#),
        Bad(.badTime, #"{"ts":"-0001-11-18T11:27:03.120Z","kind":"connect"}"#),
        Bad(.badTime, #"{"ts":true,"kind":"connect"}"#),
        Bad(.badTime, #"{"ts":[1795001223],"kind":"connect"}"#),
        Bad(.badTime, #"{"ts":"2026-02-29T11:27:03.120Z","kind":"connect"}"#),
        Bad(.badTime, #"{"ts":18446744073709551616,"kind":"connect"}"#),
        Bad(.badTime, #"{"ts":1e400,"kind":"connect"}"#),
        Bad(.badTime, #"{"ts":-1795001223.5,"kind":"connect"}"#),
        Bad(.timeOutOfRange, #"{"ts":"9999-12-31T23:59:59.999Z","kind":"connect"}"#),
        Bad(.timeOutOfRange, #"{"ts":"1999-12-31T23:59:59.999Z","kind":"connect"}"#),
        Bad(.timeOutOfRange, #"{"ts":"2100-01-01T00:00:00.000Z","kind":"connect"}"#),
        Bad(.timeOutOfRange, #"{"ts":"0000-01-01T00:00:00.000Z","kind":"connect"}"#),
        Bad(.timeOutOfRange, #"{"ts":0,"kind":"connect"}"#),
        Bad(.timeOutOfRange, #"{"ts":9223372036854775807,"kind":"connect"}"#),
        Bad.keys(.badNumber, #""bytes":-1"#), Bad.keys(.badNumber, #""bytes":9223372036854775808"#),
        Bad.keys(.badNumber, #""bytes":123456789012345678901234567890"#),
        Bad.keys(.badNumber, #""size":-99999999999999999999"#),
        Bad.keys(.badValue, #""bytes":1.5"#), Bad.keys(.badValue, #""bytes":"80""#),
        Bad.keys(.badValue, #""bytes":{}"#),
        Bad.keys(.badNumber, #""qos":3"#), Bad.keys(.badNumber, #""qos":-1"#), Bad.keys(.badValue, #""qos":"1""#),
        Bad.keys(.badNumber, #""keepalive":-1"#), Bad.keys(.badNumber, #""keepalive":18446744073709551616"#),
        Bad.keys(.badValue, #""keepalive":"60""#), Bad.keys(.badValue, #""clean":"true""#),
        Bad.keys(.badValue, #""tls":"1.3""#),
        Bad.keys(.badValue, #""device":7"#), Bad.keys(.badValue, #""client":true"#), Bad.keys(.badValue, #""user":[]"#),
        Bad.keys(.badValue, #""topic":{}"#), Bad.keys(.badValue, #""ip":10"#), Bad.keys(.badValue, #""session":["x"]"#),
        Bad(.badValue, #"{"ts":1795001223,"kind":"dropped","reason":7}"#),
    ]

    static let keys: [Bad] = [
        Bad.keys(.duplicateKey, #""device":"a","device":"a""#), Bad.keys(.duplicateKey, #""ts":1795001223"#),
        Bad.keys(.duplicateKey, #""device":"a","devic\u0065":"b""#),
        Bad.keys(.duplicateKey, #""\u0064evice":"a","device":"b""#),
        Bad.keys(.duplicateKey, #""device":null,"device":"b""#), Bad.keys(.duplicateKey, #""zone":1,"zone":2"#),
        Bad.keys(.duplicateKey, #""zone":1,"zon\u0065":2"#), Bad.keys(.duplicateKey, #""z\u006fne":1,"\u007aone":2"#),
        Bad.keys(.duplicateKey, #""metrics":{"a":1,"a":2}"#),
        Bad.keys(.duplicateKey, #""zone":{"b":[{"a":1,"\u0061":2}]}"#),
        Bad.keys(.duplicateKey, #""received":1,"received":2"#),
        Bad.keys(.tooManyKeys, (0...32).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")),
    ]

    static let reserved: [Bad] =
        EventKind.allCases.filter(\.isReserved).map { Bad(.reservedKind, #"{"ts":1795001223,"kind":"\#($0.name)"}"#) }
        + [
            Bad(.reservedKind, #"{"ts":1795001223,"type":"t\u0069ck"}"#),
            Bad.keys(.reservedKind, #""feed":"picket""#), Bad.keys(.reservedKind, #""feed":"p\u0069cket""#),
        ]

    static let deep: [Bad] = [
        Bad.keys(.tooDeep, #""zone":"# + String(repeating: "[", count: 16) + String(repeating: "]", count: 16)),
        Bad.keys(
            .tooDeep, #""metrics":"# + String(repeating: #"{"a":"#, count: 16) + "1" + String(repeating: "}", count: 16)
        ),
        Bad(.tooDeep, String(repeating: "[", count: 17) + String(repeating: "]", count: 17)),
        Bad(.tooDeep, String(repeating: "[", count: 60_000)),
        Bad(.tooDeep, String(repeating: #"{"a":"#, count: 10_000)),
    ]

    static let all = syntax + notObjects + notUTF8 + events + keys + reserved + deep

    private static let before = #"{"ts":"\#(NDJSON.time)","type":"connect","device":"before","zone":1}"#
    private static let after =
        #"{"ts":"\#(NDJSON.time)","type":"disconnect","device":"after","reason":"client","ip":"::1"}"#

    @Test("A bad line is rejected with its reason, and the lines around it are as ever", arguments: all)
    func rejected(_ bad: Bad) {
        let text =
            Array((NDJSONBadInputTests.before + "\n").utf8) + bad.line + Array(("\n" + NDJSONBadInputTests.after).utf8)
        #expect(
            NDJSON.lines(text) == [
                NDJSON.line("connect", #""device":"before","unknown":["zone"]"#), NDJSON.rejected(bad.reason, bad.line),
                NDJSON.line("disconnect", #""device":"after","reason":"client","address":"::1""#),
            ])
    }

    @Test("Alone and without a line end it is rejected too; what is no JSON is then called cut off", arguments: all)
    func alone(_ bad: Bad) {
        let reason = bad.reason == .notJSON ? RejectionReason.cutOff : bad.reason
        #expect(NDJSON.lines(bad.line) == [NDJSON.rejected(reason, bad.line)])
        // Until it is known that nothing follows, it is only a line that is not here yet.
        var decoder = NDJSONDecoder(feed: FeedID(0))
        let waiting = decoder.decode(bad.line, isLast: false, limit: .max)
        #expect(waiting.batch.count == 0)
        #expect(waiting.consumed == 0)
    }

    @Test("Every reason that a line can have is in the table")
    func complete() {
        let elsewhere: Set<RejectionReason> = [
            .tooLong, .cutOff, .noTime, .timeJump, .notALine, .suppressed,
            // Of other formats.
            .notCBOR, .badReport, .identityMismatch, .unknownDevice, .replayedReport, .impossibleTime,
            .repeatedEvent, .badAlert, .missingPiece,
        ]
        #expect(Set(NDJSONBadInputTests.all.map(\.reason)) == Set(RejectionReason.allCases).subtracting(elsewhere))
    }

    @Test("A line of 64 KiB is read, one byte more is too long", arguments: [0, 1, 40_000])
    func length(beyond: Int) {
        let head = #"{"ts":"\#(NDJSON.time)","type":"connect","zone":""#
        let line = head + String(repeating: "x", count: Limits.lineBytes - head.utf8.count - 2 + beyond) + #""}"#
        let first = beyond == 0 ? NDJSON.line("connect", #""unknown":["zone"]"#) : NDJSON.rejected(.tooLong, line.utf8)
        #expect(NDJSON.lines(line) == [first])
        #expect(NDJSON.lines(line + "\n" + NDJSONBadInputTests.before).count == 2)
        #expect(NDJSON.lines(line + "\n")[0] == first)
        // What is too long is called so, whatever else is wrong with it.
        if beyond > 0 {
            let broken = line.dropLast() + "x"
            #expect(NDJSON.lines(broken + "\n") == [NDJSON.rejected(.tooLong, Array(broken.utf8))])
        }
    }

    @Test("Sixteen levels are read")
    func depth() {
        let line = #"{"ts":"\#(NDJSON.time)","type":"connect","zone":"#
        #expect(
            NDJSON.lines(line + String(repeating: "[", count: 15) + String(repeating: "]", count: 15) + "}")
                == [NDJSON.line("connect", #""unknown":["zone"]"#)])
    }

    @Test("Thirty-two unknown keys are read")
    func unknownKeys() {
        let keys = (1...32).map { #""k\#($0)":{}"# }.joined(separator: ",")
        let names = (1...32).map { #""k\#($0)""# }.joined(separator: ",")
        #expect(
            NDJSON.lines(#"{"ts":"\#(NDJSON.time)","type":"connect",\#(keys)}"#)
                == [NDJSON.line("connect", #""unknown":[\#(names)]"#)])
    }

    @Test("Nothing, blank lines and other line ends")
    func blank() {
        for text in ["", "\n", "\n\n\n", " ", "\t\r\n  \n", "\r\n"] {
            #expect(NDJSON.lines(text) == [], "\(text.debugDescription)")
        }
        let event = #"{"ts":"\#(NDJSON.time)","type":"connect"}"#
        for text in [event, event + "\n", event + "\r\n", "\n \n" + event + " \t\r", "  " + event + "\n\n"] {
            #expect(NDJSON.lines(text) == [NDJSON.line("connect")], "\(text.debugDescription)")
        }
        // A carriage return alone ends no line.
        #expect(NDJSON.lines(event + "\r" + event) == [NDJSON.rejected(.cutOff, Array((event + "\r" + event).utf8))])
    }
}
