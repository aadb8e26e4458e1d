import Dispatch
import PicketLocks

/// The records a query wants, in log order. Full segments are read by their index, the rest of the log whole.
package struct QueryReader {
    /// One wanted record.
    package struct Match: Equatable, Sendable {
        package var index: UInt64
        /// The line without its LF.
        package var line: [UInt8]

        /// The line and its place as one object. The bytes of the line are those of the log: their hash is the leaf.
        package var indexedLine: [UInt8] { Array("{\"index\":\(index),\"record\":".utf8) + line + [0x7D] }
    }

    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem
    private let query: LogQuery
    private let store: IndexStore?
    /// The segment to look at next; nil after the last.
    private var segment: UInt64?
    private var reader: LogReader
    private let finder: RecordFinder
    /// Blocks that are still to be read.
    private var pending: ArraySlice<Place> = []

    /// A block and the segment it is in.
    private struct Place {
        var segment: UInt64
        var zone: SegmentIndex.Zone
    }

    /// Blocks read at once by all threads together.
    private static let batch = 32

    /// Bytes of found records that are held at once; what would be more is read at the next turn.
    private static let heldBytes = 4 << 20

    /// - Parameter isIndexed: false goes by the heads of the blocks alone. An index that somebody forged can hide records:
    ///   evidence is gathered without, from logs that were verified.
    package init(
        folder path: String, _ query: LogQuery, isIndexed: Bool = true, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) {
        folder = LogFolder(path)
        self.fileSystem = fileSystem
        self.query = query
        reader = try LogReader(folder: path, from: query.fromIndex, fileSystem: fileSystem)
        shape = reader.format.shape
        store = isIndexed ? IndexStore(folder, shape, fileSystem) : nil
        segment = shape.segmentStart(of: reader.position)
        finder = RecordFinder(query)
    }

    /// The next matches, some of them or none; nil when there are no more.
    package mutating func next() throws(LogError) -> [Match]? {
        while pending.count < QueryReader.batch, let first = segment, first < query.toIndex { try look(at: first) }
        if !pending.isEmpty { return try matches() }
        guard segment == nil, reader.position < query.toIndex, let block = try reader.next() else { return nil }
        return finder.find(block.bytes, first: block.firstIndex)
    }

    /// Adds the blocks of a segment that can hold what is wanted. The times in heads that no index has compared with the
    /// records are not believed: a head that lies would hide records, and nobody would be told.
    private mutating func look(at first: UInt64) throws(LogError) {
        if let zones = try store?.candidates(query, in: first) {
            pending += zones.map { Place(segment: first, zone: $0) }
            segment = first + shape.segmentRecords
            return
        }
        let (zones, end) = try heads(first)
        pending += zones.filter { $0.fits(query, byTime: store == nil) }.map { Place(segment: first, zone: $0) }
        if end == first + shape.segmentRecords {
            segment = end
        } else {
            segment = nil
            reader = try LogReader(folder: folder.path, from: max(end, query.fromIndex), fileSystem: fileSystem)
        }
    }

    /// The blocks of a segment as their heads say, and the index after them.
    private func heads(_ first: UInt64) throws(LogError) -> ([SegmentIndex.Zone], end: UInt64) {
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
        let next = first + shape.segmentRecords
        if segment.nextIndex == next, try fileSystem.status(folder.segmentFile(next, shape)) != nil,
            let error = try segment.problemAtEnd(shape)
        {
            throw error
        }
        return (zones, segment.nextIndex)
    }

    /// Reads the next blocks side by side.
    private mutating func matches() throws(LogError) -> [Match] {
        var places = Array(pending.prefix(QueryReader.batch))
        var files: [UInt64: any LogFile] = [:]
        for first in Set(places.map(\.segment)) {
            files[first] = try fileSystem.open(folder.segmentFile(first, shape), .read)
        }
        // A large block is read alone, and by this thread: what other threads free stays with them.
        if let first = places.first, let file = files[first.segment],
            try finder.contentBytes(of: first.zone, file) > QueryReader.heldBytes
        {
            places = [first]
        }
        let results = Locked([[Match]?](repeating: nil, count: places.count))
        let state = Locked((held: 0, failure: LogError?.none))
        let lanes = min(places.count, 8)
        DispatchQueue.concurrentPerform(iterations: lanes) { [finder, folder, shape, files, places] lane in
            guard let inflater = Inflater() else { return }
            for number in stride(from: lane, to: places.count, by: lanes) {
                let place = places[number]
                guard let file = files[place.segment] else { return }
                do throws(LogError) {
                    let path = folder.segmentFile(place.segment, shape)
                    let found = try finder.matches(
                        in: place.zone, file, path, inflater,
                        // The first is always read, so that every turn gets on.
                        mayHold: { more in number == 0 || state.withLock { $0.held + more <= QueryReader.heldBytes } },
                        holds: { bytes in state.withLock { $0.held += bytes } })
                    guard let found else { return }
                    results.withLock { $0[number] = found }
                } catch {
                    state.withLock { $0.failure = error }
                }
            }
        }
        if let error = state.withLock({ $0.failure }) { throw error }
        let found = results.withLock { $0.prefix { $0 != nil } }
        guard !found.isEmpty else { throw LogError(.stopped, path: folder.path, problem: "zlib has no memory") }
        pending = pending.dropFirst(found.count)
        return found.flatMap { $0 ?? [] }
    }
}
