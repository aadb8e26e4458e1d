import Glibc
import PicketEvents
import PicketFeeds

/// Takes what a broker's plugin sends and acknowledges it when it is durable. The plugin keeps what is not acknowledged and
/// sends it again to the next run of Picket; what it had to drop shows in its sequence numbers and becomes a `gap` with the
/// exact count.
struct SocketFeed {
    /// Bytes of a socket's path, `sun_path` without its NUL (unix(7)).
    static let longestPath = 107

    let configuration: Configuration.Feed
    let path: String
    let user: String?
    let feed: FeedID
    let options: FeedOptions
    /// Where the log says reading stands, and how many events after that it holds already.
    var resume: (position: FeedRecord.Position, events: Int)?
    let plugin: BrokerPlugin?

    /// What is known of the broker's run whose events come.
    private struct Run {
        var number: UInt64
        /// The sequence number of the next event that is not in the log; nil when any is welcome.
        var next: UInt64?
        /// The time of the newest event.
        var newest: Int64
        /// It ended in order, and everything came.
        var isOver = false
    }

    func run(into pipeline: Pipeline, say: @Sendable (String) -> Void) async throws {
        let socket = try PluginSocket(path: path, user: user)
        try await pipeline.open(
            feed, name: configuration.name, format: .brokerPlugin, lateness: configuration.lateness)
        let decoder = PluginDecoder(feed: feed, identity: options.identity)
        var run: Run? = resume.map {
            Run(
                number: $0.position.inode, next: $0.position.offset + UInt64($0.events), newest: 0,
                isOver: $0.position.context == SocketFeed.over)
        }
        var said: String?
        func tell(_ words: String) {
            // A broker that tries every quarter of a second fills no screen.
            if said != words { say("feed \(configuration.name): \(words)") }
            said = words
        }
        try await withTaskCancellationHandler {
            for await event in socket.events() {
                switch event {
                case .connected(let number):
                    plugin?.connected(number)
                case .refused(let problem): tell(problem)
                case .disconnected(let number, let problem):
                    plugin?.disconnected()
                    close(number)
                    tell(problem.map { "what connected is no plugin of Picket's (\($0))" } ?? "the plugin is gone")
                case .frames(let bytes):
                    defer { socket.taken() }
                    do {
                        var block = try decoder.decode(bytes)
                        for index in block.segments.indices { options.naming.apply(to: &block.segments[index].batch) }
                        if let hello = block.hello { try await begin(hello, &run, pipeline, tell) }
                        try await take(block, &run, pipeline)
                        for answer in block.answers { plugin?.answer(answer.request, answer.outcome) }
                    } catch let problem as PluginDecoder.Malformed {
                        tell("what connected is no plugin of Picket's (\(problem))")
                        plugin?.giveUp()
                    }
                }
            }
        } onCancel: {
            socket.stop()
        }
        plugin?.disconnected()
    }

    /// In the place of a position: the broker's run ended in order, nothing of it is missing.
    private static let over = "over"

    private func begin(
        _ hello: PluginDecoder.Hello, _ run: inout Run?, _ pipeline: Pipeline, _ tell: (String) -> Void
    ) async throws {
        guard hello.version == PluginFrame.version else {
            tell("the plugin speaks version \(hello.version) of the format, this is \(PluginFrame.version)")
            plugin?.giveUp()
            return
        }
        if let known = run, known.number == hello.run, known.next.map({ $0 <= hello.next }) ?? true {
            run?.isOver = false
        } else {
            let ended = run
            run = Run(number: hello.run, next: ended == nil ? nil : 1, newest: ended?.newest ?? 0)
            if let ended, !ended.isOver {
                // The broker died, or Picket was away when it ended: how much was lost nobody knows.
                let loss = FeedLoss(
                    from: ended.newest, to: nil, cause: "broker-ended", count: nil, position: position(hello.run, 1))
                try await pipeline.take(
                    Pipeline.Offer(feed: feed, batch: EventBatch(), rows: 0..<0, position: nil, loss: loss))
            }
        }
        tell("the plugin is here (\(hello.broker), \(hello.denied) denied)")
        plugin?.welcome(PluginFrame.welcome(run: hello.run, resume: (run?.next ?? 1) - 1))
    }

    private func take(_ block: PluginDecoder.Block, _ run: inout Run?, _ pipeline: Pipeline) async throws {
        guard var current = run else {
            guard block.segments.isEmpty, block.beat == nil else {
                throw PluginDecoder.Malformed(description: "events before a hello")
            }
            return
        }
        for segment in block.segments {
            let next = current.next ?? segment.first
            let known = next > segment.first ? Int(min(next - segment.first, UInt64(segment.batch.count))) : 0
            if known < segment.batch.count {
                var loss: FeedLoss?
                if segment.first > next {
                    loss = FeedLoss(
                        from: current.newest, to: segment.batch.time[0], cause: "plugin-dropped",
                        count: Int64(segment.first - next), position: position(current.number, segment.first))
                }
                try await pipeline.take(
                    Pipeline.Offer(
                        feed: feed, batch: segment.batch, rows: known..<segment.batch.count,
                        position: position(current.number, segment.next), loss: loss))
                current.newest = max(current.newest, segment.batch.time.last ?? 0)
            }
            current.next = max(next, segment.next)
        }
        if !block.segments.isEmpty, let next = current.next { plugin?.send(PluginFrame.acknowledge(next - 1)) }
        if let beat = block.beat { try await take(beat, &current, pipeline) }
        run = current
    }

    private func take(_ beat: PluginDecoder.Beat, _ run: inout Run, _ pipeline: Pipeline) async throws {
        var loss: FeedLoss?
        if let next = run.next, beat.next > next {
            loss = FeedLoss(
                from: run.newest, to: nil, cause: "plugin-dropped", count: Int64(beat.next - next),
                position: position(run.number, beat.next))
        }
        run.next = max(run.next ?? beat.next, beat.next)
        run.isOver = beat.isFinal
        guard loss != nil || beat.isFinal else { return }
        let end = beat.isFinal ? position(run.number, beat.next, context: SocketFeed.over) : nil
        try await pipeline.take(
            Pipeline.Offer(
                feed: feed, batch: EventBatch(), rows: 0..<0, position: end, isOtherFile: beat.isFinal, loss: loss))
    }

    /// Where reading goes on: the run of the broker stands where files have their inode, the next event where they have
    /// their offset.
    private func position(_ run: UInt64, _ next: UInt64, context: String? = nil) -> FeedRecord.Position {
        FeedRecord.Position(path: path, inode: run, offset: next, head: "", headBytes: 0, context: context)
    }
}
