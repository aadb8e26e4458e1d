import ArgumentParser
import PicketLog

struct LogCatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Prints every record of a log folder, one JSON object a line, in order.",
        discussion: """
            The same bytes as zcat of its segments, and the newest records that are in no segment yet. That somebody asked \
            is a record of the log, after those that are printed.

            Examples:
              picket log cat picket-data/log
              picket log cat picket-data/log | jq 'select(.kind == "violation")'
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    mutating func run() async throws {
        let place = LogPlace(folder)
        var out = StandardOutput()
        do {
            let end = Access.end(of: place.folder)
            Access.record(.cat, [], in: place)
            var reader = try LogReader(folder: place.folder)
            while reader.position < end, let block = try reader.next() { try out.raw(block.below(end).bytes) }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}
