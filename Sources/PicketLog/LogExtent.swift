import PicketEvents

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

extension LogExtent {
    /// The index after the last record there is now, in a live log too.
    package static func present(
        folder path: String, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) -> UInt64 {
        var end = try read(folder: path, fileSystem: fileSystem).end
        var reader = try LogReader(folder: path, from: end, fileSystem: fileSystem)
        while let block = try reader.next() { end = block.endIndex }
        return end
    }

    /// The `received` times of the first and of the last record of those below `end`, Unix ms; nil when there is none.
    package static func times(
        folder path: String, below end: UInt64 = .max, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) -> (first: Int64, last: Int64)? {
        var reader = try LogReader(folder: path, fileSystem: fileSystem)
        guard let first = try reader.next().flatMap({ received($0.bytes[...]) }) else { return nil }
        let extent = try LogExtent.read(folder: path, fileSystem: fileSystem)
        let reach = min(end, extent.end)
        var last = first
        reader = try LogReader(
            folder: path, from: max(extent.first, reach - min(reach, 1)), fileSystem: fileSystem)
        while reader.position < end, let block = try reader.next()?.below(end) {
            let line = block.bytes.dropLast().lastIndex(of: 0x0A).map { block.bytes[($0 + 1)...] } ?? block.bytes[...]
            last = max(last, received(line) ?? last)
        }
        return (first, last)
    }

    /// The time every canonical line begins with: `{"received":"` and 24 bytes.
    private static func received(_ line: ArraySlice<UInt8>) -> Int64? {
        Timestamp.parse(String(decoding: line.dropFirst(13).prefix(24), as: UTF8.self))
    }
}
