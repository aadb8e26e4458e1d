import PicketEvents
import PicketFeeds

/// Follows all files that fit a pattern, each as a feed of its own (`NAME/FILE`), those that appear later too. A rotated file
/// is followed as ever; one that is gone for good ends.
struct GlobFeed {
    let configuration: Configuration.Feed
    let glob: FileGlob
    let options: FeedOptions
    let numbers: FeedNumbers
    /// By the name of a file's feed: where the log says reading stands, and how many events after that it holds already.
    let resume: [String: (position: FeedRecord.Position, events: Int)]
    /// By the name of a file's feed: its decoder, which has learned what the log holds of it.
    let decoders: [String: any FeedDecoder]

    /// How often the folder is looked at.
    private static let lookEvery = Duration.seconds(1)
    /// So many looks in a row a file must be away to be gone: a rotation is over sooner.
    private static let looksUntilGone = 60
    /// The most files at a time. Each costs a few open descriptors and a task; a broker writes one or two.
    private static let mostFiles = 256

    private struct Followed {
        var work: Task<Void, any Error>
        var missing = 0
    }

    /// - Parameter ready: called once, when everything that was there at the start has been read.
    func run(
        into pipeline: Pipeline, ready: @escaping @Sendable () async -> Void, say: @escaping @Sendable (String) -> Void
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var followed: [String: Followed] = [:]
            var problem: String?
            var isFirst = true
            while !Task.isCancelled {
                var paths: [String] = []
                var words: String?
                do throws(FeedError) {
                    paths = try glob.files(beside: followed.keys)
                } catch {
                    words = error.description
                }
                if followed.count >= GlobFeed.mostFiles, paths.contains(where: { followed[$0] == nil }) {
                    words = "more than \(GlobFeed.mostFiles) files; the others are not read"
                }
                if let words, words != problem { say("feed \(configuration.name): \(words)") }
                problem = words
                for path in followed.keys where words == nil { try await look(path, paths, &followed, pipeline) }
                let new = paths.filter { followed[$0] == nil }.prefix(GlobFeed.mostFiles - followed.count)
                let beginning = isFirst ? Beginning(new.count, ready) : nil
                for path in new {
                    let follower = follower(path)
                    let work = Task {
                        try await follower.run(into: pipeline, ready: { await beginning?.note() }, say: say)
                    }
                    followed[path] = Followed(work: work)
                    group.addTask {
                        try await withTaskCancellationHandler {
                            try await work.value
                        } onCancel: {
                            work.cancel()
                        }
                    }
                }
                if isFirst, new.isEmpty { await ready() }
                isFirst = false
                do {
                    try await Task.sleep(for: GlobFeed.lookEvery)
                } catch {
                    break
                }
            }
        }
    }

    /// Ends the feed of a file that is gone.
    private func look(
        _ path: String, _ paths: [String], _ followed: inout [String: Followed], _ pipeline: Pipeline
    ) async throws {
        guard var file = followed[path] else { return }
        file.missing = paths.contains(path) ? 0 : file.missing + 1
        followed[path] = file
        guard file.missing >= GlobFeed.looksUntilGone else { return }
        file.work.cancel()
        try await file.work.value
        followed[path] = nil
        try await pipeline.end(numbers.feed(named: name(path)))
    }

    private func name(_ path: String) -> String {
        "\(configuration.name)/\(path.split(separator: "/").last.map(String.init) ?? path)"
    }

    private func follower(_ path: String) -> FileFeed {
        var own = configuration
        own.name = name(path)
        own.source = .file(path)
        let feed = numbers.feed(named: own.name)
        return FileFeed(
            configuration: own, path: path, feed: feed, options: options, resume: resume[own.name],
            decoder: decoders[own.name] ?? configuration.format?.decoder(feed: feed, options: options))
    }
}

/// Counts the files that were there at the start until all of them have been read.
private actor Beginning {
    private var missing: Int
    private let ready: @Sendable () async -> Void

    init(_ files: Int, _ ready: @escaping @Sendable () async -> Void) {
        missing = files
        self.ready = ready
    }

    func note() async {
        missing -= 1
        if missing == 0 { await ready() }
    }
}
