/// Gathers the hashes of tiles as the tree grows.
struct TileBuilder: Sendable {
    private let log2: Int
    private var tile: Tile

    /// Goes on in a tree of `size` records. Hashes that lie before are unknown.
    init(_ shape: LogShape, after size: UInt64) {
        log2 = shape.tileLog2
        let groups = size >> UInt64(log2)
        tile = Tile(
            number: groups >> UInt64(log2),
            hashes: [TreeHash?](repeating: nil, count: Int(groups & (1 << UInt64(log2) - 1))))
    }

    /// Adds the next hash; nil when it is not known.
    ///
    /// - Returns: the tile that it completes.
    mutating func add(_ hash: TreeHash?) -> Tile? {
        tile.hashes.append(hash)
        guard tile.hashes.count == 1 << log2 else { return nil }
        defer { tile = Tile(number: tile.number + 1, hashes: []) }
        return tile
    }
}
