/// A record that Picket wrote itself and that detection must see again when the log is read: it says which feeds
/// there are, when time passed in silence, what was not seen, and what was decided about violations and devices.
package enum ControlRecord: Equatable, Sendable {
    case feed(FeedRecord)
    case tick(TickRecord)
    case gap(GapRecord)
    case profile(ProfileRecord)
    case silence(SilenceRecord)
    case verdict(VerdictRecord)
    case membership(MembershipRecord)

    /// The record as a canonical line.
    package func line() -> [UInt8] {
        switch self {
        case .feed(let record): record.line()
        case .tick(let record): record.line()
        case .gap(let record): record.line()
        case .profile(let record): record.line()
        case .silence(let record): record.record.line()
        case .verdict(let record): record.record.line()
        case .membership(let record): record.line()
        }
    }
}

/// Time passed and nothing came, while something waited for time to pass.
package struct TickRecord: Equatable, Sendable {
    /// Unix milliseconds.
    package var received: Int64

    package init(received: Int64) { self.received = received }

    package func line() -> [UInt8] { RecordLine(received: received, kind: .tick).finish() }
}

/// A stretch of time that a feed did not report.
package struct GapRecord: Equatable, Sendable {
    package var received: Int64
    /// The feed that was not seen.
    package var name: String
    /// The stretch, in Unix milliseconds of engine time: `from` inclusive, `to` exclusive.
    package var from: Int64
    package var to: Int64
    package var cause: String
    /// How many events are missing, where that is known.
    package var lost: Int64?

    package init(received: Int64, name: String, from: Int64, to: Int64, cause: String, lost: Int64? = nil) {
        self.received = received
        self.name = name
        self.from = from
        self.to = to
        self.cause = cause
        self.lost = lost
    }

    /// Whether Picket was there, and the feed's source could not be reached.
    package var isFeedAway: Bool { cause == "broker-unreachable" }

    package func line() -> [UInt8] {
        var line = RecordLine(received: received, kind: .gap)
        line.add("name", name)
        line.add("from", time: from)
        line.add("to", time: to)
        line.add("cause", cause)
        if let lost { line.add("lost", lost) }
        return line.finish()
    }
}

/// The profiles in force from here on, named by the hash of a copy in the log folder.
package struct ProfileRecord: Equatable, Sendable {
    package var received: Int64
    /// SHA-256 of the copy, in hexadecimal; the copy is `profiles/<sha256>.json` in the log folder.
    package var sha256: String
    package var profiles: [String]

    package init(received: Int64, sha256: String, profiles: [String]) {
        self.received = received
        self.sha256 = sha256
        self.profiles = profiles
    }

    package func line() -> [UInt8] {
        var line = RecordLine(received: received, kind: .profile)
        line.add("sha256", sha256)
        line.add("profiles", profiles)
        return line.finish()
    }
}
