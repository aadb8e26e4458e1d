import ArgumentParser
import PicketEvents
import PicketFeeds
import PicketService

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs historical feeds, or a log folder, through profiles.",
        discussion: """
            Examples:
              picket replay sample-logs/incident.mosquitto.log --profile profiles/
              picket replay yesterday.ndjson.gz --profile sensor.yaml --summary
              picket replay feed.ndjson --profile p.yaml --write-log audit/
              picket replay audit/ --profile p.yaml --fail-on-violation
              picket replay picket-data/log

            Without --profile the log of picket run is replayed with the profiles that were in force, each from its record \
            on: the violations are those in the log.

            Violations come out in order, as lines of JSON, or as text when standard output is a terminal.
            """)

    @Argument(help: ArgumentHelp("Files (also .gz), - for standard input, or one log folder.", valueName: "input"))
    var inputs: [String]

    @Option(
        name: .customLong("profile"), parsing: .singleValue,
        help: "A profile file or a folder of them; may be repeated.")
    var profiles: [String] = []

    @Option(help: ArgumentHelp("ndjson or mosquitto. Without it the first lines tell.", valueName: "format"))
    var format: String?

    @Option(
        help: ArgumentHelp(
            "How user names in a broker log were proved: password, certificate or client-id.", valueName: "rule"))
    var identity = "password"

    @Option(help: ArgumentHelp("Write every record into a new log folder.", valueName: "folder"))
    var writeLog: String?

    @Option(help: ArgumentHelp("Compression level of that log, 1 to 9.", visibility: .hidden))
    var level = 6

    @Option(help: ArgumentHelp("The most events in a batch; changes nothing but speed.", visibility: .hidden))
    var batchEvents = 8_192

    @Flag(help: "End with exit code 1 when there was a violation.")
    var failOnViolation = false

    @Flag(help: "End with one object: what was read, what was found, what could not be seen.")
    var summary = false

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let loaded = try ProfileArguments.load(profiles, output)
        var job = ReplayJob(inputs: inputs, profiles: loaded)
        job.writeLog = writeLog
        job.level = level
        job.batchEvents = max(batchEvents, 1)
        if let format {
            guard let known = FeedFormat(rawValue: format) else {
                throw ValidationError("Unknown format '\(format)'. Known: \(FeedFormat.names).")
            }
            job.format = known
        }
        guard let rule = IdentityRule(rawValue: identity) else {
            throw ValidationError("Unknown identity rule '\(identity)'. Known: password, certificate, client-id.")
        }
        job.identity = rule
        var writer = ViolationWriter(output)
        var found = false
        do {
            let result = try job.run { violations in
                found = found || violations.contains { $0.event == .inAlarm }
                try writer.write(violations)
            }
            try writer.finish(summary: summary ? result : nil, blind: result.blind)
        } catch {
            throw Failure.reported(error)
        }
        if failOnViolation && found { throw ExitCode(1) }
    }
}
