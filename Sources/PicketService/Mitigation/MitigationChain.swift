import Foundation
import PicketEvents
package import PicketLog
package import PicketMitigation
import PicketProfiles

/// What led to a mitigation, with the places of the records in the log: the events that were counted, and the violation.
package struct MitigationChain: Sendable {
    /// Records of one kind.
    package struct Stretch: Equatable, Sendable {
        package var kind: String
        package var count: Int
        package var first: UInt64
        package var last: UInt64
    }

    /// The record of the violation; nil when retention took it.
    package private(set) var violation: UInt64?
    package private(set) var why = ""
    /// What the log holds of the device in the time that the violation is about, by kind.
    package private(set) var events: [Stretch] = []

    /// - Parameter intent: whose causes are wanted.
    package static func read(folder: String, _ intent: Intent) throws(LogError) -> MitigationChain {
        var chain = MitigationChain()
        var from: Int64?
        var query = LogQuery()
        query.add(.kind, "violation")
        var subject: IndexedKey?
        try forEach(folder, query) { index, record in
            guard record["id"] as? String == intent.violation, record["event"] as? String == "in-alarm" else { return }
            chain.violation = index
            subject = (record["subject"] as? String).flatMap { IndexedKey(name: $0) }
            chain.why = record["why"] as? String ?? ""
            guard let time = (record["time"] as? String).flatMap({ Timestamp.parse($0) }) else { return }
            let seconds = (record["window"] as? String).flatMap { Durations.seconds($0) } ?? 0
            from = time - Int64(seconds) * 1_000
        }
        guard let from, let end = chain.violation, let subject else { return chain }
        query = LogQuery()
        query.add(subject, intent.device)
        query.toIndex = end
        var stretches: [String: Stretch] = [:]
        try forEach(folder, query) { index, record in
            guard record["feed"] as? String != RecordLine.feedName, let kind = record["kind"] as? String,
                let time = (record["time"] ?? record["received"]) as? String, let at = Timestamp.parse(time), at >= from
            else { return }
            stretches[kind, default: Stretch(kind: kind, count: 0, first: index, last: index)].count += 1
            stretches[kind]?.last = index
        }
        chain.events = stretches.values.sorted { $0.first < $1.first }
        return chain
    }

    private static func forEach(
        _ folder: String, _ query: LogQuery, _ body: (UInt64, [String: Any]) -> Void
    ) throws(LogError) {
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                if let record = try? JSONSerialization.jsonObject(with: Data(match.line)) as? [String: Any] {
                    body(match.index, record)
                }
            }
        }
    }

    /// One line for the events of each kind, and one for the violation.
    package func lines(_ intent: Intent, asJSON: Bool) -> [[UInt8]] {
        if asJSON {
            var lines = events.map { stretch in
                var line = RecordLine()
                line.add("events", stretch.kind)
                line.add("count", Int64(stretch.count))
                line.add("first", Int64(stretch.first))
                line.add("last", Int64(stretch.last))
                return line.finish()
            }
            guard let violation else { return lines }
            var line = RecordLine()
            line.add("record", Int64(violation))
            line.add("violation", intent.violation)
            line.add("why", why)
            lines.append(line.finish())
            return lines
        }
        var lines = events.map { stretch in
            let (first, last) = (stretch.first, stretch.last)
            let place = first == last ? "record \(first)" : "records \(first) to \(last)"
            return "  \(place)  \(stretch.count) × \(stretch.kind)"
        }
        if let violation { lines.append("  record \(violation)  violation: \(ViolationText.printable(why))") }
        return lines.map { Array($0.utf8) }
    }
}
