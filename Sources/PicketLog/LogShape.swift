/// How records are grouped. It is fixed when a log is created and stands in its FORMAT file.
package struct LogShape: Equatable, Sendable {
    /// A block ends at every multiple of 2^blockLog2 records.
    package let blockLog2: Int
    /// A segment holds 2^segmentLog2 records.
    package let segmentLog2: Int
    /// A tile holds 2^tileLog2 hashes, each over as many records.
    package let tileLog2: Int

    /// The shape of every log outside tests: blocks of 1,024, segments of 262,144 (DESIGN §6), tiles of 256 hashes
    /// (c2sp.org/tlog-tiles).
    package static let standard = LogShape(unchecked: 10, 18, 8)

    /// Fails for shapes no reader needs to know: tiny ones for tests, up to 2^24 records a segment. A tile ends where a
    /// block ends and lies in one segment.
    package init?(blockLog2: Int, segmentLog2: Int, tileLog2: Int) {
        guard (2...10).contains(blockLog2), segmentLog2 > blockLog2, segmentLog2 <= 24,
            (1...blockLog2).contains(tileLog2), (blockLog2...segmentLog2).contains(2 * tileLog2)
        else { return nil }
        self.init(unchecked: blockLog2, segmentLog2, tileLog2)
    }

    private init(unchecked blockLog2: Int, _ segmentLog2: Int, _ tileLog2: Int) {
        self.blockLog2 = blockLog2
        self.segmentLog2 = segmentLog2
        self.tileLog2 = tileLog2
    }

    /// Records in a full block.
    package var blockRecords: UInt64 { 1 << UInt64(blockLog2) }

    /// Records under one tile.
    package var tileRecords: UInt64 { 1 << UInt64(2 * tileLog2) }

    /// Records in a full segment.
    package var segmentRecords: UInt64 { 1 << UInt64(segmentLog2) }

    /// The first index after `index` at which a block must end.
    package func blockEnd(after index: UInt64) -> UInt64 { ((index >> UInt64(blockLog2)) + 1) << UInt64(blockLog2) }

    /// The first record of the segment that holds `index`.
    package func segmentStart(of index: UInt64) -> UInt64 { (index >> UInt64(segmentLog2)) << UInt64(segmentLog2) }
}
