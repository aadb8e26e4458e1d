/// Compares the files of tiles with the tree that the records make.
struct TileCheck {
    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem
    /// Tiles below must be there: they were durable before that many records were signed.
    private let signedSize: UInt64

    init(_ folder: LogFolder, _ shape: LogShape, signedSize: UInt64, _ fileSystem: any LogFileSystem) {
        self.folder = folder
        self.shape = shape
        self.signedSize = signedSize
        self.fileSystem = fileSystem
    }

    /// Compares one tile. Of what is not known nothing can be said: its records were found damaged, or are gone.
    func check(_ tile: Tile, _ report: inout VerifyReport) throws(LogError) {
        guard let bytes = tile.bytes else { return }
        let path = folder.tileFile(tile.number).path
        guard let found = try fileSystem.contents(of: path, limit: bytes.count) else {
            if (tile.number + 1) * shape.tileRecords <= signedSize {
                report.add(.incomplete, path, "the tile is not there")
            }
            return
        }
        guard found == bytes else {
            report.add(.tampered, path, "the tile is not that of the records", index: tile.number * shape.tileRecords)
            return
        }
        report.tiles += 1
    }
}
