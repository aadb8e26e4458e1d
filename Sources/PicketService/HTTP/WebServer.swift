import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PicketDetection
import PicketEvents
import PicketFeeds

/// Picket's HTTP interface: ingest, health, metrics, violations, and one page for people. Only on loopback; whoever needs it
/// elsewhere puts a proxy with TLS and a login before it.
struct WebServer: Sendable {
    /// A feed that is posted to, and the token that its senders know.
    struct Ingest: Sendable {
        var feed: HTTPFeed
        var token: [UInt8]
    }

    let address: ListenAddress
    let pipeline: Pipeline
    let counts: LiveCounts
    let violations: LiveViolations
    /// By the path after `/ingest/`.
    var ingest: [String: Ingest] = [:]
    let wallClock: @Sendable () -> Int64
    /// How long a request waits for room on a full disk before its sender is told to come again: less than senders wait by
    /// themselves, who would not learn why.
    var patience = Duration.seconds(5)

    /// The longest body of a request as it comes; ``HTTPFeed/unpackedBytes`` when it is unpacked. CloudTrail's files are below 1 MiB; a sender with
    /// more sends more requests.
    static let bodyBytes = 8 << 20
    /// How long a sender has for a body: the longest one at a megabit a second.
    var bodyTime = Duration.seconds(64)
    /// How often a silent stream says that it is still there.
    private static let heartbeat = Duration.seconds(15)

    /// Serves until the task is cancelled.
    ///
    /// - Parameter running: called when it listens.
    /// - Throws: why it cannot listen.
    func run(running: @escaping @Sendable () -> Void) async throws {
        let router = Router()
        router.add(middleware: HostCheck())
        router.get("/health") { _, _ in await health() }
        router.get("/metrics") { _, _ in await metrics() }
        router.get("/api/feeds") { _, _ in json(feedsJSON()) }
        router.get("/api/violations") { _, _ in json(violationsJSON()) }
        router.get("/api/violations/stream") { _, _ in stream() }
        router.post("/ingest/:feed") { request, context in
            try await take(request, context.parameters.get("feed") ?? "")
        }
        router.get("/") { _, _ in page() }
        var logger = Logger(label: "picket.http")
        logger.logLevel = .critical
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { _ in running() }, logger: logger)
        defer { violations.close() }
        try await application.run()
    }

    // MARK: Answers

    private func answer(_ status: HTTPResponse.Status, _ type: String, _ text: some Sequence<UInt8>) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
    }

    private func json(_ bytes: [UInt8], _ status: HTTPResponse.Status = .ok) -> Response {
        answer(status, "application/json", bytes)
    }

    private func problem(_ status: HTTPResponse.Status, _ words: String) -> Response {
        var line = RecordLine()
        line.add("error", words)
        return json(line.finish() + [0x0A], status)
    }

    private func health() async -> Response {
        var line = RecordLine()
        let refusal = await pipeline.refusal
        switch refusal {
        case nil: line.add("status", "ok")
        case .full(let since, let problem)?:
            line.add("status", "full")
            line.add("since", time: since)
            line.add("problem", problem)
        case .failed(let problem)?:
            line.add("status", "failed")
            line.add("problem", problem)
        }
        line.add("version", Daemon.version)
        line.add("records", Int64(clamping: await pipeline.records))
        line.add("feeds", Int64(counts.feeds.count))
        line.add("silent", counts.feeds.filter { $0.state(now: wallClock()) == .silent }.map(\.name))
        return json(line.finish() + [0x0A], refusal == nil ? .ok : .serviceUnavailable)
    }

    private func metrics() async -> Response {
        let text = MetricsText.page(
            feeds: counts.feeds, open: violations.open, opened: violations.opened, measures: await pipeline.measures,
            now: wallClock(), desk: await pipeline.mitigation, mitigations: counts.mitigationCounts)
        return answer(.ok, "text/plain; version=0.0.4; charset=utf-8", text.utf8)
    }

    private func feedsJSON() -> [UInt8] {
        let now = wallClock()
        return list(
            counts.feeds.map { feed in
                var line = RecordLine()
                line.add("name", feed.name)
                if let format = feed.format { line.add("format", format) }
                line.add("state", feed.state(now: now).rawValue)
                line.add("events", Int64(clamping: feed.events.values.reduce(0, +)))
                line.add("eventsPerMinute", Int64(feed.rate(now: now) * 60))
                line.add("rejected", Int64(clamping: feed.rejected.values.reduce(0, +)))
                line.add("late", Int64(clamping: feed.late))
                line.add("ahead", Int64(clamping: feed.ahead))
                line.add("clockSteps", Int64(clamping: feed.clockSteps))
                line.add("missing", Int64(clamping: feed.missing.values.reduce(0, +)))
                if let last = feed.lastEvent { line.add("lastEvent", time: last) }
                line.add("lagMilliseconds", feed.lag)
                return line.finish()
            })
    }

    private func violationsJSON() -> [UInt8] { list(violations.open.map { $0.json() }) }

    private func list(_ items: [[UInt8]]) -> [UInt8] {
        [0x5B] + Array(items.joined(separator: [0x2C])) + [0x5D, 0x0A]
    }

    private func page() -> Response {
        var response = answer(.ok, "text/html; charset=utf-8", DashboardPage.html.utf8)
        // The page loads nothing from anywhere; its script and style are its own.
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return response
    }

    /// Violations as they become durable, as server-sent events.
    private func stream() -> Response {
        guard let lines = violations.listen() else { return problem(.serviceUnavailable, "too many listen already") }
        var headers = HTTPFields()
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-store"
        let body = ResponseBody { writer in
            let (items, output) = AsyncStream<[UInt8]?>.makeStream(bufferingPolicy: .bufferingNewest(256))
            let feeder = Task {
                for await line in lines { output.yield(line) }
                output.finish()
            }
            let clock = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: WebServer.heartbeat)
                    output.yield(nil)
                }
            }
            defer {
                feeder.cancel()
                clock.cancel()
            }
            try await writer.write(ByteBuffer(string: ": picket\n\n"))
            for await item in items {
                var buffer = ByteBuffer()
                if let item {
                    buffer.writeString("event: violation\ndata: ")
                    buffer.writeBytes(item)
                    buffer.writeString("\n\n")
                } else {
                    buffer.writeString(": still here\n\n")
                }
                try await writer.write(buffer)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    // MARK: Ingest

    private func take(_ request: Request, _ name: String) async throws -> Response {
        guard let target = ingest[name] else { return problem(.notFound, "no feed is posted to at this path") }
        guard let given = request.headers[.authorization],
            WebServer.isSame(Array(given.utf8), Array("Bearer ".utf8) + target.token)
        else {
            return problem(.unauthorized, "the header `Authorization: Bearer TOKEN` with this feed's token is needed")
        }
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard encoding == "identity" || encoding == "gzip" else {
            return problem(.unsupportedMediaType, "the content encoding can be gzip, or none")
        }
        // Before the body is read: a thousand senders must not hold a thousand bodies.
        guard target.feed.places.take() else { return busy() }
        defer { target.feed.places.giveBack() }
        let body: [UInt8]
        switch await self.body(of: request) {
        case .whole(let bytes): body = bytes
        case .tooLong:
            return problem(.contentTooLarge, "a body has at most \(WebServer.bodyBytes >> 20) MiB; send several")
        case .brokenOff: return problem(.requestTimeout, "the body took too long; send smaller ones")
        }
        switch await give(HTTPFeed.Body(bytes: body, isPacked: encoding == "gzip"), to: target.feed) {
        case .taken(let result):
            var line = RecordLine()
            line.add("accepted", Int64(result.accepted))
            line.add("rejected", Int64(result.rejected))
            return json(line.finish() + [0x0A])
        case .busy: return busy()
        case .unreadable:
            return problem(
                .badRequest, "the body is no gzip, or more than \(HTTPFeed.unpackedBytes >> 20) MiB unpacked")
        case .noRoom:
            return again(
                .serviceUnavailable, after: 5,
                "the disk of the log is full; nothing of this request is promised, send it again when there is room")
        case .refused:
            // Whoever sent it keeps it.
            return again(
                .serviceUnavailable, after: 5,
                "the log takes nothing at the moment; nothing of this request is promised, send it again")
        }
    }

    private func busy() -> Response { again(.tooManyRequests, after: 1, "others wait already; try again") }

    private func again(_ status: HTTPResponse.Status, after seconds: Int, _ words: String) -> Response {
        var response = problem(status, words)
        response.headers[.retryAfter] = "\(seconds)"
        return response
    }

    /// Compares in a time that depends on the lengths only: a token must not be found byte by byte.
    private static func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Lets only requests in that name this machine by number or as localhost: a page of some domain that points at 127.0.0.1
/// (DNS rebinding) has its own name in `Host`.
private struct HostCheck: RouterMiddleware {
    @concurrent
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        guard ListenAddress.isLoopbackName(request.head.authority ?? "") else {
            return Response(
                status: .misdirectedRequest,
                body: ResponseBody(byteBuffer: ByteBuffer(string: "ask for localhost or 127.0.0.1\n")))
        }
        return try await next(request, context)
    }
}
