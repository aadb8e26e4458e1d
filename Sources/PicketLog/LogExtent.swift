/// From where to where a log reaches, seen from the names and heads of its files: nothing is read but those.
package struct LogExtent: Equatable, Sendable {
    /// The index of the first record that retention left.
    package var first: UInt64
    /// The index after the last sealed record, or of the newest write-ahead file: a live log may be a little longer.
    package var end: UInt64

    /// - Throws: `LogError` when there is no log in `folder`.
    package static func read(
        folder path: String, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) -> LogExtent {
        let folder = LogFolder(path)
        let shape = try LogFormat.read(folder, fileSystem).shape
        let first = try PrunedList.read(folder, fileSystem).below(shape)
        var end = try folder.writeAheadFiles(fileSystem).last ?? 0
        if let last = try folder.segmentFiles(shape, fileSystem).last {
            var segment = try SegmentFile(folder.segmentFile(last, shape), firstIndex: last, fileSystem)
            while case .member(let header, _) = try segment.head(shape), header.kind == .lines {
                segment.advance(over: header)
            }
            end = max(end, segment.nextIndex)
        }
        return LogExtent(first: first, end: max(first, end))
    }
}
