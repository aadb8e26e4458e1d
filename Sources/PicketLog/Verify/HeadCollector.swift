/// Grows the tree and keeps its head at every size that somebody signed.
struct HeadCollector {
    private var frontier = TreeFrontier()
    /// Ascending.
    private let sizes: [UInt64]
    private var next = 0
    private(set) var heads: [UInt64: TreeHash] = [:]
    /// The head over all records added.
    var head: TreeHash { frontier.head }
    /// Records added.
    var size: UInt64 { frontier.size }
    /// The root of the last segment that became full.
    private(set) var segmentRoot: TreeHash?
    private let shape: LogShape
    private var tiles: TileBuilder
    private var fullTiles: [Tile] = []

    init(_ sizes: some Sequence<UInt64>, _ shape: LogShape) {
        self.sizes = Set(sizes).filter { $0 > 0 }.sorted()
        self.shape = shape
        tiles = TileBuilder(shape, after: 0)
    }

    /// Adds a block by its leaves, or by the heads of its `groups` (as many records as a tile has hashes) where it is full
    /// and nobody signed within it.
    mutating func add(_ leaves: [TreeHash], groups: [TreeHash] = []) {
        let end = size + UInt64(leaves.count)
        let isPlain = UInt64(leaves.count) == shape.blockRecords && (next == sizes.count || sizes[next] >= end)
        if isPlain, UInt64(groups.count) << UInt64(shape.tileLog2) == shape.blockRecords,
            groups.allSatisfy({ add(subtree: $0, level: shape.tileLog2) })
        {
            return
        }
        for leaf in leaves { _ = add(subtree: leaf, level: 0) }
    }

    /// Adds a complete subtree by its root.
    mutating func add(subtree root: TreeHash, level: Int) -> Bool {
        var tileHash: TreeHash?
        let isAdded = frontier.append(subtree: root, level: level) { [shape] level, node in
            if level == shape.tileLog2 { tileHash = node }
            if level == shape.segmentLog2 { segmentRoot = node }
        }
        guard isAdded else { return false }
        if let tileHash {
            noteTile(tileHash)
        } else if level > shape.tileLog2 {
            noteUnknown(level)
        }
        note()
        return true
    }

    /// Gives the tiles away that became full.
    mutating func takeTiles() -> [Tile] {
        defer { fullTiles = [] }
        return fullTiles
    }

    /// The hashes under a subtree of which only the root is known.
    private mutating func noteUnknown(_ level: Int) {
        if level >= 2 * shape.tileLog2 {
            tiles = TileBuilder(shape, after: size)
        } else {
            for _ in 0..<1 << (level - shape.tileLog2) { noteTile(nil) }
        }
    }

    private mutating func noteTile(_ hash: TreeHash?) {
        if let tile = tiles.add(hash) { fullTiles.append(tile) }
    }

    private mutating func note() {
        while next < sizes.count, sizes[next] <= size {
            if sizes[next] == size { heads[size] = frontier.head }
            next += 1
        }
    }
}
