/// Records on their way into the log: the bytes of all lines, each ended by a line feed, where they end, and when they
/// were received.
package struct RecordBuffer: Sendable {
    /// All lines, each followed by LF.
    package private(set) var bytes: [UInt8] = []
    /// For every line the position after its LF in ``bytes``.
    package private(set) var ends: [Int] = []
    /// For every line its `received` time in Unix milliseconds. Blocks keep the smallest and the largest of theirs, taken
    /// from the lines themselves where all of them begin with it.
    package private(set) var times: [Int64] = []

    package init() {}

    /// The number of lines.
    package var count: Int { ends.count }

    package var isEmpty: Bool { ends.isEmpty }

    /// Adds one line, given without a line feed.
    package mutating func append(line: [UInt8], time: Int64) {
        bytes.append(contentsOf: line)
        endLine(time)
    }

    /// Adds one line that `body` appends to ``bytes``, without a line feed.
    @inline(__always)
    package mutating func append(time: Int64, _ body: (inout [UInt8]) -> Void) {
        body(&bytes)
        endLine(time)
    }

    package mutating func removeAll(keepingCapacity: Bool = true) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
        ends.removeAll(keepingCapacity: keepingCapacity)
        times.removeAll(keepingCapacity: keepingCapacity)
    }

    /// Where line `row` lies in ``bytes``, without its line feed.
    package func line(_ row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<(ends[row] - 1) }

    private mutating func endLine(_ time: Int64) {
        bytes.append(0x0A)
        ends.append(bytes.count)
        times.append(time)
    }
}
