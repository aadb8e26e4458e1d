import Hummingbird
import NIOCore
import PicketEvents

/// What becomes of a body that was posted.
enum IngestOutcome: Sendable {
    case taken(HTTPFeed.Result)
    /// Too many requests wait already.
    case busy
    /// The body is no gzip, or too much of it.
    case unreadable
    /// The disk stays full.
    case noRoom
    /// The log takes nothing any more.
    case refused
}

/// What came of reading a body.
enum BodyOutcome: Sendable {
    case whole([UInt8])
    case tooLong
    /// The sender took too long, or went away.
    case brokenOff
}

extension WebServer {
    /// How often a request that waits looks whether the disk is full.
    private static let look = Duration.milliseconds(200)

    /// Gives a body to its feed, and waits no longer than ``patience`` while the disk is full.
    ///
    /// A request that comes while the disk is full is not offered at all before there is room. One that was offered when the
    /// disk became full may be in the log later, although its sender was told that nothing is promised.
    func give(_ body: HTTPFeed.Body, to feed: HTTPFeed) async -> IngestOutcome {
        guard await hasRoom() else { return .noRoom }
        let (outcomes, output) = AsyncStream<IngestOutcome>.makeStream()
        let work = Task {
            do {
                switch try await feed.take(body) {
                case .taken(let result): output.yield(.taken(result))
                case .busy: output.yield(.busy)
                case .unreadable: output.yield(.unreadable)
                }
            } catch {
                output.yield(.refused)
            }
        }
        let watch = Task {
            while await hasRoom() { try await Task.sleep(for: WebServer.look) }
            output.yield(.noRoom)
        }
        defer {
            work.cancel()
            watch.cancel()
        }
        for await outcome in outcomes { return outcome }
        return .refused
    }

    /// Reads the body of a request, which must be there in ``bodyTime``: whoever sends slowly holds a place of its feed.
    func body(of request: Request) async -> BodyOutcome {
        await withTaskGroup(of: BodyOutcome.self) { group in
            group.addTask {
                var request = request
                do {
                    return .whole(Array(buffer: try await request.collectBody(upTo: WebServer.bodyBytes)))
                } catch is NIOTooManyBytesError {
                    return .tooLong
                } catch {
                    return .brokenOff
                }
            }
            group.addTask { [bodyTime] in
                try? await Task.sleep(for: bodyTime)
                return .brokenOff
            }
            defer { group.cancelAll() }
            return await group.next() ?? .brokenOff
        }
    }

    /// Whether the disk has room, or has it again before the patience ends.
    private func hasRoom() async -> Bool {
        let deadline = ContinuousClock.now + patience
        while case .full? = await pipeline.refusal {
            guard ContinuousClock.now < deadline else { return false }
            do {
                try await Task.sleep(for: WebServer.look)
            } catch {
                return false
            }
        }
        return true
    }
}
