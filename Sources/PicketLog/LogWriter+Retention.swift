import PicketEvents

extension LogWriter {
    /// Deletes the segments whose records are all older than `cutoff`, oldest first, never the newest, and only what a
    /// checkpoint covers. The log says so in a record before anything is deleted.
    ///
    /// - Parameters:
    ///   - cutoff: the first `received` time to keep, Unix ms.
    ///   - time: now, Unix ms.
    /// - Returns: the first index that is left, when anything was deleted. A log that is not signed is left whole: nobody
    ///   could tell its retention from a theft.
    package func prune(before cutoff: Int64, time: Int64) throws(LogError) -> UInt64? {
        guard let signing else { return nil }
        let (folder, shape) = (setup.folder, setup.format.shape)
        var list = try PrunedList.read(folder, fileSystem)
        let known = list.roots.count
        for first in try folder.segmentFiles(shape, fileSystem).dropLast() where first == list.below(shape) {
            guard let end = try SegmentFile.end(of: folder.segmentFile(first, shape), first, shape, fileSystem),
                end.latest < cutoff, first + shape.segmentRecords <= signing.signedSize
            else { break }
            list.roots.append(end.root)
        }
        guard list.roots.count > known else { return nil }
        let gone = (known..<list.roots.count).map { UInt64($0) << UInt64(shape.segmentLog2) }
        let profiles = PrunedProfiles.find(in: gone, folder, shape, fileSystem)
        list.record = nextIndex
        try append(pruneRecord(below: list.below(shape), profiles, time))
        try signNow()
        try fileSystem.replaceFile(folder.pruned, in: folder.path, with: list.encoded())
        try LogWriter.removePruned(list, folder, shape, fileSystem)
        return list.below(shape)
    }

    /// Deletes the files of the segments in a list; a start after a crash does it again.
    ///
    /// - Throws: before anything is deleted, when a segment is not the one that the list names: a list that was damaged or
    ///   made up must not delete what nobody let go.
    static func removePruned(
        _ list: PrunedList, _ folder: LogFolder, _ shape: LogShape, _ fileSystem: any LogFileSystem
    ) throws(LogError) {
        let below = list.below(shape)
        let gone = try folder.segmentFiles(shape, fileSystem).filter { $0 < below }
        for first in gone {
            let path = folder.segmentFile(first, shape)
            guard
                try SegmentFile.end(of: path, first, shape, fileSystem)?.root
                    == list.roots[Int(first >> shape.segmentLog2)]
            else { throw LogError.corrupt(folder.pruned, "names other records than \(path) holds", index: first) }
        }
        for first in gone {
            // The tiles first: they are found by their segment.
            let tiles = first / shape.tileRecords..<(first + shape.segmentRecords) / shape.tileRecords
            for (path, folders) in tiles.map(folder.tileFile) where try fileSystem.status(path) != nil {
                try fileSystem.remove(path)
                try fileSystem.syncFolder(folders.last ?? folder.tiles)
            }
            let index = folder.indexFile(first, shape)
            if try fileSystem.status(index) != nil { try fileSystem.remove(index) }
            try fileSystem.remove(folder.segmentFile(first, shape))
            try fileSystem.syncFolder(folder.segmentFolder(first, shape))
        }
    }

    private func pruneRecord(below: UInt64, _ profiles: String?, _ time: Int64) -> RecordBuffer {
        var line = RecordLine(received: time, kind: .log)
        if let profiles { line.add(PrunedProfiles.key, profiles) }
        line.add("action", "pruned")
        line.add("below", Int64(clamping: below))
        var buffer = RecordBuffer()
        buffer.append(line: line.finish(), time: time)
        return buffer
    }
}
