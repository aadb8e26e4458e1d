import Dispatch
import Synchronization

/// The records a query wants, in log order. Full segments are read by their index, the rest of the log whole.
package struct QueryReader {
    /// One wanted record.
    package struct Match: Equatable, Sendable {
        package var index: UInt64
        /// The line without its LF.
        package var line: [UInt8]
    }

    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem
    private let query: LogQuery
    private let store: IndexStore
    private var segment: UInt64?
    private var reader: LogReader
    private let finder: RecordFinder
    /// Blocks of the present segment that are still to be read.
    private var pending: ArraySlice<SegmentIndex.Zone> = []

    /// Blocks read at once by all threads together.
    private static let batch = 32

    package init(
        folder path: String, _ query: LogQuery, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) {
        folder = LogFolder(path)
        self.fileSystem = fileSystem
        self.query = query
        reader = try LogReader(folder: path, from: query.fromIndex, fileSystem: fileSystem)
        shape = reader.format.shape
        store = IndexStore(folder, shape, fileSystem)
        segment = shape.segmentStart(of: query.fromIndex)
        finder = RecordFinder(query)
    }

    /// The next matches, some of them or none; nil when there are no more.
    package mutating func next() throws(LogError) -> [Match]? {
        while true {
            if !pending.isEmpty {
                let zones = Array(pending.prefix(QueryReader.batch))
                pending = pending.dropFirst(zones.count)
                return try matches(zones)
            }
            guard let first = segment else { break }
            guard first < query.toIndex else { return nil }
            current = first
            if let index = try store.index(of: first) {
                pending = index.candidates(query)[...]
                segment = first + shape.segmentRecords
            } else {
                let (zones, end) = try openZones(first)
                pending = zones.filter { $0.fits(query) }[...]
                segment = nil
                reader = try LogReader(
                    folder: folder.path, from: max(end, query.fromIndex), fileSystem: fileSystem)
            }
        }
        guard reader.position < query.toIndex, let block = try reader.next() else { return nil }
        return finder.find(block.bytes, first: block.firstIndex)
    }

    /// The segment of ``pending``.
    private var current: UInt64 = 0

    /// The blocks of the newest segment, which has no index yet, and the index after them.
    private func openZones(_ first: UInt64) throws(LogError) -> ([SegmentIndex.Zone], end: UInt64) {
        let path = folder.segmentFile(first, shape)
        guard try fileSystem.status(path) != nil else { return ([], first) }
        var segment = try SegmentFile(path, firstIndex: first, fileSystem)
        var zones: [SegmentIndex.Zone] = []
        while case .member(let header, _) = try segment.head(shape), header.kind == .lines {
            zones.append(
                SegmentIndex.Zone(
                    offset: segment.offset, size: header.memberSize, firstIndex: header.firstIndex,
                    count: header.count, earliest: header.earliest, latest: header.latest))
            segment.advance(over: header)
        }
        return (zones, segment.nextIndex)
    }

    private func matches(_ zones: [SegmentIndex.Zone]) throws(LogError) -> [Match] {
        let path = folder.segmentFile(current, shape)
        let file = try fileSystem.open(path, .read)
        let results = Mutex([[Match]](repeating: [], count: zones.count))
        let failure = Mutex(LogError?.none)
        let lanes = min(zones.count, 8)
        DispatchQueue.concurrentPerform(iterations: lanes) { [finder] lane in
            guard let inflater = Inflater() else { return }
            for place in stride(from: lane, to: zones.count, by: lanes) {
                do throws(LogError) {
                    let found = try finder.matches(in: zones[place], file, path, inflater)
                    results.withLock { $0[place] = found }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return results.withLock { $0.flatMap { $0 } }
    }
}
