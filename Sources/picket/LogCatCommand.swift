import ArgumentParser
import PicketLog

struct LogCatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Prints every record of a log folder, one JSON object a line, in order.",
        discussion: """
            The same bytes as zcat of its segments, and the newest records that are in no segment yet.

            Examples:
              picket log cat picket-data/log
              picket log cat picket-data/log | jq 'select(.kind == "violation")'
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    mutating func run() async throws {
        var out = StandardOutput()
        do {
            var reader = try LogReader(folder: LogPlace(folder).folder)
            while let block = try reader.next() { try out.raw(block.bytes) }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}
