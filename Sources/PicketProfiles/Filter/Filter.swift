package import PicketEvents

/// Which events of a metric count for a behavior: `where` of a profile, compiled.
///
/// All terms must match. Equal filters are equal values, whatever the order they were written in, so that behaviors can
/// share what they compute.
package struct Filter: Hashable, Sendable {
    /// The only kinds that pass; nil when `where` does not restrict them.
    package let kinds: EventKindSet?
    /// All of them must match; in a fixed order.
    package let terms: [Term]
    /// The time of day at which events count; nil when they always do.
    package let hours: HoursWindow?

    package init(kinds: EventKindSet? = nil, terms: [Term] = [], hours: HoursWindow? = nil) {
        self.kinds = kinds
        self.terms = terms.sorted { $0.description < $1.description }
        self.hours = hours
    }

    /// Whether event `row` passes. Allocates nothing.
    package func matches(_ row: Int, of batch: borrowing EventBatch) -> Bool {
        if let kinds, !kinds.contains(batch.head[row].kind) { return false }
        for index in terms.indices where !terms[index].matches(row, of: batch) { return false }
        return hours?.contains(batch.engineTime[row]) ?? true
    }
}

extension Filter: CustomStringConvertible {
    /// The filter in words: `kind is deliver and topic ends with /unlock`.
    package var description: String {
        var parts: [String] = []
        if let kinds { parts.append("kind is \(kinds.kinds.map { "\($0.name)" }.joined(separator: " or "))") }
        parts += terms.map(\.description)
        if let hours { parts.append("the time is \(hours)") }
        return parts.joined(separator: " and ")
    }
}
