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

    init(_ sizes: some Sequence<UInt64>, _ shape: LogShape) {
        self.sizes = Set(sizes).filter { $0 > 0 }.sorted()
        self.shape = shape
    }

    /// Adds a block by its leaves, or by its root where it is full and nobody signed within it.
    mutating func add(_ leaves: [TreeHash], root: TreeHash) {
        let end = size + UInt64(leaves.count)
        let isPlain = UInt64(leaves.count) == shape.blockRecords && (next == sizes.count || sizes[next] >= end)
        if isPlain, add(subtree: root, level: shape.blockLog2) { return }
        for leaf in leaves {
            frontier.append(leaf) { [shape] level, node in
                if level == shape.segmentLog2 { segmentRoot = node }
            }
            note()
        }
    }

    /// Adds a complete subtree by its root.
    mutating func add(subtree root: TreeHash, level: Int) -> Bool {
        let isAdded = frontier.append(subtree: root, level: level) { [shape] level, node in
            if level == shape.segmentLog2 { segmentRoot = node }
        }
        if isAdded { note() }
        return isAdded
    }

    private mutating func note() {
        while next < sizes.count, sizes[next] <= size {
            if sizes[next] == size { heads[size] = frontier.head }
            next += 1
        }
    }
}
