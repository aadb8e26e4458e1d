import PicketEvents

/// Cuts the sequence of records into blocks, and grows the tree over them.
struct BlockBuilder {
    private let shape: LogShape
    /// The tree over all records added so far.
    private(set) var frontier: TreeFrontier
    /// Blocks that are complete, oldest first, until the owner takes them.
    private(set) var completed: [Block] = []

    private var bytes: [UInt8] = []
    private var leaves: [TreeHash] = []
    private var earliest = Int64.max
    private var latest = Int64.min
    private var times = LineTimes()
    private var tiles: TileBuilder
    /// The tile that the present block completes.
    private var tile: Tile?
    /// A guess of the next block's size, so that its bytes are not moved as they grow.
    private var expectedBytes = 0

    /// Goes on after the records of `frontier`, all of which are in blocks.
    init(shape: LogShape, after frontier: TreeFrontier) {
        self.shape = shape
        self.frontier = frontier
        tiles = TileBuilder(shape, after: frontier.size)
    }

    /// The index of the next record.
    var nextIndex: UInt64 { frontier.size }

    /// Records that are in no block yet.
    var openCount: Int { leaves.count }

    /// Adds `buffer[rows]`.
    mutating func add(_ buffer: borrowing RecordBuffer, _ rows: Range<Int>) {
        for row in rows {
            let line = buffer.line(row)
            if bytes.count + line.count + 1 > LogLimits.blockBytes { endBlock() }
            bytes.append(contentsOf: buffer.bytes[line.lowerBound..<(line.upperBound + 1)])
            let time = buffer.times[row]
            earliest = min(earliest, time)
            latest = max(latest, time)
            times.add(buffer.bytes, line)
            let leaf = TreeHash.leaf(buffer.bytes, line)
            leaves.append(leaf)
            var blockRoot: TreeHash?
            var segmentRoot: TreeHash?
            var tileHash: TreeHash?
            frontier.append(leaf) { [shape] level, node in
                if level == shape.tileLog2 { tileHash = node }
                if level == shape.blockLog2 { blockRoot = node }
                if level == shape.segmentLog2 { segmentRoot = node }
            }
            if let tileHash, let full = tiles.add(tileHash) { tile = full }
            if let blockRoot {
                let isFull = UInt64(leaves.count) == shape.blockRecords
                endBlock(root: isFull ? blockRoot : TreeHash.head(of: leaves), segmentRoot: segmentRoot)
            }
        }
    }

    /// Completes a short block of what is there, if anything is.
    mutating func endBlock() { endBlock(root: TreeHash.head(of: leaves), segmentRoot: nil) }

    /// Gives the completed blocks away.
    mutating func takeCompleted() -> [Block] {
        defer { completed = [] }
        return completed
    }

    private mutating func endBlock(root: TreeHash, segmentRoot: TreeHash?) {
        guard !leaves.isEmpty else { return }
        // What the lines say stands, so that a verifier can compare it; what the caller said, where they say nothing.
        let (earliest, latest) = times.range ?? (earliest, latest)
        expectedBytes = bytes.count + bytes.count / 16
        completed.append(
            Block(
                firstIndex: frontier.size - UInt64(leaves.count), count: UInt32(leaves.count), bytes: bytes,
                earliest: earliest, latest: latest, root: root, segmentRoot: segmentRoot, tile: tile))
        bytes = []
        bytes.reserveCapacity(expectedBytes)
        leaves.removeAll(keepingCapacity: true)
        self.earliest = .max
        self.latest = .min
        times = LineTimes()
        tile = nil
    }
}
