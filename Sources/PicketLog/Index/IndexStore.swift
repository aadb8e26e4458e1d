import Dispatch

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
        if keep(bytes, path, group) { makeNext(after: first, below: query.toIndex) }
        return SegmentIndex(bytes, root: end.root)?.candidates(query)
    }

    /// Makes the index files that the segments after `first` do not have, on all processors: whoever asks a log for the first
    /// time needs them all. Only where the one before could be kept, else each would be made again when its turn comes.
    private func makeNext(after first: UInt64, below end: UInt64) {
        var missing: [UInt64] = []
        var next = first + shape.segmentRecords
        while next < end, missing.count < IndexStore.ahead,
            (try? fileSystem.status(folder.segmentFile(next, shape))) ?? nil != nil
        {
            if ((try? fileSystem.status(folder.indexFile(next, shape))) ?? nil) == nil { missing.append(next) }
            next += shape.segmentRecords
        }
        guard missing.count > 1 else { return }
        DispatchQueue.concurrentPerform(iterations: missing.count) { [missing] number in
            let first = missing[number]
            // What is wrong with a segment is told by whoever reads it: here it only stays without index.
            guard let end = try? SegmentFile.end(of: folder.segmentFile(first, shape), first, shape, fileSystem),
                let bytes = try? IndexBuilder.build(folder, first, shape, root: end.root, fileSystem)
            else { return }
            _ = keep(bytes, folder.indexFile(first, shape), folder.indexFolder(first, shape))
        }
    }

    /// Segments whose index is made together: one for each processor of a usual machine, since each needs memory.
    private static let ahead = 4

    /// Writes an index file. Where that fails, the next query makes the index again: nothing depends on it.
    ///
    /// - Returns: whether it is there now.
    private func keep(_ bytes: [UInt8], _ path: String, _ group: String) -> Bool {
        do throws(LogError) {
            try fileSystem.makeFolder(folder.indexes)
            try fileSystem.makeFolder(group)
            try fileSystem.replaceFile(path, in: group, with: bytes)
            return true
        } catch {
            // A read-only copy, a full disk, another owner: the answer is the same, only slower next time.
            return false
        }
    }
}
