import Foundation
import PicketEvents

/// A record of the log that a report speaks of, with its fields.
struct ReportRecord {
    var index: UInt64
    var kind: EventKind
    var received: Int64
    let fields: [String: Any]

    /// Nil when the line is no object.
    init?(_ note: LaneTally.Note) {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(note.line)) as? [String: Any] else {
            return nil
        }
        index = note.index
        kind = note.kind
        received = note.received
        self.fields = fields
    }

    func text(_ key: String) -> String? { fields[key] as? String }
    func time(_ key: String) -> Int64? { text(key).flatMap { Timestamp.parse($0) } }
    func texts(_ key: String) -> [String] { fields[key] as? [String] ?? [] }
    func flag(_ key: String) -> Bool { fields[key] as? Bool ?? false }

    /// The value of a key as text, whatever it is.
    func any(_ key: String) -> String? { fields[key].map { "\($0)" } }

    /// The keys that say what it is, in words: for records whose kind has no table of its own.
    func words(without: Set<String>) -> String {
        let left = fields.keys.filter { !without.union(["received", "feed", "kind", "time"]).contains($0) }.sorted()
        return left.map { key in
            guard let value = fields[key], !(value is String),
                let data = try? JSONSerialization.data(
                    withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
            else { return "\(key)=\(any(key) ?? "")" }
            return "\(key)=\(String(decoding: data, as: UTF8.self))"
        }.joined(separator: " ")
    }
}
