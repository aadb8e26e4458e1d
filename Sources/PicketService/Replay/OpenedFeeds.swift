import Foundation
import PicketEvents
import PicketFeeds
import PicketLog

/// How late events of each feed may come and still count, as the log's `opened` records say. They are read when they are first
/// asked for: they stand among the records of how far each feed was read, of which a year has many.
final class OpenedFeeds {
    private struct Opening {
        /// Unix ms.
        var received: Int64
        var lateness: Int64
    }

    private let folder: String
    private var known: [String: [Opening]]?
    /// Feeds that were read before a record opened them, by name.
    private var early: Set<String> = []

    /// What a feed allows that was never opened, in milliseconds.
    static let usualLateness: Int64 = 10_000

    init(log folder: String) { self.folder = folder }

    /// How late an event of `feed` that was received at `received` could come, in milliseconds.
    func lateness(of feed: String, at received: Int64) throws -> Int64 {
        let openings = try read()[feed] ?? []
        return (openings.last { $0.received <= received } ?? openings.first)?.lateness ?? OpenedFeeds.usualLateness
    }

    func greatestLateness() throws -> Int64 {
        try read().values.joined().map(\.lateness).max() ?? OpenedFeeds.usualLateness
    }

    /// A feed that was read before the first record that opens it, if that record comes after `time` or not at all.
    func unopened(at time: Int64) throws -> String? {
        let known = try read()
        return early.sorted().first { name in known[name]?.first.map { $0.received > time } ?? true }
    }

    private func read() throws -> [String: [Opening]] {
        if let known { return known }
        var found: [String: [Opening]] = [:]
        var query = LogQuery()
        query.add(.kind, "feed")
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                guard case .feed(let record) = ControlRecord(line: Data(match.line)) else { continue }
                if record.state == .opened {
                    found[record.name, default: []].append(
                        Opening(received: record.received, lateness: record.lateness ?? OpenedFeeds.usualLateness))
                } else if found[record.name] == nil {
                    early.insert(record.name)
                }
            }
        }
        known = found
        return found
    }
}
