import Foundation
import PicketEvents
import PicketFeeds
import Testing

@testable import PicketService

/// What the HTTP interface answers while there is no room for the log.
@Suite("HTTP on a full disk", .enabled(if: Curl.path != nil, "needs curl"), .waits)
struct FullDiskHTTPTests {
    private static let token = "0123456789abcdef0123"

    /// Serves a pipeline on a free port while `body` runs.
    private func serve(
        _ pipeline: Pipeline, _ body: @escaping @Sendable (_ url: String) async throws -> Void
    ) async throws {
        let feed = HTTPFeed(
            configuration: Configuration.Feed(
                name: "posted", source: .http(name: "posted", token: .file("none"))),
            feed: FeedID(0), options: FeedOptions(), learned: nil, pipeline: pipeline)
        try await feed.open()
        for _ in 0..<20 {
            let port = Int.random(in: 20_000..<60_000)
            var server = WebServer(
                address: try #require(ListenAddress("127.0.0.1:\(port)")), pipeline: pipeline, counts: pipeline.counts,
                violations: LiveViolations(), wallClock: { 1_795_000_000_000 })
            server.patience = .milliseconds(400)
            server.ingest["posted"] = WebServer.Ingest(feed: feed, token: Array(Self.token.utf8))
            let (runs, output) = AsyncStream<Bool>.makeStream()
            let task = Task { [server] in
                do { try await server.run { output.yield(true) } } catch { output.yield(false) }
            }
            defer { task.cancel() }
            for await isRunning in runs {
                guard isRunning else { break }
                try await body("http://127.0.0.1:\(port)/")
                return
            }
        }
        throw CancellationError()
    }

    /// The answer with its headers.
    private static func ask(_ folder: ProductFolder, _ arguments: [String]) throws -> String {
        let result = try ProductProgram.run(
            ["-s", "-S", "-i", "--max-time", "30"] + arguments, executable: Curl.path ?? "curl", in: folder)
        return String(decoding: result.output, as: UTF8.self)
    }

    @Test("Health is 503 and says why, the metric is 0, posts are refused in time, and all of it ends by itself")
    func full() async throws {
        let site = HealthSite()
        let system = FullFileSystem()
        let pipeline = try await site.start(fileSystem: system)
        try await serve(pipeline) { url in
            let folder = try ProductFolder()
            func post(_ topic: String) throws -> String {
                try Self.ask(
                    folder,
                    [
                        "-X", "POST", "-H", "Authorization: Bearer \(Self.token)", "--data-binary",
                        #"{"kind":"publish","device":"d","topic":"\#(topic)"}"#, url + "ingest/posted",
                    ])
            }
            #expect(try Self.ask(folder, [url + "health"]).hasPrefix("HTTP/1.1 200"))
            system.setFull(true)
            // The first finds the disk full, the second comes while it is.
            for topic in ["offered", "not-offered"] {
                let answer = try post(topic)
                #expect(answer.hasPrefix("HTTP/1.1 503") && answer.contains("Retry-After: 5"), "\(answer)")
                #expect(answer.contains("the disk of the log is full"), "\(answer)")
            }
            let health = try Self.ask(folder, [url + "health"])
            #expect(health.hasPrefix("HTTP/1.1 503") && health.contains(#""status":"full","since":""#), "\(health)")
            #expect(health.contains("no room"), "\(health)")
            #expect(try Self.ask(folder, [url + "metrics"]).contains("\npicket_log_up 0\n"))
            system.setFull(false)
            let deadline = ContinuousClock.now + ProductProgram.patience
            while await pipeline.refusal != nil, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try Self.ask(folder, [url + "health"]).hasPrefix("HTTP/1.1 200"))
            #expect(try Self.ask(folder, [url + "metrics"]).contains("\npicket_log_up 1\n"))
            #expect(try post("after").hasPrefix("HTTP/1.1 200"))
        }
        try await pipeline.close(version: "1")
        let topics = try site.lines("publish").map { $0.contains("not-offered") ? "not-offered" : "other" }
        #expect(topics == ["other", "other"], "what came while the disk was full was not taken")
    }
}
