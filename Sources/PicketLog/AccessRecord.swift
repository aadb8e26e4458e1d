import PicketEvents

/// A record that somebody read the log: who saw what is part of what happened. It is written before anything is shown, so
/// that a reading that is broken off is not forgotten.
package struct AccessRecord {
    /// What is done with the log.
    package enum Action: String, Codable, Sendable {
        case query, export, prove, report, cat, tail, replay
        /// It was verified, with a verdict: only a daemon that runs is told, as verifying itself changes no file.
        case verify
    }

    package var action: Action
    /// Which records are read, in words such as `device=sensor-1`; empty for all.
    package var what: [String]

    /// That the log was verified and sound, with so many records.
    package static func verified(records: UInt64) -> AccessRecord {
        AccessRecord(.verify, [soundVerdict, "records=\(records)"])
    }

    /// What stands in ``what`` of a log that was found sound.
    package static let soundVerdict = "verdict=sound"

    /// Whether it says that the log was found sound.
    package var isSound: Bool { action == .verify && what.contains(AccessRecord.soundVerdict) }

    /// Whether `line`, a record of kind `log`, says so.
    package static func isSound(line: some Collection<UInt8>) -> Bool {
        line.contains(Array("\"action\":\"verify\"".utf8)) && line.contains(Array("\"\(soundVerdict)\"".utf8))
    }

    package init(_ action: Action, _ what: [String]) {
        self.action = action
        self.what = what
    }

    /// Appends the record to the log at `place`.
    ///
    /// - Parameter time: now, Unix ms.
    /// - Returns: why it could not be recorded; nil when it is, durably, or when there is no log at all.
    package func append(to place: LogPlace, time: Int64) -> String? {
        guard LogFolder.isLogFolder(place.folder) else { return nil }
        return OfflineRecords([line(by: OfflineRecords.user, time: time)]).append(to: place, time: time)
    }

    /// The line of the record.
    ///
    /// - Parameter by: who reads, as the system says it.
    package func line(by: String, time: Int64) -> [UInt8] {
        var line = RecordLine(received: time, kind: .log)
        line.add("action", action.rawValue)
        line.add("by", by)
        line.add("what", what)
        return line.finish()
    }
}
