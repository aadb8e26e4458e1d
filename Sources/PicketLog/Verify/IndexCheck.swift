/// Compares the indexes of a log with its segments. Nothing is ever concluded from an index, but one that somebody forged
/// hides records from queries, and whoever asked would not know.
struct IndexCheck {
    let folder: LogFolder
    let shape: LogShape
    let fileSystem: any LogFileSystem

    /// Makes the index of every full segment anew and compares what both say. A file that no query would take up, because
    /// it is damaged or of another segment, hides nothing.
    func run(_ report: inout VerifyReport) throws(LogError) {
        var same = 0
        for first in try folder.segmentFiles(shape, fileSystem).filter({ $0 >= report.pruned }) {
            let path = folder.indexFile(first, shape)
            guard let status = try fileSystem.status(path), !status.isFolder, status.size <= SegmentIndex.byteLimit,
                let end = try SegmentFile.end(of: folder.segmentFile(first, shape), first, shape, fileSystem),
                let kept = SegmentIndex(
                    try fileSystem.open(path, .read).read(at: 0, count: status.size), root: end.root)
            else { continue }
            guard let bytes = try IndexBuilder.build(folder, first, shape, root: end.root, fileSystem),
                let made = SegmentIndex(bytes, root: end.root), made.says(sameAs: kept)
            else {
                report.add(
                    .tampered, path,
                    "is not the index of its segment: queries miss records. Delete it, and the next makes it anew",
                    index: first)
                continue
            }
            same += 1
        }
        report.indexes = same
    }
}
