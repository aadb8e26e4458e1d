/// Appends blocks to the newest segment, and begins the next one when it is full. A full segment is durable before the
/// next one is created, so that only the newest can ever be torn.
struct SegmentWriter {
    /// Where a writer goes on: the newest segment as recovery found it.
    struct Position: Equatable {
        /// The first index of the segment; nil when none is open.
        var segment: UInt64?
        var offset = 0
        /// Over the blocks in the segment so far.
        var earliest = Int64.max
        var latest = Int64.min
    }

    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem
    private let deflater: Deflater
    private var position: Position
    private var file: (any LogFile)?
    private var isSynced = true

    /// The index after the last record that was appended.
    private(set) var nextIndex: UInt64
    /// The index after the last record that is durable here.
    private(set) var durableIndex: UInt64

    /// Goes on at `position`, before which all records below `nextIndex` are sealed and durable.
    init(
        _ folder: LogFolder, _ shape: LogShape, level: Int, at position: Position, nextIndex: UInt64,
        _ fileSystem: any LogFileSystem
    ) throws(LogError) {
        guard let deflater = Deflater(level: level) else {
            throw LogError(.stopped, path: folder.path, problem: "zlib has no memory")
        }
        self.folder = folder
        self.shape = shape
        self.deflater = deflater
        self.position = position
        self.fileSystem = fileSystem
        self.nextIndex = nextIndex
        durableIndex = nextIndex
        if let segment = position.segment {
            file = try fileSystem.open(folder.segmentFile(segment, shape), .write)
        }
    }

    /// Appends a block. After an error nothing of it is in the segment, or the error is not `full` and the writer must
    /// not be used again.
    mutating func append(_ block: Block) throws(LogError) {
        // It comes again when what follows it found no room; its segment has ended then.
        if position.segment == nil, block.endIndex == nextIndex { return }
        if position.segment == nil { try begin(block.firstIndex) }
        guard let segment = position.segment, let file else {
            throw LogError(.stopped, path: folder.segments, problem: "no segment is open")
        }
        // A block that comes again after a full disk may have been written before the end of its segment was not.
        if block.endIndex != nextIndex {
            guard block.firstIndex == nextIndex, let member = block.member(deflater) else {
                throw LogError(
                    .stopped, path: folder.segments,
                    problem: "a block of record \(block.firstIndex) cannot follow record \(nextIndex)")
            }
            try write(member, to: file)
            nextIndex = block.endIndex
            position.earliest = min(position.earliest, block.earliest)
            position.latest = max(position.latest, block.latest)
        }
        if let root = block.segmentRoot, nextIndex == segment + shape.segmentRecords { try end(root: root) }
    }

    /// Ends a full segment: an empty member says so, and all of it becomes durable. Also called by recovery when a
    /// crash came between the last block and this.
    mutating func end(root: TreeHash) throws(LogError) {
        guard let segment = position.segment, let file else { return }
        let header = BlockHeader(
            kind: .end, memberSize: 0, count: UInt32(shape.segmentRecords),
            firstIndex: segment, earliest: position.earliest, latest: position.latest, root: root)
        guard let member = Block.member(header, content: [], deflater) else {
            throw LogError(.stopped, path: folder.segments, problem: "zlib failed")
        }
        try write(member, to: file)
        try sync()
        self.file = nil
        position = Position()
    }

    /// Makes everything appended so far durable.
    mutating func sync() throws(LogError) {
        if !isSynced {
            guard let file else {
                throw LogError(.stopped, path: folder.segments, problem: "a segment could not be made durable")
            }
            // Dropped first: after an error it is not synced again, nor written.
            self.file = nil
            try file.sync()
            self.file = file
        }
        isSynced = true
        durableIndex = nextIndex
    }

    private mutating func begin(_ firstIndex: UInt64) throws(LogError) {
        guard shape.segmentStart(of: firstIndex) == firstIndex,
            firstIndex >> UInt64(shape.segmentLog2) < LogLimits.segments
        else {
            throw LogError(
                .stopped, path: folder.segments, problem: "no segment can begin with record \(firstIndex)",
                advice: "A log holds \(LogLimits.segments) segments; begin a new one")
        }
        let group = folder.segmentFolder(firstIndex, shape)
        if try fileSystem.status(group) == nil {
            try fileSystem.makeFolder(group)
            try fileSystem.syncFolder(folder.segments)
        }
        let path = folder.segmentFile(firstIndex, shape)
        // An empty file was left by an earlier try on a full disk.
        let isEmpty = try fileSystem.status(path)?.size == 0
        file = try fileSystem.open(path, isEmpty ? .write : .create)
        try fileSystem.syncFolder(group)
        position = Position(segment: firstIndex)
    }

    private mutating func write(_ member: [UInt8], to file: any LogFile) throws(LogError) {
        isSynced = false
        do throws(LogError) {
            try file.write(member, at: position.offset)
        } catch {
            // The write-ahead file still holds the records; the partial member must not stay in their way.
            try file.truncate(to: position.offset)
            throw error
        }
        position.offset += member.count
    }
}
