import ArgumentParser
import PicketEvents
import PicketFeeds
import PicketLog
import PicketService
import PicketState

struct ViolationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "violations",
        abstract: "What is open and why; what a person decides about it.",
        subcommands: [List.self, Show.self, Verify.self], defaultSubcommand: List.self)

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
                let entries = try state.tables().violations(isOpen: !all, device: device)
                var out = StandardOutput()
                for entry in entries {
                    try out.line(output.isJSON ? Array(entry.newest.utf8) : Array(VisibleLine.text(entry).utf8))
                }
                try out.flush()
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
            abstract: "Prints every record of one violation, decisions included.",
            discussion: """
                Example:
                  picket violations show 5f3a01c2
                """)

        @Argument(help: ArgumentHelp("The id, or its first digits.", valueName: "id"))
        var id: String

        @OptionGroup var state: StateOptions

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
                        for match in matches where names(match.line, entry.id) { try out.line(match.line) }
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

    struct Verify: AsyncParsableCommand {
        /// AWS's verification states.
        enum State: String, ExpressibleByArgument, CaseIterable {
            case truePositive = "true-positive"
            case benignPositive = "benign-positive"
            case falsePositive = "false-positive"
            case unknown
        }

        static let configuration = CommandConfiguration(
            abstract: "Records what a person thinks of a violation.",
            discussion: """
                The running daemon records it; when none runs, this command does.

                Example:
                  picket violations verify 5f3a01c2 false-positive --note 'load test, see ticket 812'
                """)

        @Argument(help: ArgumentHelp("The id, or its first digits.", valueName: "id"))
        var id: String

        @Argument(help: "true-positive, benign-positive, false-positive or unknown.")
        var verdict: State

        @Option(help: "Why.")
        var note: String?

        @OptionGroup var state: StateOptions

        mutating func run() async throws {
            do {
                let entry = try state.violation(id)
                let answer = try ControlClient(data: state.data)
                    .decide(.verify(violation: entry.id, state: verdict.rawValue, note: note))
                StandardOutput.say("picket: \(answer.message)")
                if !answer.isDone { throw Failure.unreachable }
            } catch {
                throw Failure.reported(error)
            }
        }
    }
}
