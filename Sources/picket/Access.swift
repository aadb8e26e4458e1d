import PicketLog
import PicketService

/// Leaves a record of a command that reads the log, and says so where that is not possible.
enum Access {
    static func record(_ action: AccessRecord.Action, _ what: [String], in place: LogPlace) {
        guard let reason = ControlClient(place: place).record(AccessRecord(action, what)) else { return }
        StandardOutput.say("picket: this reading could not be recorded in the log: \(reason)")
    }
}
