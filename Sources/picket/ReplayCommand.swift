import ArgumentParser
import Foundation
import PicketEvents
import PicketFeeds
import PicketLog
import PicketProfiles
import PicketService

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs historical feeds, or a log folder, through profiles.",
        discussion: """
            Examples:
              picket replay sample-logs/incident.mosquitto.log --profile profiles/
              picket replay yesterday.ndjson.gz --profile sensor.yaml --summary
              picket replay export.csv --feed export.yaml --profile p.yaml
              picket replay feed.ndjson --profile p.yaml --write-log audit/ --sign-with audit.key
              picket replay audit/ --profile p.yaml --fail-on-violation
              picket replay picket-data
              picket replay picket-data/log --from 2026-11-18 --to 2026-11-19T06:00:00Z --device sensor-7
              picket replay picket-data/log --profile stricter.yaml --against picket-data/log

            Without --profile the log of picket run is replayed with the profiles that were in force, each from its record \
            on: the violations are those in the log.

            Violations come out in order, as lines of JSON, or as text when standard output is a terminal. --from, --to and \
            the subjects choose among them; the records before are read all the same, so that windows are full and what \
            is open is known.

            --against compares with the violations that a log recorded, prints the differences instead, each with its \
            cause, and ends with exit code 1 when there is one. With the profiles that were in force there is none.
            """)

    @Argument(
        help: ArgumentHelp("Files (also .gz), - for standard input, or one log or data folder.", valueName: "input"))
    var inputs: [String]

    @Option(
        name: .customLong("profile"), parsing: .singleValue,
        help: "A profile file or a folder of them; may be repeated.")
    var profiles: [String] = []

    @Option(help: ArgumentHelp("The fleet file: which devices there are, and their groups.", valueName: "file"))
    var fleet: String?

    @Option(
        help: ArgumentHelp(
            "One of \(FeedFormat.names). Without it the first lines tell.", valueName: "format"))
    var format: String?

    @Option(
        help: ArgumentHelp(
            "How user names in a broker log were proved: password, certificate or client-id. Without it the fleet file "
                + "says so, or by password.", valueName: "rule"))
    var identity: String?

    @Option(
        help: ArgumentHelp(
            "How the inputs are read: a file with the keys of a feed of the configuration, format, identity, reports, "
                + "fields and csv.", valueName: "file"))
    var feed: String?

    @Option(help: ArgumentHelp("Write every record into a new log folder.", valueName: "folder"))
    var writeLog: String?

    @Option(
        help: ArgumentHelp(
            "Sign that log with the key in this file, made for it by picket log keys create.", valueName: "file"))
    var signWith: String?

    @Option(help: ArgumentHelp("Compression level of that log, 1 to 9.", visibility: .hidden))
    var level = 6

    @Option(help: ArgumentHelp("The most events in a batch; changes nothing but speed.", visibility: .hidden))
    var batchEvents = 8_192

    @Option(help: ArgumentHelp("Only violations from this time on (RFC 3339, or a day in UTC).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Only violations before this time.", valueName: "time"))
    var to: String?

    @Option(parsing: .singleValue, help: "Only violations of this device; may be repeated.")
    var device: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this user; may be repeated.")
    var user: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this address; may be repeated.")
    var address: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this topic; may be repeated.")
    var topic: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this certificate, by its serial number; may be repeated.")
    var certificate: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this feed, by its name; may be repeated.")
    var feedName: [String] = []

    @Option(help: ArgumentHelp("Compare with the violations that this log recorded.", valueName: "log"))
    var against: String?

    @Flag(help: "End with exit code 1 when there was a violation.")
    var failOnViolation = false

    @Flag(help: "End with one object: what was read, what was found, what could not be seen.")
    var summary = false

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let set = try ProfileArguments.loadSet(profiles, fleet: fleet, output)
        let loaded = set.profiles
        var job = ReplayJob(inputs: inputs, profiles: loaded)
        job.fleet = set.fleet
        job.set = set
        guard signWith == nil || writeLog != nil else {
            throw ValidationError("--sign-with signs the log that --write-log writes; give both.")
        }
        job.writeLog = writeLog
        job.signWith = signWith
        job.level = level
        job.batchEvents = max(batchEvents, 1)
        let reading = try reading()
        job.format = reading.format
        job.options = reading.options(FleetInForce(set.fleet))
        job.selection = try selection()
        recordReading(&job)
        let bar = ProgressBar("reading")
        job.progress = { bar.update($0) }
        if let against {
            try compare(job, with: LogPlace(against).folder, loaded, bar)
            return
        }
        var writer = ViolationWriter(output)
        var found = false
        do {
            let result = try job.run { violations in
                found = found || violations.contains { $0.event == .inAlarm }
                bar.finish()
                try writer.write(violations)
            }
            bar.finish()
            try writer.finish(result, isAskedFor: summary)
        } catch {
            bar.finish()
            // What was found before stands, also when the input broke off.
            try? writer.flush()
            throw Failure.reported(error)
        }
        if failOnViolation && found { throw ExitCode(1) }
    }

    private func compare(
        _ job: ReplayJob, with log: String, _ profiles: [SecurityProfile], _ bar: ProgressBar
    ) throws {
        var out = StandardOutput()
        do {
            let isItself = inputs.count == 1 && isSame(LogPlace(inputs[0]).folder, log)
            var comparison = try ReplayComparison(
                log: log, selection: job.selection, end: isItself ? job.end : .max)
            let summary = try job.run { comparison.take($0) }
            bar.finish()
            let result = try comparison.result(profiles: profiles, fleet: job.fleet, summary: summary)
            for difference in result.differences {
                if output.isJSON { try out.line(difference.json) } else { try out.line(difference.text.utf8) }
            }
            if output.isJSON { try out.line(result.json) } else { try out.line(result.text.utf8) }
            try out.flush()
            if !result.differences.isEmpty { throw Failure.findings }
        } catch {
            bar.finish()
            throw Failure.reported(error)
        }
    }

    /// A replay of a log reads it: who did is a record there, after those that are replayed.
    private func recordReading(_ job: inout ReplayJob) {
        var logs = inputs.map { LogPlace($0).folder }.filter { LogFolder.isLogFolder($0) }
        if let input = logs.first, inputs.count == 1 { job.end = Access.end(of: input) }
        if let against {
            let log = LogFolder(LogPlace(against).folder)
            if LogFolder.isLogFolder(log.path), !logs.contains(where: { isSame($0, log.path) }) {
                logs.append(log.path)
            }
        }
        for log in logs { Access.record(.replay, profiles.map { "profile=\($0)" }, in: LogPlace(log)) }
    }

    /// Whether two paths are one folder, however they are written.
    private func isSame(_ first: String, _ second: String) -> Bool {
        func real(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        return real(first) == real(second)
    }

    /// How the inputs are read: what the file says, and the options on top of it.
    private func reading() throws -> Configuration.Feed {
        var reading = Configuration.Feed(name: "", source: .standardInput)
        if let feed {
            let (found, problems) = FeedReadingReader.load(path: feed)
            ProfileArguments.say(problems, output)
            guard let found else { throw Failure.configuration }
            reading = found
        }
        if let format {
            guard let known = FeedFormat(rawValue: format) else {
                throw ValidationError("Unknown format '\(format)'. Known: \(FeedFormat.names).")
            }
            reading.format = known
        }
        if let identity {
            guard let rule = IdentityRule(rawValue: identity) else {
                throw ValidationError("Unknown identity rule '\(identity)'. Known: password, certificate, client-id.")
            }
            reading.identity = rule
            reading.isIdentityGiven = true
        }
        return reading
    }

    private func selection() throws -> ReplaySelection {
        var selection = try ReplaySelectionText.selection(from: from, to: to)
        let given: [(SubjectKind, [String])] = [
            (.device, device), (.user, user), (.address, address), (.topic, topic), (.feed, feedName),
            (.certificate, certificate.map { CertificateSerial.normal($0) ?? $0 }),
        ]
        for (kind, names) in given {
            selection.subjects.formUnion(names.map { ReplaySelection.Subject(kind, $0) })
        }
        return selection
    }
}
