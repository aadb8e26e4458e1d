/// Writes tiles beside the segments. A tile is durable before a checkpoint covers its records.
struct TileWriter: Sendable {
    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem

    init(_ folder: LogFolder, _ shape: LogShape, _ fileSystem: any LogFileSystem) {
        self.folder = folder
        self.shape = shape
        self.fileSystem = fileSystem
    }

    /// The last full tile below `end`, when a crash came between its records and its file.
    func missing(below end: UInt64, from first: UInt64) throws(LogError) -> Tile? {
        let tiles = end / shape.tileRecords
        guard tiles > first / shape.tileRecords,
            try fileSystem.status(folder.tileFile(tiles - 1).path) == nil
        else { return nil }
        return Tile(number: tiles - 1, hashes: [TreeHash?](repeating: nil, count: 1 << shape.tileLog2))
    }

    /// Writes a tile whose records are in the segments: what is not known of it is made from them.
    func write(_ tile: Tile) throws(LogError) {
        let (path, folders) = folder.tileFile(tile.number)
        let isKnown = tile.hashes.allSatisfy { $0 != nil }
        guard let bytes = isKnown ? tile.bytes : try completed(tile).bytes else { return }
        var parent = folder.path
        for folder in folders {
            // Each time: a process that was killed may have left a folder that is not durable yet.
            try fileSystem.makeFolder(folder)
            try fileSystem.syncFolder(parent)
            parent = folder
        }
        try fileSystem.replaceFile(path, in: parent, with: bytes)
    }

    private func completed(_ tile: Tile) throws(LogError) -> Tile {
        var tile = tile
        var tree = try LogTree(folder: folder.path, fileSystem: fileSystem)
        for place in tile.hashes.indices where tile.hashes[place] == nil {
            let first = tile.number * shape.tileRecords + UInt64(place) << UInt64(shape.tileLog2)
            tile.hashes[place] = try tree.node(level: shape.tileLog2, first)
        }
        return tile
    }
}
