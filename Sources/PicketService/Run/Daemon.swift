import Foundation
import PicketDetection
package import PicketEvents
import PicketFeeds
import PicketLog
package import PicketMitigation
import PicketProfiles
package import PicketReports

/// `picket run`: opens the log, brings detection to its end, and follows the feeds until it is told to stop.
package struct Daemon: Sendable {
    /// What Picket calls its version in the log.
    package static let version = "0.1.0"

    /// What a person or a signal asks of a running daemon.
    package enum Request: Sendable {
        case stop, reload
    }

    private let configuration: Configuration
    private let playbooks: PlaybookSet
    private let audit: AuditPlan?
    private let report: @Sendable ([Violation]) -> Void
    private let say: @Sendable (String) -> Void
    /// The broker plugins by the names of their feeds, for whoever denies and kicks.
    package let plugins: [String: BrokerPlugin]
    private let violations = LiveViolations()

    /// - Parameters:
    ///   - audit: what to look at again and again; nil for nothing.
    ///   - report: is given violations when they are durable.
    ///   - say: is given words for the person in front of the screen.
    package init(
        _ configuration: Configuration, playbooks: PlaybookSet = PlaybookSet(), audit: AuditPlan? = nil,
        report: @escaping @Sendable ([Violation]) -> Void, say: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.playbooks = playbooks
        self.audit = audit
        self.report = report
        self.say = say
        var plugins: [String: BrokerPlugin] = [:]
        for feed in configuration.feeds {
            if case .plugin = feed.source { plugins[feed.name] = BrokerPlugin() }
        }
        self.plugins = plugins
    }

    /// Runs until `requests` says stop, or every feed has ended.
    ///
    /// - Parameter profiles: those that were loaded when the configuration was checked.
    /// - Throws: `LogError` when the log cannot be opened or takes nothing any more, ``FeedError`` when a feed cannot
    ///   be read at all.
    package func run(profiles: ProfileSet, requests: AsyncStream<Request>) async throws {
        try FileManager.default.createDirectory(
            atPath: configuration.data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let operators = try configuration.operators.map { try OperatorGroup(named: $0) }
        if let operators { try operators.open(configuration.data) } else { OperatorGroup.shut(configuration.data) }
        var options = LogOptions(level: configuration.logLevel)
        options.signers = try LogSigning(configuration).signers(say: say)
        options.reserveBytes = LogLimits.reserveBytes
        let anchor = configuration.anchor.map { Anchor($0, say: say) }
        if let anchor { options.publish = { anchor.publish($0) } }
        let writer = try LogWriter(folder: configuration.logFolder, options: options)
        let fleet = FleetInForce(profiles.fleet)
        var snapshots = Snapshots(
            folder: SnapshotFolder(data: configuration.data), log: configuration.logFolder,
            feeds: configuration.feeds, say: say)
        snapshots.fleet = fleet
        var startup = Startup(feeds: configuration.feeds, fleet: fleet)
        if !writer.recovery.created { startup = try snapshots.start() }
        violations.restore(Array(startup.open.values))
        let feedsBefore = startup.detector.openFeeds
        let pipeline = Pipeline(
            writer: writer, detector: startup.takeDetector(), after: startup.replay.newestReceived,
            wallClock: Daemon.wallClock,
            report: { [report, violations] in
                violations.note($0)
                report($0)
            }, say: say)
        try await pipeline.begin(
            version: Daemon.version, note: writer.recovery.wasUnclean ? "the last run did not end in order" : nil)
        let desk = MitigationDesk(
            playbooks: playbooks, outbox: startup.outbox, sessions: startup.sessions,
            feeds: configuration.feeds.map(\.name), ownNames: OwnNames.all(in: configuration))
        desk.putInForce(profiles.profiles, fleet: profiles.fleet)
        await pipeline.setMitigation(desk)
        try await pipeline.catchUp(startup.unwritten)
        // What a person decided just before a crash, or while nothing ran.
        for id in startup.outbox.unrecorded.sorted() {
            guard let intent = startup.outbox.intents[id] else { continue }
            try await pipeline.record(.intent(intent))
        }
        if startup.replay.profileSet.sha256 != profiles.sha256 { try await pipeline.reload(profiles) }
        await pipeline.continueWith(profiles: profiles.sha256)
        await pipeline.continueWith(verified: startup.lastVerified)
        try await openFeeds(pipeline, &startup, before: feedsBefore)
        let control = try ControlSocket(folder: configuration.data, operators: operators) { request, user in
            await Control(pipeline: pipeline, desk: desk).answer(request, by: user)
        }
        defer { control.stop() }
        say(
            "picket \(Daemon.version): \(profiles.profiles.count) profiles, \(configuration.feeds.count) feeds, "
                + "log \(configuration.logFolder) with \(await pipeline.records) records")
        for sha256 in startup.replay.missingProfiles {
            say(
                "picket: the log names profiles \(sha256) that are not in \(configuration.logFolder)/profiles, or are other or "
                    + "larger than \(ProfileSet.copyBytes >> 20) MB there: what they saw cannot be derived again")
        }
        do {
            try await follow(pipeline, startup, snapshots, requests, desk, fleet)
        } catch {
            // A feed that fails ends the run, but in order; a log that fails takes nothing more.
            try? await pipeline.close(version: Daemon.version)
            throw error
        }
        try await pipeline.close(version: Daemon.version)
        snapshots.update()
        let statistics = await pipeline.statistics
        say(
            "picket: stopped; \(statistics.events) events, \(statistics.rejected) rejected, \(statistics.late) late, "
                + "\(await pipeline.records) records in the log")
        guard let count = anchor?.finish(), count.failed + count.skipped > 0 else { return }
        say("picket: \(count.delivered) checkpoints reached their anchor, \(count.failed + count.skipped) did not")
    }

    /// Opens the feeds whose format is known, before any of them brings an event: what comes late on one is late only if
    /// detection did not know that the feed is there. Feeds that an earlier run had and this one does not have end.
    ///
    /// - Parameter before: the feeds that are open in the log.
    private func openFeeds(_ pipeline: Pipeline, _ startup: inout Startup, before: [String]) async throws {
        for name in before where !configuration.feeds.contains(where: { $0.name == name }) {
            try await pipeline.retire(startup.feedID(named: name), name: name)
        }
        for (index, feed) in configuration.feeds.enumerated() {
            let format: FeedFormat? =
                switch feed.source {
                case .plugin: .brokerPlugin
                case .http: feed.format ?? .ndjson
                case .mqtt: startup.messages[index]?.format
                default: startup.decoders[index]?.format
                }
            // The files that a pattern finds are feeds, and not the pattern.
            if case .file(let path) = feed.source, FileGlob.isPattern(path) { continue }
            guard let format else {
                // An input that ends without a line has nothing to be opened for.
                if case .standardInput = feed.source { continue }
                await pipeline.expect(feed.name, lateness: feed.lateness)
                continue
            }
            try await pipeline.open(FeedID(index), name: feed.name, format: format, lateness: feed.lateness)
        }
    }

    /// Follows all feeds until a request to stop, or until every feed has ended.
    private func follow(
        _ pipeline: Pipeline, _ startup: Startup, _ snapshots: Snapshots, _ requests: AsyncStream<Request>,
        _ desk: MitigationDesk, _ fleet: FleetInForce
    ) async throws {
        let unfinished = startup.outbox.begun
        let caughtUp = CaughtUp(feeds: configuration.feeds.count)
        let publishers = await publishers(configuration.feeds, pipeline)
        let feedOptions = startup.options
        // Files that are found while Picket runs are feeds of their own.
        let numbers = FeedNumbers(startup.replay.feedNames)
        let positions = startup.replay.positions.mapValues { (position: $0.position, events: $0.eventsSince) }
        let others = startup.others
        let learned = configuration.feeds.enumerated().map { index, feed in
            LearnedDecoder(startup.decoders[index], context: positions[feed.name]?.position.context)
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for (index, feed) in configuration.feeds.enumerated() {
                let resume = startup.replay.positions[feed.name].map { (position: $0.position, events: $0.eventsSince) }
                let decoder = startup.decoders[index]
                let messages = startup.messages[index]
                let lastRun = startup.lastRun(of: FeedID(index))
                let options = feedOptions[index]
                group.addTask {
                    switch feed.source {
                    case .file(let path) where FileGlob(path) != nil:
                        guard let glob = FileGlob(path) else { return true }
                        let follower = GlobFeed(
                            configuration: feed, glob: glob, options: options, numbers: numbers, resume: positions,
                            decoders: others)
                        try await follower.run(into: pipeline, ready: { await caughtUp.note() }, say: say)
                    case .file(let path):
                        let follower = FileFeed(
                            configuration: feed, path: path, feed: FeedID(index), options: options, resume: resume,
                            decoder: decoder)
                        try await follower.run(into: pipeline, ready: { await caughtUp.note() }, say: say)
                    case .standardInput:
                        await caughtUp.note()
                        let stream = StreamFeed(
                            configuration: feed, feed: FeedID(index), options: options, learned: learned[index])
                        try await stream.run(into: pipeline)
                    case .plugin(let path, let user):
                        await caughtUp.note()
                        let socket = SocketFeed(
                            configuration: feed, path: path, user: user, feed: FeedID(index), options: options,
                            resume: resume,
                            plugin: plugins[feed.name])
                        try await socket.run(into: pipeline, say: say)
                    case .mqtt(let subscription):
                        await caughtUp.note()
                        guard let messages else { break }
                        let follower = MQTTFeed(
                            configuration: feed, subscription: subscription, feed: FeedID(index),
                            data: configuration.data, decoder: messages, lastRun: lastRun,
                            remembered: resume?.position.context,
                            publishers: publishers[index], now: Daemon.wallClock)
                        try await follower.run(into: pipeline, say: say)
                    case .http:
                        await caughtUp.note()
                        await Daemon.untilCancelled()
                    }
                    return true
                }
            }
            group.addTask {
                try await serve(
                    configuration, pipeline, violations, options: feedOptions, learned: learned, say: say)
                return false
            }
            group.addTask {
                await StateFollower(place: LogPlace(configuration.logFolder), pipeline: pipeline, say: say).run()
                await Daemon.untilCancelled()
                return false
            }
            group.addTask {
                await snapshots.run { await pipeline.records }
                await Daemon.untilCancelled()
                return false
            }
            group.addTask {
                for await request in requests {
                    switch request {
                    case .stop: return false
                    case .reload: try await reload(pipeline, desk, fleet)
                    }
                }
                return false
            }
            group.addTask {
                // Time passes only when the past has been read: a tick before would make all of it late.
                while !Task.isCancelled {
                    if await caughtUp.isComplete {
                        try await pipeline.tick()
                        if let retention = configuration.retention {
                            try await pipeline.prune(retention: Int64(retention) * 1_000)
                        }
                    }
                    do {
                        try await Task.sleep(for: Daemon.tickEvery)
                    } catch {
                        break
                    }
                }
                return false
            }
            group.addTask {
                try await mitigate(
                    configuration, pipeline, desk, violations, unfinished: unfinished, say: say)
                return false
            }
            if var plan = audit {
                plan.log = configuration.logFolder
                group.addTask { [plan] in
                    try await AuditSchedule(plan: plan, pipeline: pipeline, say: say).run()
                    return false
                }
            }
            var running = configuration.feeds.count
            do {
                while let isFeed = try await group.next() {
                    if isFeed { running -= 1 }
                    if !isFeed || running == 0 { break }
                }
            } catch {
                await pipeline.stopWaiting()
                throw error
            }
            // A full disk must not keep a person from ending it.
            await pipeline.stopWaiting()
            group.cancelAll()
        }
    }

    /// How often somebody looks whether time alone has changed something.
    private static let tickEvery = Duration.seconds(1)

    /// Loads the profiles and playbooks again: all of them, or none.
    private func reload(_ pipeline: Pipeline, _ desk: MitigationDesk, _ fleet: FleetInForce) async throws {
        let (set, problems) = ProfileSet.load(paths: configuration.profiles, fleet: configuration.fleet)
        let (playbooks, others) = PlaybookReader.load(paths: configuration.playbooks)
        let missing = playbooks.map { Notices.missing($0, configuration) } ?? []
        var impossible: [String] = []
        if let set, let playbooks { impossible = PlaybookNeeds.problems(playbooks, set.profiles) }
        guard let set, let playbooks, missing.isEmpty, impossible.isEmpty else {
            say(
                DiagnosticRenderer().text(problems + others)
                    + missing.map { "picket: `notify` of the configuration has no \($0)\n" }.joined()
                    + impossible.map { "picket: \($0)\n" }.joined()
                    + "picket: the profiles and playbooks in force stay as they are")
            return
        }
        let warnings = (problems + others).filter { $0.severity == .warning }
        if !warnings.isEmpty { say(DiagnosticRenderer().text(warnings)) }
        desk.putInForce(playbooks)
        if set.fleet.identity != fleet.identity {
            say("picket: how devices are named (`identity` of the fleet file) changes at the next start")
        }
        fleet.putInForce(set.fleet)
        try await pipeline.reload(set)
        say("picket: reloaded \(set.profiles.count) profiles, \(playbooks.playbooks.count) playbooks")
    }

    /// Unix milliseconds.
    static let wallClock: @Sendable () -> Int64 = {
        Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down))
    }
}

/// Knows when every feed has read what was there at the start.
private actor CaughtUp {
    private var missing: Int

    init(feeds: Int) { missing = feeds }

    func note() { missing -= 1 }

    var isComplete: Bool { missing <= 0 }
}
