import Foundation
import PicketEvents
import PicketState

/// What the tables say, as one line of JSON for programs.
enum StateLine {
    /// A violation: its newest record, and behind its keys what people decided of it.
    static func json(_ entry: ViolationEntry, _ silence: SilenceEntry?) -> [UInt8] {
        var more = RecordLine()
        if let state = entry.verification { more.add("verification", state) }
        if let by = entry.verifiedBy { more.add("verifiedBy", by) }
        if let note = entry.note { more.add("note", note) }
        if let silence {
            more.add("silencedUntil", time: silence.until)
            more.add("silenceReason", silence.reason)
            more.add("silenceOwner", silence.owner)
        }
        let keys = more.finish()
        guard keys.count > 2, entry.newest.last == "}" else { return Array(entry.newest.utf8) }
        return Array(entry.newest.utf8.dropLast()) + [0x2C] + keys.dropFirst()
    }

    /// A silence.
    static func json(_ silence: SilenceEntry) -> [UInt8] {
        var line = RecordLine()
        line.add("violation", silence.violation)
        line.add("profile", silence.profile)
        line.add("behavior", silence.behavior)
        line.add("subject", silence.kind)
        line.add(silence.kind, silence.subject)
        line.add("since", time: silence.since)
        line.add("until", time: silence.until)
        line.add("reason", silence.reason)
        line.add("owner", silence.owner)
        line.add("by", silence.by)
        return line.finish()
    }
}
