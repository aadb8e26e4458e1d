import Foundation
import PicketService
import Testing

/// The HTTP interface of the real program, asked as anybody asks: with curl, and with its page's own paths.
@Suite("HTTP", .enabled(if: Curl.path != nil, "needs curl"))
struct HTTPTests {
    private static let token = "0123456789abcdef0123"

    /// A running Picket with one feed that is posted to, and its address.
    private static func start() throws -> (site: RunSite, program: ProductProgram, url: String) {
        let site = try RunSite()
        try site.folder.write("token", token + "\n")
        for _ in 0..<20 {
            let port = Int.random(in: 20_000..<60_000)
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                profiles: [profile.yaml]
                feeds: [{ name: posted, http: /ingest/posted, token: { file: token } }]
                listen: 127.0.0.1:\(port)

                """)
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
