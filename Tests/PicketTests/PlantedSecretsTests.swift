import Foundation
import PicketEvents
import PicketLog
import Testing

/// Secrets in every field of every format, in what no format knows and in what is no line, through the real program: none of
/// them is in any file of the data folder, compressed or not, in anything the program says, or in anything it answers.
@Suite(.waits) struct PlantedSecretsTests {
    /// Behaviors of which every event is a violation, so that texts of events come out everywhere where violations do.
    private static let profile = """
        profile: everything
        targets: [all]
        controls: [iec-62443-3-3:SR-6.2]
        behaviors:
          - { name: topics, subject: topic, metric: count, alarm: more than 0 in 5m, severity: high }
          - { name: users, subject: user, metric: count, alarm: more than 0 in 5m }
          - { name: addresses, subject: address, metric: count, alarm: more than 0 in 5m }
          - { name: devices, metric: count, alarm: more than 0 in 5m }
          - { name: new-topic, metric: count, where: { topic|contains: "x" }, alarm: any }

        """

    @Test func `what is planted is distinct, and is really in the feeds`() {
        let planted = PlantedFeeds()
        #expect(planted.secrets.count >= 50)
        #expect(Set(planted.secrets.map(\.secret)).count == planted.secrets.count)
        let all = Array(planted.feeds.values.joined())
        for (secret, place) in planted.secrets {
            let hex = Array(PlantedFeeds.hex(secret.utf8).utf8)
            #expect(Search.holds(all, Array(secret.utf8)) || Search.holds(all, hex), "\(place)")
        }
    }

    @Test func `no secret of a replayed feed is in the log, the output or the report`() async throws {
        try await onThread {
            let planted = PlantedFeeds()
            let folder = try ProductFolder()
            try folder.write("p.yaml", PlantedSecretsTests.profile)
            for (format, bytes) in planted.feeds.sorted(by: { $0.key < $1.key }) {
                try Data(bytes).write(to: URL(fileURLWithPath: folder.file("feed")))
                let log = "log-\(format)"
                // There is a report of a signed log only.
                let key = try ProductProgram.run(
                    ["log", "keys", "create", "\(format).key", "--for", "example.test/\(format)"], in: folder)
                #expect(key.end == .code(0), "\(key.words)")
                let found = try ProductProgram.run(
                    [
                        "replay", "feed", "--format", format, "--profile", "p.yaml", "--write-log", log, "--sign-with",
                        "\(format).key", "--summary", "--output", "json",
                    ], in: folder)
                #expect(found.end == .code(0), "\(format): \(found.words)")
                let records = try Self.records(folder.file(log))
                let events = records.filter { $0.feed == "feed" && $0.kind != "rejected" }
                #expect(events.count >= planted.events[format] ?? 1, "\(format): \(events.map(\.kind))")
                Self.expectNone(planted, in: found.output, "what replay of \(format) printed")
                Self.expectNone(planted, in: Array(found.words.utf8), "what replay of \(format) said")
                for kind in ["html", "json"] {
                    let report = try ProductProgram.run(
                        [
                            "report", "--log", log, "--framework",
                            "\(Places.package)/profiles/compliance/iec-62443-3-3.yaml", "--from",
                            "2026-11-21T00:00:00Z",
                            "--to", "2026-11-22T00:00:00Z", "--to-file", "report-\(format).\(kind)",
                        ], in: folder)
                    #expect(report.end == .code(0), "\(format): \(report.words)")
                    Self.expectNone(planted, in: Array(report.words.utf8), "what the report of \(format) said")
                }
            }
            try FileManager.default.removeItem(atPath: folder.file("feed"))
            try Self.expectNone(planted, inFilesOf: folder, but: [])
        }
    }

    @Test(.enabled(if: Curl.path != nil, "needs curl"))
    func `no secret of a live feed is in the data folder, on the screen or in an answer`() async throws {
        try await onThread {
            let planted = PlantedFeeds()
            let folder = try ProductFolder()
            let data = "data"
            try folder.write("p.yaml", PlantedSecretsTests.profile)
            try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
            let token = "Kx99QzvLwTnRbYcHg"
            try folder.write("in/token", token)
            var lines = "data: \(data)\nprofiles: [p.yaml]\nfeeds:\n"
            for (format, bytes) in planted.feeds.sorted(by: { $0.key < $1.key }) {
                try Data(bytes).write(to: URL(fileURLWithPath: folder.file("in/\(format)")))
                lines += "  - { name: \(format), file: in/\(format), format: \(format) }\n"
            }
            lines += "  - { name: posted, http: /ingest/posted, token: { file: in/token } }\n"
            let (program, url) = try Self.start(folder, lines)
            let post = ["-X", "POST", "-H", "Authorization: Bearer \(token)", "--data-binary", "@in/ndjson"]
            let answers = [
                try Self.ask(folder, post + [url + "ingest/posted"]),
                try Self.ask(folder, post + [url + "ingest/\(planted.secrets[0].secret)"]),
            ]
            let wanted = planted.events
            let isThere = program.waits {
                let records = try? Self.records(folder.file("\(data)/log"))
                return wanted.allSatisfy { format, count in
                    (records ?? []).count { $0.feed == format && $0.kind != "rejected" } >= count
                }
            }
            #expect(isThere, "\(program.wordsText)")
            for path in ["api/violations", "api/feeds", "metrics", "health"] {
                Self.expectNone(planted, in: try Self.ask(folder, [url + path]), path)
            }
            for answer in answers { Self.expectNone(planted, in: answer, "an answer to a post") }
            // The write-ahead file as a crash leaves it, then everything as a clean end does.
            program.signal(SIGKILL)
            _ = program.wait()
            try Self.expectNone(planted, inFilesOf: folder, but: ["in/"], token: token)
            let again = try Self.start(folder, lines).program
            stop(again)
            for arguments in [
                ["log", "cat", "\(data)/log"], ["violations", "--data", data],
                ["violations", "--data", data, "--output", "json"],
                ["log", "query", "\(data)/log"],
            ] {
                let found = try ProductProgram.run(arguments, in: folder)
                #expect(found.end == .code(0), "\(arguments): \(found.words)")
            }
            try Self.expectNone(planted, inFilesOf: folder, but: ["in/"], token: token)
        }
    }

    // MARK: Looking

    private static func start(_ folder: ProductFolder, _ lines: String) throws -> (program: ProductProgram, url: String)
    {
        for _ in 0..<20 {
            let port = Int.random(in: 20_000..<60_000)
            try folder.write("picket.yaml", lines + "listen: 127.0.0.1:\(port)\n")
            let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
            let url = "http://127.0.0.1:\(port)/"
            if program.waits(until: { program.wordsText.contains(url) }) { return (program, url) }
        }
        throw CancellationError()
    }

    private static func ask(_ folder: ProductFolder, _ arguments: [String]) throws -> [UInt8] {
        try ProductProgram.run(
            ["-s", "-S", "--max-time", "30"] + arguments, executable: Curl.path ?? "curl", in: folder
        ).output
    }

    /// The records of a log: feed and kind.
    private static func records(_ path: String) throws -> [(feed: String, kind: String)] {
        guard LogFolder.isLogFolder(path) else { return [] }
        var reader = try LogReader(folder: path)
        var records: [(feed: String, kind: String)] = []
        while let block = try reader.next() {
            for line in block.bytes.split(separator: 0x0A) {
                let record = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                records.append((record?["feed"] as? String ?? "", record?["kind"] as? String ?? ""))
            }
        }
        return records
    }

    private static func expectNone(
        _ planted: PlantedFeeds, in bytes: [UInt8], _ what: String, token: String? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let tokens = token.map { [(secret: $0, place: "token")] } ?? []
        // Everything planted has one of these beginnings: most files hold none, and are read once.
        let starts = ["Kx", "90417725083", "4b78", "S3g"].map { Array($0.utf8) }
        guard starts.contains(where: { Search.holds(bytes, $0) }) else { return }
        for (secret, place) in planted.secrets + tokens {
            let spellings = [
                secret, PlantedFeeds.hex(secret.utf8), Data(secret.utf8).base64EncodedString().trimmingEnd("="),
            ]
            for spelling in spellings where Search.holds(bytes, Array(spelling.utf8)) {
                Issue.record("the secret of \(place) is in \(what)", sourceLocation: location)
            }
            // Half of one is too much.
            if secret.count > 12, Search.holds(bytes, Array(secret.utf8.prefix(10))) {
                Issue.record("the beginning of the secret of \(place) is in \(what)", sourceLocation: location)
            }
        }
    }

    /// Looks into every file, and into what is packed in it.
    private static func expectNone(
        _ planted: PlantedFeeds, inFilesOf folder: ProductFolder, but left: [String], token: String? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        var looked = 0
        for path in folder.files(below: "") {
            let name = String(path.dropFirst(folder.path.count).drop { $0 == "/" })
            guard !left.contains(where: { name.hasPrefix($0) }),
                let bytes = FileManager.default.contents(atPath: path).map({ [UInt8]($0) })
            else { continue }
            looked += 1
            expectNone(planted, in: bytes, name, token: token, location)
            if bytes.starts(with: [0x1F, 0x8B]) {
                let plain = try ProductProgram.run(["-dc", path], executable: "gzip", in: folder).output
                expectNone(planted, in: plain, "\(name), unpacked", token: token, location)
            }
        }
        #expect(looked > 5, sourceLocation: location)
    }
}

/// A text in bytes.
enum Search {
    static func holds(_ bytes: [UInt8], _ text: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            text.withUnsafeBytes { text in
                guard let word = text.baseAddress, let first = text.first, var start = bytes.baseAddress else {
                    return false
                }
                let end = start + bytes.count
                while let found = memchr(start, Int32(first), end - start), end - UnsafeRawPointer(found) >= text.count
                {
                    if memcmp(found, word, text.count) == 0 { return true }
                    start = UnsafeRawPointer(found) + 1
                }
                return false
            }
        }
    }
}

extension String {
    fileprivate func trimmingEnd(_ text: Character) -> String {
        var out = self[...]
        while out.last == text { out.removeLast() }
        return String(out)
    }
}
