import PicketEvents
import PicketFeeds

extension Daemon {
    /// Serves HTTP until the task is cancelled.
    ///
    /// - Throws: when it cannot listen where somebody asked for it, or a token cannot be read.
    func serve(
        _ configuration: Configuration, _ pipeline: Pipeline, _ violations: LiveViolations, options: [FeedOptions],
        learned: [LearnedDecoder?],
        say: @escaping @Sendable (String) -> Void
    ) async throws {
        guard let address = configuration.listen else { return await Daemon.untilCancelled() }
        var server = WebServer(
            address: address, pipeline: pipeline, counts: pipeline.counts, violations: violations,
            wallClock: Daemon.wallClock)
        for (index, feed) in configuration.feeds.enumerated() {
            guard case .http(let name, let token) = feed.source else { continue }
            let target = HTTPFeed(
                configuration: feed, feed: FeedID(index), options: options[index], learned: learned[index],
                pipeline: pipeline)
            server.ingest[name] = WebServer.Ingest(feed: target, token: try token.read())
            try await target.open()
        }
        do {
            try await server.run { say("picket: http://\(address.text)/") }
        } catch {
            if Task.isCancelled { return }
            let problem = FeedError(
                place: address.text,
                problem: "cannot listen there (\(error)); `listen` names another address, or is off")
            // Nobody asked for the default address: another Picket may have it, and this one works without.
            guard !address.isExplicit, server.ingest.isEmpty else { throw problem }
            say("picket: \(problem)")
            await Daemon.untilCancelled()
        }
    }

    static func untilCancelled() async {
        let (never, _) = AsyncStream<Never>.makeStream()
        for await _ in never {}
    }
}
