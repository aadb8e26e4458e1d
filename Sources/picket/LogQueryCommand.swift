import ArgumentParser
import PicketLog

struct LogQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Prints the records of a log that fit, one JSON object a line, in log order.",
        discussion: """
            Examples:
              picket log query picket-data/log --device sensor-000614 --from 2026-11-18
              picket log query picket-data/log --kind violation --severity high --severity critical
              picket log query picket-data/log --certificate 4A:0F --with-index
              picket log query picket-data/log --user alice --from 2026-11-18T11:00:00Z --to 2026-11-18T12:00:00Z

            The first query makes an index beside the log; it can be deleted at any time. That somebody asked is a record \
            of the log.
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    @OptionGroup var options: QueryOptions

    @Flag(help: "Print {\"index\":…,\"record\":…} instead: the place of each record in the log, which log prove takes.")
    var withIndex = false

    mutating func run() async throws {
        let query = try options.query()
        let place = LogPlace(folder)
        Access.record(.query, query.words, in: place)
        var out = StandardOutput()
        do {
            var reader = try QueryReader(folder: place.folder, query)
            while let matches = try reader.next() {
                for match in matches {
                    if withIndex { try out.line(match.indexedLine) } else { try out.line(match.line) }
                }
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}
