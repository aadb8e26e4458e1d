import Testing

@testable import PicketFeeds

/// The many ways of saying the same (DESIGN §4, input spellings).
@Suite("NDJSON: spellings")
struct NDJSONSpellingTests {
    /// The spellings of one key, the strongest first, and what a line looks like when the one at `index` is taken.
    struct Group: Sendable, CustomTestStringConvertible {
        var spellings: [String]
        /// A value, as JSON, that can be told from the others.
        var value: @Sendable (_ index: Int) -> String
        var line: @Sendable (_ index: Int) -> String
        var testDescription: String { spellings.joined(separator: "|") }
    }

    static let kinds = ["publish", "deliver", "subscribe", "denied"]

    static let groups: [Group] = [
        Group(spellings: ["ts", "time", "timestamp", "@timestamp"]) {
            #""2026-11-18T11:27:0\#($0).000Z""#
        } line: {
            #"{"received":"2026-11-18T11:27:0\#($0).000Z","feed":"f","kind":"connect"}"#
        },
        Group(spellings: ["kind", "type", "event", "eventType"]) {
            #""\#(kinds[$0])""#
        } line: {
            NDJSON.line(kinds[$0])
        },
        Group(spellings: ["device", "thingName"]) {
            #""d\#($0)""#
        } line: {
            NDJSON.line("connect", #""device":"d\#($0)""#)
        },
        Group(spellings: ["client", "clientid", "clientId", "client_id"]) {
            #""c\#($0)""#
        } line: {
            NDJSON.line("connect", #""device":"c\#($0)","client":"c\#($0)""#)
        },
        Group(spellings: ["user", "username"]) {
            #""u\#($0)""#
        } line: {
            NDJSON.line("connect", #""user":"u\#($0)""#)
        },
        Group(spellings: ["address", "ip", "sourceIp", "peerhost"]) {
            #""10.0.0.\#($0)""#
        } line: {
            NDJSON.line("connect", #""address":"10.0.0.\#($0)""#)
        },
        Group(spellings: ["bytes", "size", "payload_size"]) {
            "\($0)"
        } line: {
            NDJSON.line("connect", #""bytes":\#($0)"#)
        },
        Group(spellings: ["certificate", "cert"]) {
            #""0\#($0)""#
        } line: {
            NDJSON.line("connect", #""certificate":{"serial":"0\#($0)"}"#)
        },
        Group(spellings: ["protocol", "proto_ver"]) {
            "\($0)"
        } line: {
            NDJSON.line("connect", #""protocol":"\#($0)""#)
        },
        Group(spellings: ["clean", "clean_start", "clean_session"]) {
            $0 == 1 ? "true" : "false"
        } line: {
            NDJSON.line("connect", $0 == 1 ? #""clean":true"# : "")
        },
    ]

    /// What a line must have besides the keys of `group`.
    private static func base(_ group: Group) -> [String] {
        var keys: [String] = []
        if group.spellings[0] != "ts" { keys.append(#""time":"\#(NDJSON.time)""#) }
        if group.spellings[0] != "kind" { keys.append(#""kind":"connect""#) }
        return keys
    }

    @Test("Every spelling is understood, plain and with escapes", arguments: groups)
    func each(_ group: Group) {
        for (index, spelling) in group.spellings.enumerated() {
            let hex = String(spelling.utf8.first ?? 0, radix: 16)
            for key in [spelling, "\\u00\(hex)" + spelling.dropFirst()] {
                let line =
                    "{"
                    + (NDJSONSpellingTests.base(group) + [#""\#(key)":\#(group.value(index))"#]).joined(separator: ",")
                    + "}"
                #expect(NDJSON.lines(line) == [group.line(index)], "\(line)")
            }
        }
    }

    @Test("Of several spellings the first of the list wins, wherever it stands; null is no value", arguments: groups)
    func precedence(_ group: Group) {
        let count = group.spellings.count
        for winner in 0..<count {
            for rotation in 0..<count {
                var members = group.spellings.enumerated().filter { $0.offset >= winner }.map { index, spelling in
                    #""\#(spelling)":\#(group.value(index))"#
                }
                members += group.spellings.prefix(winner).map { #""\#($0)":null"# }
                let rotated = Array(members[rotation...] + members[..<rotation])
                let line = "{" + (rotated + NDJSONSpellingTests.base(group)).joined(separator: " , ") + "}"
                #expect(NDJSON.lines(line) == [group.line(winner)], "\(line)")
            }
        }
    }

    @Test("A line with only a client has it as device; a device that is named stays")
    func device() {
        let head = #"{"time":"\#(NDJSON.time)","kind":"connect","#
        #expect(NDJSON.lines(head + #""client":"c"}"#) == [NDJSON.line("connect", #""device":"c","client":"c""#)])
        #expect(
            NDJSON.lines(head + #""client":"c","device":"d"}"#) == [
                NDJSON.line("connect", #""device":"d","client":"c""#)
            ])
        #expect(NDJSON.lines(head + #""user":"u"}"#) == [NDJSON.line("connect", #""user":"u""#)])
    }

    @Test(
        "Kinds have a few spellings of their own",
        arguments: [
            ("connected", "connect", ""), ("disconnected", "disconnect", #""reason":"unknown""#),
            ("connect_failed", "connect-failed", #""reason":"unknown""#),
            ("auth_failure", "connect-failed", #""reason":"not-authorized""#),
            ("auth-failure", "connect-failed", #""reason":"not-authorized""#),
            ("\\u0061uth\\u005ffailure", "connect-failed", #""reason":"not-authorized""#),
        ])
    func spelledKind(spelled: String, kind: String, rest: String) {
        #expect(NDJSON.lines(#"{"type":"\#(spelled)","ts":"\#(NDJSON.time)"}"#) == [NDJSON.line(kind, rest)])
    }

    struct ReasonCase: Sendable, CustomTestStringConvertible {
        var kind: String
        /// As JSON; nil for none.
        var written: String?
        var reason: String
        var testDescription: String { "\(kind): \(written ?? "none")" }

        init(_ kind: String, _ written: String?, _ reason: String) {
            self.kind = kind
            self.written = written
            self.reason = reason
        }
    }

    static let reasons: [ReasonCase] = [
        ReasonCase("disconnect", nil, "unknown"),
        ReasonCase("disconnect", #""client""#, "client"),
        ReasonCase("disconnect", #""client_initiated""#, "unknown"),
        ReasonCase("disconnect", #""keepalive_timeout""#, "keepalive-timeout"),
        ReasonCase("disconnect", #""KeepAlive-Timeout""#, "keepalive-timeout"),
        ReasonCase("disconnect", #""connection_lost""#, "connection-lost"),
        ReasonCase("disconnect", #""not_authorised""#, "not-authorized"),
        ReasonCase("disconnect", #""NOT_AUTHORISED""#, "not-authorized"),
        ReasonCase("disconnect", #""not\u005fauthorized""#, "not-authorized"),
        ReasonCase("disconnect", #""protocol_error""#, "protocol-error"),
        ReasonCase("disconnect", #""banned""#, "unknown"),
        ReasonCase("disconnect", #"" client""#, "unknown"),
        ReasonCase("disconnect", #""""#, "unknown"),
        ReasonCase("disconnect", "7", "unknown"),
        ReasonCase("disconnect", "null", "unknown"),
        ReasonCase("disconnect", #"{"code":1}"#, "unknown"),
        ReasonCase("connect-failed", nil, "unknown"),
        ReasonCase("connect-failed", #""wrong password""#, "unknown"),
        ReasonCase("connect-failed", #""Bad_Client_Id""#, "bad-client-id"),
        ReasonCase("connect-failed", #""not_authorised""#, "not-authorized"),
        // Listed for a disconnect only.
        ReasonCase("connect-failed", #""takeover""#, "unknown"),
        ReasonCase("auth_failure", nil, "not-authorized"),
        ReasonCase("auth_failure", #""not_authorised""#, "not-authorized"),
        ReasonCase("auth_failure", #""takeover""#, "not-authorized"),
        ReasonCase("auth_failure", #""wrong password""#, "not-authorized"),
        ReasonCase("auth_failure", #""BANNED""#, "banned"),
        ReasonCase("auth_failure", #""unknown""#, "unknown"),
        ReasonCase("auth_failure", #""bad_certificate""#, "bad-certificate"),
    ]

    @Test("Reasons are compared in lower case, _ as -, -ise as -ize; a listed one stands", arguments: reasons)
    func spelledReason(_ one: ReasonCase) {
        let reason = one.written.map { #","reason":\#($0)"# } ?? ""
        let kind = one.kind == "auth_failure" ? "connect-failed" : one.kind
        #expect(
            NDJSON.lines(#"{"ts":"\#(NDJSON.time)","type":"\#(one.kind)"\#(reason)}"#)
                == [NDJSON.line(kind, #""reason":"\#(one.reason)""#)])
    }

    static let times: [(String, String)] = [
        ("1795001223", "2026-11-18T11:27:03.000Z"), ("1795001223120", "2026-11-18T11:27:03.120Z"),
        ("1795001223120999", "2026-11-18T11:27:03.120Z"), ("1795001223120999999", "2026-11-18T11:27:03.120Z"),
        ("1795001223.12", "2026-11-18T11:27:03.120Z"), ("1.79500122312e9", "2026-11-18T11:27:03.120Z"),
        (#""2026-11-18T12:27:03.12+0100""#, "2026-11-18T11:27:03.120Z"),
        (#""2026-11-18\u002011:27:03\u002c12Z""#, "2026-11-18T11:27:03.120Z"),
        (#""2000-01-01T00:00:00.000Z""#, "2000-01-01T00:00:00.000Z"),
        (#""2099-12-31T23:59:59.999Z""#, "2099-12-31T23:59:59.999Z"),
    ]

    @Test("A time is RFC 3339, or a number of seconds, milli-, micro- or nanoseconds", arguments: times)
    func spelledTime(written: String, time: String) {
        #expect(
            NDJSON.lines(#"{"ts":\#(written),"type":"connect"}"#)
                == [#"{"received":"\#(time)","feed":"f","kind":"connect"}"#])
    }
}
