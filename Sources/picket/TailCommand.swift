import ArgumentParser
import Foundation
import PicketEvents
import PicketLog
import PicketService

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Shows records as they come into a log: events, violations, and what Picket did.",
        discussion: """
            It reads the log folder, also while picket run writes it, and never disturbs it. That somebody reads is one \
            record of the log, however long it follows.

            Examples:
              picket tail --data picket-data
              picket tail --data picket-data --kind violation --output json
              picket tail --data picket-data --from-start --no-follow
            """)

    @Option(help: ArgumentHelp("The data folder of picket run, or a log folder.", valueName: "folder"))
    var data = "./picket-data"

    @Option(name: .customLong("kind"), parsing: .singleValue, help: "Only records of this kind; may be repeated.")
    var kinds: [String] = []

    @Option(help: ArgumentHelp("How many of the newest records to show first.", valueName: "count"))
    var last = 10

    @Flag(help: "Begin with the first record of the log.")
    var fromStart = false

    @Flag(inversion: .prefixedNo, help: "Go on as records come.")
    var follow = true

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let folder = LogFolder.isLogFolder(data) ? data : "\(data)/log"
        for kind in kinds where EventKind(name: kind) == nil {
            throw ValidationError(
                "Unknown kind '\(kind)'. Known: \(EventKind.allCases.map { "\($0.name)" }.joined(separator: ", ")).")
        }
        do {
            let end = Access.end(of: folder)
            Access.record(.tail, words, in: LogPlace(folder))
            var records = try RecordTail(
                folder: folder, kinds: kinds, last: fromStart ? nil : last, end: end, follows: follow)
            var out = StandardOutput()
            while true {
                let lines = try records.next()
                for line in lines {
                    try out.line(output.isJSON ? line : Array(RecordText.line(line, colors: output.mayColor(1)).utf8))
                }
                try out.flush()
                if lines.isEmpty {
                    guard follow else { break }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        } catch {
            throw Failure.reported(error)
        }
    }

    /// What is read, as the record of the reading says it.
    private var words: [String] {
        kinds.map { "kind=\($0)" } + [fromStart ? "from=start" : "last=\(last)"] + (follow ? ["follow"] : [])
    }
}
