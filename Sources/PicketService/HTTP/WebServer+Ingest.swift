import PicketEvents

/// What becomes of a body that was posted.
enum IngestOutcome: Sendable {
    case taken(HTTPFeed.Result)
    /// Too many requests wait already.
    case busy
    /// The disk stays full.
    case noRoom
    /// The log takes nothing any more.
    case refused
}

extension WebServer {
    /// How often a request that waits looks whether the disk is full.
    private static let look = Duration.milliseconds(200)

    /// Gives a body to its feed, and waits no longer than ``patience`` while the disk is full.
    ///
    /// A request that comes while the disk is full is not offered at all before there is room. One that was offered when the
    /// disk became full may be in the log later, although its sender was told that nothing is promised.
    func give(_ body: [UInt8], to feed: HTTPFeed) async -> IngestOutcome {
        guard await hasRoom() else { return .noRoom }
        let (outcomes, output) = AsyncStream<IngestOutcome>.makeStream()
        let work = Task {
            do {
                output.yield(try await feed.take(body).map { .taken($0) } ?? .busy)
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
