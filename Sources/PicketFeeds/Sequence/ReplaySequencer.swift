import Crypto
package import PicketEvents

/// Gives the events of a historical input their place in time (DESIGN §5, engine time, replay): an event's engine time
/// is its own time, and `received` the newest engine time accepted so far in the input. No clock is read.
package struct ReplaySequencer: Sendable {
    /// The newest engine time accepted so far; `Int64.min` before the first event.
    package private(set) var newest = Int64.min

    package init() {}

    /// Stamps the events of `decoded`.
    ///
    /// - Parameters:
    ///   - peek: the first readable time after this block in the same input, asked for only when the last event of the
    ///     block jumps ahead; nil at the end of the input.
    package mutating func stamp(_ decoded: inout DecodedBlock, peek: () -> Int64?) {
        let count = decoded.batch.count
        for row in 0..<count {
            let head = decoded.batch.head[row]
            if head.kind != .rejected, head.flags.contains(.hasTime) {
                let time = decoded.batch.time[row]
                if time <= newest {
                    decoded.batch.received[row] = newest
                    continue
                }
                if newest == .min || time &- newest <= Limits.timeJump || isConfirmed(time, row, decoded.batch, peek) {
                    newest = time
                    decoded.batch.received[row] = time
                    continue
                }
                reject(row, .timeJump, &decoded)
            } else if head.kind != .rejected, newest == .min {
                reject(row, .noTime, &decoded)
            }
            stampUntimed(row, &decoded.batch, peek)
        }
    }

    /// Whether the next line with a readable time lies within a day of `time`.
    private func isConfirmed(
        _ time: Int64, _ row: Int, _ batch: borrowing EventBatch, _ peek: () -> Int64?
    ) -> Bool {
        guard let next = ReplaySequencer.firstTime(batch, from: row + 1) ?? peek() else { return false }
        return abs(next - time) <= Limits.timeJump
    }

    /// The first readable time in `batch` from `row` on, as the decoder left it; also of a line that was rejected for
    /// something else.
    package static func firstTime(_ batch: borrowing EventBatch, from row: Int) -> Int64? {
        for later in row..<max(batch.count, row) where batch.time[later] > 0 { return batch.time[later] }
        return nil
    }

    /// A record without a time of its own happens when the newest before it did.
    private func stampUntimed(_ row: Int, _ batch: inout EventBatch, _ peek: () -> Int64?) {
        let time = newest != .min ? newest : ReplaySequencer.firstTime(batch, from: row + 1) ?? peek() ?? 0
        batch.time[row] = time
        batch.received[row] = time
        batch.engineTime[row] = time
    }

    private func reject(_ row: Int, _ reason: RejectionReason, _ decoded: inout DecodedBlock) {
        let line = decoded.line(of: row)
        let hash = Array(SHA256.hash(data: decoded.batch.text[line]))
        decoded.batch.reject(row: row, reason: reason, length: line.count, sha256: hash)
    }
}

extension DecodedBlock {
    /// The bytes of the line that event `row` came from, without its line end.
    package func line(of row: Int) -> Range<Int> {
        var end = Int(lineEnds[row])
        if end > 0, batch.text[end - 1] == 0x0A { end -= 1 }
        // Not the end of the event before: blank lines may stand between.
        let start = batch.text[..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return start..<end
    }
}
