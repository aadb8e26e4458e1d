import Foundation
import PicketLog

/// Leaves a record of a command that reads the log, and says so where that is not possible.
enum Access {
    static func record(_ action: AccessRecord.Action, _ what: [String], in place: LogPlace) {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        guard let reason = AccessRecord(action, what).append(to: place, time: now) else { return }
        StandardOutput.say("picket: this reading could not be recorded in the log: \(reason)")
    }
}
