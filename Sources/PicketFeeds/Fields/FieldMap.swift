import PicketEvents

/// Which of a feed's own fields are which of Picket's keys, for feeds that spell them in a way of their own.
package struct FieldMap: Hashable, Sendable {
    /// Where the value of one of Picket's keys comes from.
    package struct Field: Hashable, Sendable {
        /// One of ``FieldMap/keys``, or a member of one of ``FieldMap/objects``: `metrics.cpu`.
        package var key: String
        /// The name of the feed's field; a path with dots for one inside of another (a field whose name is the whole path
        /// comes first); of CSV also the number of the column, from 1. Nil for a constant.
        package var source: String?
        /// The value of every event.
        package var constant: String?
        /// What the feed's values stand for. Others stay as they are.
        package var values: [String: String] = [:]

        package init(key: String, source: String? = nil, constant: String? = nil, values: [String: String] = [:]) {
            self.key = key
            self.source = source
            self.constant = constant
            self.values = values
        }
    }

    /// In the order in which they were written.
    package var fields: [Field]

    package init(_ fields: [Field] = []) { self.fields = fields }

    /// The keys that a field can be. `received`, `feed` and `identity` are never a feed's to say.
    package static let keys: [String] = InputSlot.allCases.filter {
        ![.received, .feed, .identity, .unknown, .clock, .connection].contains($0)
    }.map { "\($0)" }

    /// The keys whose value is an object, of which a field can be a member.
    package static let objects = ["tls", "certificate", "metrics", "symptoms", "payload"]

    /// Whether a field can be `key`.
    package static func isKey(_ key: String) -> Bool {
        let parts = key.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 1 ? keys.contains(key) : objects.contains(String(parts[0])) && !parts[1].isEmpty
    }
}
