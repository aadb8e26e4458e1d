import ArgumentParser
import Foundation
import PicketEvents
import PicketFeeds
import PicketLog
import PicketService
import PicketState

struct ViolationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "violations",
        abstract: "What is open and why; what a person decides about it.",
        subcommands: [
            List.self, Show.self, ViolationsVerifyCommand.self, ViolationsSilenceCommand.self,
            ViolationsSilencesCommand.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists violations, those that opened last first.",
            discussion: """
                Examples:
                  picket violations
                  picket violations list --data picket-data --all --device sensor-000614
                """)

        @Flag(help: "Also those that have ended.")
        var all = false

        @Option(help: "Only those of this device.")
        var device: String?

        @OptionGroup var state: StateOptions
        @OptionGroup var output: OutputOptions

        mutating func run() async throws {
            do {
                let what = [all ? "violations" : "violations=open"] + (device.map { ["device=\($0)"] } ?? [])
                Access.record(.query, what, in: state.place)
                let tables = try state.tables()
                let entries = try tables.violations(isOpen: !all, device: device)
                let silences = try tables.silences()
                let now = Int64(Date().timeIntervalSince1970 * 1_000)
                var out = StandardOutput()
                for entry in entries {
                    let silence = silences.first { $0.isAbout(entry) }
                    try out.line(
                        output.isJSON
                            ? StateLine.json(entry, silence) : Array(VisibleLine.text(entry, silence, now: now).utf8))
                }
                try out.flush()
                for silence in silences where silence.until <= now {
                    guard let entry = entries.first(where: { $0.ended == nil && silence.isAbout($0) }) else { continue }
                    StandardOutput.say(
                        "picket: the silence of \(entry.id.prefix(8)) ended at \(Timestamp.format(silence.until)), and it is "
                            + "still open; if it is right to look away, silence it again")
                }
                if !output.isJSON, entries.isEmpty {
                    StandardOutput.say(all ? "picket: no violation is in the log" : "picket: no violation is open")
                }
            } catch {
                throw Failure.reported(error)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every record of one violation, decisions included; `picket why` says what it rests on.",
            discussion: """
                Example:
                  picket violations show 5f3a01c2
                """)

        @Argument(help: ArgumentHelp("The id, or its first digits.", valueName: "id"))
        var id: String

        @OptionGroup var state: StateOptions
        @OptionGroup var output: OutputOptions

        mutating func run() async throws {
            do {
                let entry = try state.violation(id)
                Access.record(.query, ["violation=\(entry.id)"], in: state.place)
                var out = StandardOutput()
                for kind in ["violation", "operator"] {
                    var query = LogQuery()
                    query.add(.kind, kind)
                    query.fromIndex = UInt64(clamping: entry.firstIndex)
                    var reader = try QueryReader(folder: state.place.folder, query)
                    while let matches = try reader.next() {
                        for line in matches.map(\.line) where names(line, entry.id) {
                            let text = output.isJSON ? nil : RecordText.line(line, colors: output.mayColor(1))
                            try out.line(text.map { Array($0.utf8) } ?? line)
                        }
                    }
                }
                try out.flush()
            } catch {
                throw Failure.reported(error)
            }
        }

        /// Whether a record is about this violation.
        private func names(_ line: [UInt8], _ id: String) -> Bool {
            var isAbout = false
            LineFields.forEach(line, 0..<line.count) { key, value in
                let name = line[key]
                guard name.elementsEqual("id".utf8) || name.elementsEqual("violation".utf8) else { return true }
                isAbout = line[value].elementsEqual("\"\(id)\"".utf8)
                return !isAbout
            }
            return isAbout
        }
    }
}
