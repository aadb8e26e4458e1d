import Foundation
import PicketLog

/// The records of a log from near its end, and those that come after.
package struct RecordTail {
    private var reader: LogReader
    private let kinds: [String]
    /// Lines kept until the end is reached for the first time, so that only the newest are shown; nil afterwards.
    private var first: [[UInt8]]?
    private let last: Int
    /// What was the end when the reading began.
    private let end: UInt64
    /// Whether records after that end are wanted.
    private let follows: Bool
    /// Records after that end that were read together with those before it.
    private var later: [[UInt8]] = []

    /// - Parameters:
    ///   - kinds: only these; empty for all.
    ///   - last: how many of the newest records to begin with; nil for all.
    ///   - end: the index after the newest of them. That somebody reads is itself a record, which comes after.
    ///   - follows: whether to go on after `end`.
    /// - Throws: `LogError` when there is no log in `folder`.
    package init(folder: String, kinds: [String], last: Int?, end: UInt64 = .max, follows: Bool = true) throws {
        self.end = end
        self.follows = follows
        reader = try LogReader(folder: folder)
        self.kinds = kinds
        self.last = max(last ?? 0, 0)
        first = last == nil ? nil : []
    }

    /// The next records, as canonical lines; empty at the present end of the log.
    package mutating func next() throws -> [[UInt8]] {
        if first == nil, !later.isEmpty {
            defer { later = [] }
            return later
        }
        while follows || reader.position < end, let block = try reader.next() {
            guard first != nil else {
                let lines = wanted(follows ? block : block.below(end))
                if lines.isEmpty { continue }
                return lines
            }
            let early = block.below(end)
            let lines = wanted(early)
            first?.append(contentsOf: lines)
            let excess = (first?.count ?? 0) - last
            if excess > 0 { first?.removeFirst(excess) }
            guard early.count < block.count else { continue }
            if follows { later = wanted(block.from(early.endIndex)) }
            break
        }
        guard let kept = first else { return [] }
        first = nil
        return kept.isEmpty ? try next() : kept
    }

    private func wanted(_ block: LogBlock) -> [[UInt8]] {
        block.bytes.split(separator: 0x0A).map(Array.init).filter(isWanted)
    }

    /// Whether the line is of a wanted kind. The kind stands near the start of every canonical line; a text that looks
    /// like it stands later, with its quotes escaped.
    private func isWanted(_ line: [UInt8]) -> Bool {
        guard !kinds.isEmpty else { return true }
        let text = String(decoding: line, as: UTF8.self)
        guard let key = text.range(of: "\"kind\":\"") else { return false }
        return kinds.contains { text[key.upperBound...].hasPrefix("\($0)\"") }
    }
}
