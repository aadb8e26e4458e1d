import ArgumentParser
import PicketLog
import PicketState

/// Which log a command asks about, and its tables.
struct StateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder of picket run, or a log folder.", valueName: "folder"))
    var data = "picket-data"

    var place: LogPlace { LogPlace(data) }

    /// The tables, as far as the log goes now.
    func tables() throws -> StateDatabase { try StateOptions.tables(in: data) }

    /// The tables of the log in `folder`, as far as it goes now.
    static func tables(in folder: String) throws -> StateDatabase {
        let place = LogPlace(folder)
        let database = try StateDatabase(path: StatePlace(place).file)
        try database.catchUp(with: place.folder)
        return database
    }

    /// The violation whose id begins with `prefix`.
    func violation(_ prefix: String) throws -> ViolationEntry {
        let found = try tables().violations(idPrefix: prefix)
        guard let entry = found.first, found.count == 1 else {
            StandardOutput.say(
                found.isEmpty
                    ? "picket: no violation has an id that begins with '\(prefix)'. List them: picket violations --all"
                    : "picket: several violations have an id that begins with '\(prefix)'. Write more of it.")
            throw Failure.findings
        }
        return entry
    }
}
