import PicketLog
import PicketService

/// Leaves a record of a command that reads the log, and says so where that is not possible.
enum Access {
    static func record(_ action: AccessRecord.Action, _ what: [String], in place: LogPlace) {
        guard let reason = ControlClient(place: place).record(AccessRecord(action, what)) else { return }
        StandardOutput.say("picket: this reading could not be recorded in the log: \(reason)")
    }

    /// The index after the records there are now: what a reading shows ends before its own record. A log that is damaged is
    /// read up to the damage, and that is told there.
    static func end(of folder: String) -> UInt64 {
        do {
            return try LogExtent.present(folder: folder)
        } catch {
            return .max
        }
    }
}
