import ArgumentParser
import PicketLog
import PicketState

struct LogRebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Makes the tables of devices, violations and feeds anew from the log.",
        discussion: """
            The tables are state.db beside the log folder. They hold nothing that is not in the log, and are brought up to \
            date whenever a command asks them; this makes them from the first record on.

            Example:
              picket log rebuild picket-data
            """)

    @Argument(help: ArgumentHelp("The data folder of picket run, or its log folder.", valueName: "folder"))
    var folder: String

    mutating func run() async throws {
        let place = LogPlace(folder)
        guard let file = StatePlace(place).file else {
            StandardOutput.say(
                "picket: \(place.folder) is not the log of a data folder: its tables are made in memory at each question"
            )
            throw Failure.configuration
        }
        do {
            // A folder without a log must not lose anything by a slip of the hand.
            _ = try LogReader(folder: place.folder)
            let records = try StateDatabase(path: file).rebuild(from: place.folder)
            StandardOutput.say("picket: \(file) holds \(records) records")
            let first = try LogExtent.read(folder: place.folder).first
            if first > 0 {
                StandardOutput.say(
                    "picket: retention deleted the records below \(first); what only they said, the tables do not say any more"
                )
            }
        } catch {
            throw Failure.reported(error)
        }
    }
}
