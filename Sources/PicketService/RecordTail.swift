import Foundation
import PicketLog

/// The records of a log from near its end, and those that come after.
package struct RecordTail {
    private var reader: LogReader
    private let kinds: [String]
    /// Lines kept until the end is reached for the first time, so that only the newest are shown; nil afterwards.
    private var first: [[UInt8]]?
    private let last: Int

    /// - Parameters:
    ///   - kinds: only these; empty for all.
    ///   - last: how many of the newest records to begin with; nil for all.
    /// - Throws: `LogError` when there is no log in `folder`.
    package init(folder: String, kinds: [String], last: Int?) throws {
        reader = try LogReader(folder: folder)
        self.kinds = kinds
        self.last = max(last ?? 0, 0)
        first = last == nil ? nil : []
    }

    /// The next records, as canonical lines; empty at the present end of the log.
    package mutating func next() throws -> [[UInt8]] {
        while let block = try reader.next() {
            let lines = block.bytes.split(separator: 0x0A).map(Array.init).filter(isWanted)
            guard first != nil else {
                if lines.isEmpty { continue }
                return lines
            }
            first?.append(contentsOf: lines)
            let excess = (first?.count ?? 0) - last
            if excess > 0 { first?.removeFirst(excess) }
        }
        guard let kept = first else { return [] }
        first = nil
        return kept
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
