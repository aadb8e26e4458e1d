import Foundation
import PicketService
import Testing

/// The HTTP interface of the real program, asked as anybody asks: with curl, and with its page's own paths.
@Suite("HTTP", .enabled(if: Curl.path != nil, "needs curl"), .waits)
struct HTTPTests {
    private static let token = "0123456789abcdef0123"
    /// That of further feeds.
    private static let other = "fedcba9876543210fedc"

    /// A running Picket with one feed that is posted to, and its address.
    ///
    /// - Parameter more: lines for further feeds.
    private static func start(_ more: String = "") throws -> (site: RunSite, program: ProductProgram, url: String) {
        let site = try RunSite()
        try site.folder.write("token", token + "\n")
        try site.folder.write("other", other + "\n")
        for _ in 0..<20 {
            let port = Int.random(in: 20_000..<60_000)
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                profiles: [profile.yaml]
                listen: 127.0.0.1:\(port)
                feeds:
                  - { name: posted, http: /ingest/posted, token: { file: token } }

                """ + more)
            let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: site.folder)
            let url = "http://127.0.0.1:\(port)/"
            if program.waits(until: { program.wordsText.contains(url) }) { return (site, program, url) }
        }
        throw CancellationError()
    }

    /// Asks; gives the status and the body.
    private static func ask(_ site: RunSite, _ arguments: [String]) throws -> (status: String, body: String) {
        let result = try ProductProgram.run(
            ["-s", "-S", "--max-time", "30", "-w", "\n%{http_code}"] + arguments, executable: Curl.path ?? "curl",
            in: site.folder)
        let text = String(decoding: result.output, as: UTF8.self)
        let cut = text.lastIndex(of: "\n") ?? text.startIndex
        return (String(text[cut...].dropFirst()), String(text[..<cut]))
    }

    private static func post(_ site: RunSite, _ url: String, _ body: String, _ more: [String] = []) throws -> (
        status: String, body: String
    ) {
        try site.folder.write("body", body)
        return try ask(
            site,
            ["-X", "POST", "-H", "Authorization: Bearer \(token)", "--data-binary", "@body"] + more
                + [url + "ingest/posted"])
    }

    @Test("What is answered with 200 is in the log, also after a kill in the same moment")
    func durable() async throws {
        try await onThread {
            let (site, program, url) = try HTTPTests.start()
            let one = #"{"kind":"publish","device":"a","topic":"t/1"}"#
            let array =
                #"[{"kind":"publish","device":"a","topic":"t/2"}, {"kind":"publish","# + "\n"
                + #""device":"a,]}","topic":"t/3"}]"#
            let lines = #"{"kind":"publish","device":"a","topic":"t/4"}"# + "\nnonsense\n" + #"{"kind":"gap"}"#
            for (body, answer) in [
                (one, #"{"accepted":1,"rejected":0}"#), (array, #"{"accepted":2,"rejected":0}"#),
                (lines, #"{"accepted":1,"rejected":2}"#), ("", #"{"accepted":0,"rejected":0}"#),
            ] {
                let found = try HTTPTests.post(site, url, body)
                #expect(found.status == "200")
                #expect(found.body == answer + "\n")
            }
            program.signal(SIGKILL)
            _ = program.wait()
            #expect(try site.topics() == ["t/1", "t/2", "t/3", "t/4"])
            #expect(try site.records().filter { $0["kind"] as? String == "rejected" }.count == 2)
        }
    }

    @Test("Who may not post, and what is too much")
    func refused() async throws {
        try await onThread {
            let (site, program, url) = try HTTPTests.start()
            try site.folder.write("body", #"{"kind":"publish","device":"a","topic":"t"}"#)
            let post = ["-X", "POST", "--data-binary", "@body"]
            let bearer = ["-H", "Authorization: Bearer \(HTTPTests.token)"]
            let ingest = url + "ingest/posted"
            #expect(try HTTPTests.ask(site, post + [ingest]).status == "401")
            #expect(try HTTPTests.ask(site, post + ["-H", "Authorization: Bearer wrong", ingest]).status == "401")
            #expect(try HTTPTests.ask(site, post + bearer + [url + "ingest/other"]).status == "404")
            #expect(try HTTPTests.ask(site, post + bearer + ["-H", "Content-Encoding: br", ingest]).status == "415")
            #expect(try HTTPTests.ask(site, post + bearer + ["-H", "Content-Encoding: gzip", ingest]).status == "400")
            #expect(try HTTPTests.ask(site, post + bearer + ["-H", "Host: rebound.example", ingest]).status == "421")
            #expect(try HTTPTests.ask(site, ["-H", "Host: rebound.example", url + "api/violations"]).status == "421")
            try site.folder.write("body", String(repeating: "x", count: 9 << 20))
            #expect(try HTTPTests.ask(site, post + bearer + ["-H", "Expect:", ingest]).status == "413")
            stop(program)
            #expect(try site.topics().isEmpty)
            #expect(!program.wordsText.contains(HTTPTests.token))
        }
    }

    @Test("A token opens its own feed only, gzip is unpacked, and each feed reads its own format")
    func feeds() async throws {
        try await onThread {
            let (site, program, url) = try HTTPTests.start(
                "  - { name: life, http: /ingest/life, format: aws-iot-lifecycle, token: { file: other } }\n"
                    + "  - { name: table, http: /ingest/table, format: csv, token: { file: other } }\n")
            defer { stop(program) }
            func send(_ feed: String, _ token: String, _ body: String, gzip: Bool = false) throws -> (
                status: String, body: String
            ) {
                try site.folder.write("body", body)
                var more = ["-H", "Authorization: Bearer \(token)", "--data-binary", "@body"]
                if gzip {
                    _ = try ProductProgram.run(["-kf", "body"], executable: "gzip", in: site.folder)
                    more = [
                        "-H", "Authorization: Bearer \(token)", "-H", "Content-Encoding: gzip", "--data-binary",
                        "@body.gz",
                    ]
                }
                return try HTTPTests.ask(site, ["-X", "POST"] + more + [url + "ingest/" + feed])
            }
            let event = #"{"kind":"publish","device":"a","topic":"t/1"}"#
            #expect(try send("posted", HTTPTests.other, event).status == "401")
            #expect(try send("life", HTTPTests.token, event).status == "401")
            #expect(
                try send("posted", HTTPTests.token, event, gzip: true).body == #"{"accepted":1,"rejected":0}"# + "\n")
            // AWS delivers in any order, and sometimes twice: one at a time and in an array.
            func life(_ type: String, _ version: Int, _ session: String, _ second: Int) -> String {
                #"{"clientId":"c","thingName":"t-7","eventType":"\#(type)","versionNumber":\#(version),"sessionIdentifier":"\#(session)","principalIdentifier":"p","timestamp":\#(1_795_255_200_000 + second * 1_000)}"#
            }
            #expect(try send("life", HTTPTests.other, life("connected", 2, "s2", 10)).body.contains(#""accepted":1"#))
            let late =
                "[\(life("disconnected", 1, "s1", 12)),\(life("connected", 2, "s2", 10)), \(life("disconnected", 2, "s2", 20))]"
            #expect(try send("life", HTTPTests.other, late, gzip: true).body == #"{"accepted":2,"rejected":1}"# + "\n")
            // The names of columns come with each request, or once.
            #expect(
                try send("table", HTTPTests.other, "time,kind,device\n1795255200,connect,d-1\n").body.contains(
                    #""accepted":1,"rejected":0"#))
            #expect(
                try send("table", HTTPTests.other, "1795255201,connect,d-2\n").body.contains(
                    #""accepted":1,"rejected":0"#))
            #expect(
                try send("table", HTTPTests.other, "time,device,kind\n1795255202,d-3,connect\n").body.contains(
                    #""accepted":1"#))
            let records = try site.records()
            let devices = records.filter { $0["feed"] as? String == "table" }.compactMap { $0["device"] as? String }
            #expect(devices == ["d-1", "d-2", "d-3"])
            let sessions = records.filter { $0["feed"] as? String == "life" }
            #expect(sessions.map { $0["reason"] as? String ?? "" } == ["", "unknown", "repeated-event", "unknown"])
            // The end of the older connection lies before the begin of the newer one.
            #expect(
                sessions.compactMap { $0["time"] as? String }.prefix(2) == [
                    "2026-11-21T10:00:10.000Z", "2026-11-21T10:00:09.999Z",
                ])
        }
    }

    @Test(
        "What a feed knew before a kill it knows afterwards: columns, who came already, what lines without events said")
    func learned() async throws {
        try await onThread {
            let (site, first, url) = try HTTPTests.start(
                "  - { name: life, http: /ingest/life, format: aws-iot-lifecycle, token: { file: token } }\n"
                    + "  - { name: table, http: /ingest/table, format: csv, token: { file: token } }\n"
                    + "  - { name: broker, http: /ingest/broker, format: mosquitto, token: { file: token } }\n")
            func send(_ feed: String, _ body: String) throws {
                try site.folder.write("body", body)
                let found = try HTTPTests.ask(
                    site,
                    [
                        "-X", "POST", "-H", "Authorization: Bearer \(HTTPTests.token)", "--data-binary", "@body",
                        url + "ingest/" + feed,
                    ])
                #expect(found.status == "200", "\(found)")
            }
            let life = """
                {"clientId":"c","thingName":"t-7","eventType":"connected","versionNumber":2,"sessionIdentifier":"s2",\
                "principalIdentifier":"p","timestamp":1795255210000}
                """
            try send("life", life)
            try send("table", "time,kind,device\n")
            try send("broker", "1795255200: New connection from 10.0.0.7:40001 on port 1883.\n")
            first.signal(SIGKILL)
            _ = first.wait()
            let second = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: site.folder)
            try #require(second.waits { second.wordsText.contains(url) }, "\(second.wordsText)")
            try send("life", life)
            try send("table", "1795255201,connect,d-2\n")
            try send("broker", "1795255200: Client <unknown> disconnected, not authorised.\n")
            stop(second)
            func records(_ feed: String) throws -> [[String: Any]] {
                try site.records().filter { $0["feed"] as? String == feed }
            }
            #expect(try records("life").map { $0["reason"] as? String ?? "" } == ["", "repeated-event"])
            #expect(try records("table").map { $0["device"] as? String } == ["d-2"])
            #expect(try records("broker").map { $0["address"] as? String } == ["10.0.0.7"])
        }
    }

    @Test("Who comes while too many wait is told to come again, and nothing of it is in the log")
    func busy() async throws {
        try await onThread {
            let (site, program, url) = try HTTPTests.start()
            defer { stop(program) }
            let lines = 4_000
            try site.folder.write("body", (0..<lines).map { RunSite.publish("d-\($0 % 7)", $0) }.joined())
            let requests = 60
            let found = try ProductProgram.run(
                [
                    "-s", "-Z", "--parallel-immediate", "--parallel-max", "\(requests)", "--max-time", "60", "-X",
                    "POST",
                    "-H", "Authorization: Bearer \(HTTPTests.token)", "--data-binary", "@body", "-o", "/dev/null", "-w",
                    "%{http_code} %header{retry-after}\n", url + "ingest/posted?[1-\(requests)]",
                ], executable: Curl.path ?? "curl", in: site.folder)
            let answers = String(decoding: found.output, as: UTF8.self).split(separator: "\n").map(String.init)
            #expect(answers.count == requests, "\(found.words)")
            let taken = answers.count { $0.hasPrefix("200") }
            let refused = answers.count { $0 == "429 1" }
            #expect(taken + refused == requests && taken >= 17 && refused > 0, "\(Set(answers))")
            #expect(try site.topics().count == taken * lines)
        }
    }

    @Test("Bodies that never end take seventeen places and no more, and whoever comes then is told to come again")
    func slow() async throws {
        try await onThread {
            let (site, program, url) = try HTTPTests.start()
            defer { stop(program) }
            let port = try #require(Int(url.split(separator: ":")[2].dropLast()))
            // Each says that a megabyte comes, and sends a byte.
            var senders: [SlowSender] = []
            let event = #"{"kind":"publish","device":"a","topic":"t/1"}"#
            var answer = ""
            // One after the other: a busy machine hears of them late.
            while answer != "429", senders.count < 100 {
                senders.append(try SlowSender(port: port, path: "/ingest/posted", token: HTTPTests.token))
                if senders.count >= 17 { answer = try HTTPTests.post(site, url, event).status }
            }
            #expect(answer == "429")
            // When they go away there is room again.
            senders.removeAll()
            for _ in 0..<300 where answer != "200" {
                answer = try HTTPTests.post(site, url, event).status
                usleep(20_000)
            }
            #expect(answer == "200")
        }
    }

    @Test("Health, metrics, violations and the page say what is so")
    func answers() async throws {
        try await onThread {
            let (site, program, url) = try HTTPTests.start()
            for number in 0..<6 {
                #expect(
                    try HTTPTests.post(site, url, #"{"kind":"publish","device":"secret-device","topic":"\#(number)"}"#)
                        .status == "200")
            }
            let violations = try HTTPTests.ask(site, [url + "api/violations"]).body
            #expect(violations.contains(#""device":"secret-device""#), "\(violations)")
            let metrics = try HTTPTests.ask(site, [url + "metrics"]).body
            #expect(metrics.contains(#"picket_events_ingested_total{kind="publish",source="posted"} 6"#), "\(metrics)")
            #expect(metrics.contains(#"picket_violations_active{behavior="flood",profile="site",severity="high"} 1"#))
            #expect(!metrics.contains("secret-device"), "a device is never a label")
            #expect(try HTTPTests.ask(site, [url + "health"]).body.contains(#""status":"ok""#))
            #expect(try HTTPTests.ask(site, [url + "api/feeds"]).body.contains(#""state":"live""#))
            let page = try HTTPTests.ask(site, [url]).body
            #expect(page.contains("<title>Picket</title>"))
            // Nothing is loaded from elsewhere.
            #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src="))
            stop(program)
        }
    }

    @Test(
        "Addresses where it listens",
        arguments: [
            ("127.0.0.1:8787", true), ("localhost:80", true), ("[::1]:9", true), ("127.9.9.9:65535", true),
            ("0.0.0.0:8787", false), ("10.0.0.1:80", false), ("127.0.0.1", false), ("127.0.0.1:70000", false),
            ("127.0.0.1.example:80", false), ("", false),
        ])
    func addresses(_ text: String, _ isSound: Bool) {
        #expect((ListenAddress(text) != nil) == isSound)
    }
}

enum Curl {
    static let path = ["/usr/bin/curl", "/bin/curl"].first { FileManager.default.isExecutableFile(atPath: $0) }
}
