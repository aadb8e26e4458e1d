import ArgumentParser
import Glibc
import PicketLog
import PicketService

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

            --output text is for reading. The first query makes an index beside the log; it can be deleted at any time. \
            That somebody asked is a record of the log.
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    @OptionGroup var options: QueryOptions

    @Option(help: ArgumentHelp("json (the bytes of the log) or text, for a person.", valueName: "form"))
    var output = OutputOptions.Form.json

    @Flag(help: "Print {\"index\":…,\"record\":…} instead: the place of each record in the log, which log prove takes.")
    var withIndex = false

    private func form(_ match: QueryReader.Match) -> [UInt8] {
        guard output == .text else { return withIndex ? match.indexedLine : match.line }
        let isColored = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
        let text = RecordText.line(match.line, colors: isColored)
        return Array((withIndex ? "\(match.index)  \(text)" : text).utf8)
    }

    mutating func run() async throws {
        let query = try options.query()
        let place = LogPlace(folder)
        Access.record(.query, query.words, in: place)
        var out = StandardOutput()
        do {
            var reader = try QueryReader(folder: place.folder, query)
            while let matches = try reader.next() {
                for match in matches { try out.line(form(match)) }
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}
