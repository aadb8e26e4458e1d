import Foundation
import PicketLog

/// What users did: who, what and with which result, each with how often, when and in which records.
struct UserActs: Sendable {
    /// Acts of one user with one result.
    struct Act: Sendable {
        var user: String
        var action: String
        var outcome: String
        var span: LaneTally.Span
        /// `received` of the first and of the last, Unix ms.
        var first: Int64
        var last: Int64
    }

    private struct Entry: Sendable {
        var span = LaneTally.Span()
        var first = Int64.max
        var last = Int64.min
    }

    /// By the three values as they stand in the line, each ended by a zero byte.
    private var entries: [[UInt8]: Entry] = [:]
    /// More than ``limit`` different acts came: then none is listed, since which of them were first hangs on who read what.
    private(set) var isOver = false

    /// The most different acts. Whoever writes the feed chooses the names, and does not fill the memory.
    private let limit: Int

    init(limit: Int = 200_000) { self.limit = limit }

    private static let keys = ["user", "action", "outcome"].map { Array($0.utf8) }

    /// Counts the act in `line` of `bytes`.
    mutating func add(_ bytes: [UInt8], _ line: Range<Int>, _ index: UInt64, _ received: Int64) {
        var values = [Range<Int>](repeating: 0..<0, count: UserActs.keys.count)
        LineFields.forEach(bytes, line) { key, value in
            if let place = UserActs.keys.firstIndex(where: { bytes[key].elementsEqual($0) }),
                bytes[value.lowerBound] == 0x22
            {
                values[place] = (value.lowerBound + 1)..<(value.upperBound - 1)
            }
            return true
        }
        var key: [UInt8] = []
        for value in values { key += bytes[value] + [0] }
        guard entries[key] != nil || entries.count < limit else {
            isOver = true
            return
        }
        var entry = entries[key] ?? Entry()
        entry.span.add(index)
        entry.first = min(entry.first, received)
        entry.last = max(entry.last, received)
        entries[key] = entry
    }

    /// Adds what another lane saw.
    mutating func merge(_ other: UserActs) {
        isOver = isOver || other.isOver
        entries.merge(other.entries) { mine, theirs in
            var both = mine
            both.span.merge(theirs.span)
            both.first = min(mine.first, theirs.first)
            both.last = max(mine.last, theirs.last)
            return both
        }
        isOver = isOver || entries.count > limit
    }

    /// All acts, by user, action and outcome; none where there were too many.
    var sorted: [Act] {
        guard !isOver else { return [] }
        return entries.map { key, entry in
            let texts = key.dropLast().split(separator: 0, omittingEmptySubsequences: false).map { NameCounts.text($0) }
            return Act(
                user: texts[0], action: texts[1], outcome: texts[2], span: entry.span, first: entry.first,
                last: entry.last)
        }.sorted { ($0.user, $0.action, $0.outcome) < ($1.user, $1.action, $1.outcome) }
    }
}
