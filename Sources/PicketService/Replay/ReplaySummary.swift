import Crypto
import PicketEvents

/// What `replay --summary` ends with (DESIGN §8).
package struct ReplaySummary: Sendable {
    package var events = 0
    package var rejected = 0
    package var late = 0
    package var subjects = 0
    /// In-alarm transitions by `profile/behavior`, in the order of the profiles.
    package var violations: [(behavior: String, count: Int)] = []
    package var blind: [Blindness] = []
    /// The times of the first and the newest record that was read.
    package var span: (first: Int64, last: Int64)?
    /// Of a log: its first record; greater than 0 where retention deleted what was before.
    package var firstIndex: UInt64 = 0
    /// Whether a log was read, which holds what people decided, and not files of a feed.
    package var isOfLog = false
    /// Wall-clock seconds.
    package var seconds = 0.0
    /// SHA-256 of all violation lines without `why`, each ended by LF.
    package var violationsHash = ""

    /// One line of JSON.
    package var json: [UInt8] {
        var out = Array("{".utf8)
        func add(_ key: String, _ json: some Sequence<UInt8>) {
            if out.count > 1 { out.append(0x2C) }
            CanonicalJSON.appendString(key, to: &out)
            out.append(0x3A)
            out.append(contentsOf: json)
        }
        add("events", "\(events)".utf8)
        add("rejected", "\(rejected)".utf8)
        add("late", "\(late)".utf8)
        add("subjects", "\(subjects)".utf8)
        var counts = RecordLine()
        for (behavior, count) in violations { counts.add(behavior, Int64(count)) }
        add("violations", counts.finish())
        add("blind", Array("[".utf8) + blind.map(\.json).joined(separator: Array(",".utf8)) + Array("]".utf8))
        add("seconds", "\((seconds * 1_000).rounded() / 1_000)".utf8)
        add("eventsPerSecond", "\(seconds > 0 ? Int(Double(events) / seconds) : 0)".utf8)
        add("violationsHash", "\"\(violationsHash)\"".utf8)
        out.append(0x7D)
        return out
    }
}

/// Hashes violations in their order, so that two runs can be compared by one line.
struct ViolationsHash {
    private var hash = SHA256()

    mutating func add(_ violation: Violation) {
        hash.update(data: violation.json(why: false))
        hash.update(data: [0x0A])
    }

    var hex: String { Hex.string(hash.finalize()) }
}

extension ReplaySummary {
    /// For a person.
    package var text: String {
        var lines = [
            "\(events) events from \(subjects) subjects in \((seconds * 100).rounded() / 100) s"
                + " (\(seconds > 0 ? Int(Double(events) / seconds) : 0) per second);"
                + " \(rejected) rejected, \(late) late"
        ]
        for (behavior, count) in violations {
            lines.append("  \(behavior): \(count) violation\(count == 1 ? "" : "s")")
        }
        lines.append("violations hash \(violationsHash)")
        return lines.joined(separator: "\n")
    }
}
