import ArgumentParser
import Foundation
import PicketLog
import PicketService

struct LogVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks that a log is what was signed: every record is read and hashed again.",
        discussion: """
            It needs nothing but the files and changes none of them. What it cannot prove, it says. tools/verify_log.py \
            gives the same verdicts without Picket. A daemon that writes the log is told when it is sound, and records it.

            Examples:
              picket log verify picket-data/log
              picket log verify picket-data/log --key 'example.com/picket+b6771af9+AQOh…'
              picket log verify /mnt/copy/log --since-checkpoint october.checkpoint --output json

            Exit code 0: sound. 1: tampered. 2: incomplete, nothing more is proven. 3: unreadable, also a key or a checkpoint \
            that is none.
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    @Option(
        name: .customLong("key"), parsing: .singleValue,
        help: ArgumentHelp(
            "A public key you have from somebody you trust; may be repeated. Without it the log's own word counts.",
            valueName: "vkey"))
    var keys: [String] = []

    @Option(help: ArgumentHelp("A checkpoint you kept: the log must extend it.", valueName: "file"))
    var sinceCheckpoint: String?

    @Flag(help: "Also compare the indexes: a forged one hides records from queries.")
    var index = false

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let trusted = try keys.map { text in
            guard let key = NoteKey(text) else {
                StandardOutput.say(
                    "picket: '\(text)' is no key. A key is NAME+ID+KEY, as picket log keys show prints it")
                throw Failure.unreachable
            }
            return key
        }
        var since: [UInt8]?
        if let sinceCheckpoint {
            guard let data = FileManager.default.contents(atPath: sinceCheckpoint) else {
                StandardOutput.say("picket: \(sinceCheckpoint): cannot be read. Check the path")
                throw Failure.unreachable
            }
            since = [UInt8](data)
        }
        let report = verify(trusted, since)
        var out = StandardOutput()
        do {
            if output.isJSON {
                for line in report.lines { try out.line(line) }
            } else {
                try out.raw(Array(report.text.utf8))
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
        if report.verdict != .sound { throw ExitCode(report.verdict.rawValue) }
        // The daemon that writes this log says in /metrics when it was verified.
        let client = ControlClient(place: LogPlace(folder))
        guard let problem = client.tell(.verified(records: report.records)) else { return }
        StandardOutput.say("picket: the daemon that writes this log does not know that it was verified: \(problem)")
    }

    private func verify(_ trusted: [NoteKey], _ since: [UInt8]?) -> VerifyReport {
        let log = LogPlace(folder).folder
        let bar = ProgressBar("verifying")
        defer { bar.finish() }
        // Only for the bar: what is wrong with the log the verifier says.
        let extent = try? LogExtent.read(folder: log)
        return LogVerifier(folder: log, trusted: trusted, since: since, comparesIndexes: index).run { end in
            guard let extent else { return }
            bar.update(ReplayProgress(done: end - min(extent.first, end), total: extent.end - extent.first))
        }
    }
}
