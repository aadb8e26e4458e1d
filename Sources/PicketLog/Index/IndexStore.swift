/// The index files of a log. They are made when they are needed, kept where the folder can be written, and never
/// believed where they do not fit their segment.
struct IndexStore {
    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem

    init(_ folder: LogFolder, _ shape: LogShape, _ fileSystem: any LogFileSystem) {
        self.folder = folder
        self.shape = shape
        self.fileSystem = fileSystem
    }

    /// The blocks of the segment that begins with record `first` in which records that `query` wants can lie; nil while
    /// the segment is not full.
    func candidates(_ query: LogQuery, in first: UInt64) throws(LogError) -> [SegmentIndex.Zone]? {
        let segment = folder.segmentFile(first, shape)
        guard let end = try SegmentFile.end(of: segment, first, shape, fileSystem) else { return nil }
        let group = folder.indexFolder(first, shape)
        let path = folder.indexFile(first, shape)
        if let status = try fileSystem.status(path), status.size <= SegmentIndex.byteLimit,
            let index = SegmentIndex(try fileSystem.open(path, .read).read(at: 0, count: status.size), root: end.root),
            let zones = index.candidates(query)
        {
            return zones
        }
        guard let bytes = try IndexBuilder.build(folder, first, shape, root: end.root, fileSystem) else { return nil }
        keep(bytes, path, group)
        return SegmentIndex(bytes, root: end.root)?.candidates(query)
    }

    /// Writes an index file. Where that fails, the next query makes the index again: nothing depends on it.
    private func keep(_ bytes: [UInt8], _ path: String, _ group: String) {
        do throws(LogError) {
            try fileSystem.makeFolder(folder.indexes)
            try fileSystem.makeFolder(group)
            try fileSystem.replaceFile(path, in: group, with: bytes)
        } catch {
            // A read-only copy, a full disk, another owner: the answer is the same, only slower next time.
            return
        }
    }
}
