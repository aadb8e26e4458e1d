/// Walks the segments, rebuilds the tree over the sealed records, and cuts off a torn last block where the write-ahead
/// files still hold its records.
struct SegmentRecovery {
    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem
    private let writeAhead: WriteAheadRecovery

    /// The tree over the sealed records.
    private(set) var frontier = TreeFrontier()
    private(set) var position = SegmentWriter.Position()
    /// The root of the newest segment, when it is full but its end is missing.
    private(set) var missingEnd: TreeHash?
    /// Records below were deleted by retention.
    private(set) var prunedBelow: UInt64 = 0
    /// The root of the last full segment.
    private var segmentRoot: TreeHash?

    init(
        _ folder: LogFolder, _ shape: LogShape, _ writeAhead: WriteAheadRecovery, _ fileSystem: any LogFileSystem
    ) {
        self.folder = folder
        self.shape = shape
        self.writeAhead = writeAhead
        self.fileSystem = fileSystem
    }

    mutating func run(_ report: inout RecoveryReport) throws(LogError) {
        let pruned = try PrunedList.read(folder, fileSystem)
        prunedBelow = pruned.below(shape)
        try LogWriter.removePruned(pruned, folder, shape, fileSystem)
        for root in pruned.roots where !frontier.append(subtree: root, level: shape.segmentLog2) {
            throw LogError.corrupt(folder.pruned, "names more segments than a log can have")
        }
        let segments = try folder.segmentFiles(shape, fileSystem)
        for (place, first) in segments.enumerated() {
            let path = folder.segmentFile(first, shape)
            guard first == frontier.size else {
                throw LogError(
                    .missing, path: folder.segmentFile(frontier.size, shape), problem: "the segment is not there",
                    advice: "Restore it from a copy", index: frontier.size)
            }
            if place + 1 < segments.count {
                try takeFull(path, first)
            } else {
                try walk(path, first, &report)
                try harden(path, first)
            }
        }
    }

    /// Makes durable what was read: a process that was killed may have left it in the system's memory only, and the
    /// write-ahead files that hold it too are going to be removed.
    private func harden(_ path: String, _ first: UInt64) throws(LogError) {
        try fileSystem.open(path, .write).sync()
        try fileSystem.syncFolder(folder.segmentFolder(first, shape))
        try fileSystem.syncFolder(folder.segments)
    }

    /// A segment that is not the newest ends with its end member, which tells its root.
    private mutating func takeFull(_ path: String, _ first: UInt64) throws(LogError) {
        guard let header = try SegmentFile.end(of: path, first, shape, fileSystem),
            frontier.append(subtree: header.root, level: shape.segmentLog2)
        else { throw LogError.corrupt(path, "does not end as a full segment does", index: first) }
    }

    /// The newest segment, block by block. Blocks whose records the write-ahead files hold are read whole and compared
    /// with them: those are the ones a crash can have torn.
    private mutating func walk(_ path: String, _ first: UInt64, _ report: inout RecoveryReport) throws(LogError) {
        guard let inflater = Inflater() else {
            throw LogError(.stopped, path: path, problem: "zlib has no memory")
        }
        var segment = try SegmentFile(path, firstIndex: first, fileSystem)
        position = SegmentWriter.Position(segment: first)
        while true {
            let problem: String
            switch try segment.head(shape) {
            case .none:
                if segment.nextIndex == first + shape.segmentRecords { noteMissingEnd() }
                return
            case .cut: problem = "a block is cut short"
            case .damaged(let text): problem = text
            case .member(let header, let dataOffset):
                if let text = try take(header, dataOffset, segment, inflater) {
                    problem = text
                    break
                }
                segment.advance(over: header)
                position.offset = segment.offset
                if header.kind == .end {
                    guard try segment.size() == segment.offset else {
                        throw LogError.corrupt(path, "goes on after its end", offset: segment.offset)
                    }
                    position = SegmentWriter.Position()
                    return
                }
                position.earliest = min(position.earliest, header.earliest)
                position.latest = max(position.latest, header.latest)
                continue
            }
            try cut(segment, problem, &report)
            return
        }
    }

    /// Adds a block to the tree; returns what is wrong with it instead, if anything is.
    private mutating func take(
        _ header: BlockHeader, _ dataOffset: Int, _ segment: SegmentFile, _ inflater: Inflater
    ) throws(LogError) -> String? {
        if header.kind == .end {
            guard BlockHeader.isSound(try segment.bytes(of: header), checksumAt: header.checksumAt) else {
                return "the end of the segment does not match its checksum"
            }
            return segmentRoot == header.root ? nil : "the end of the segment names another root"
        }
        let isHeld = header.endIndex > writeAhead.coveredFrom && header.firstIndex < writeAhead.endIndex
        let isFull = UInt64(header.count) == shape.blockRecords
        if isFull, !isHeld {
            var root = segmentRoot
            let isPlaced = frontier.append(subtree: header.root, level: shape.blockLog2) { [shape] level, node in
                if level == shape.segmentLog2 { root = node }
            }
            segmentRoot = root
            return isPlaced ? nil : "a full block does not begin where a full block can"
        }
        let content: [UInt8]
        switch Block.content(of: try segment.bytes(of: header), header, dataOffset: dataOffset, inflater) {
        case .failure(let damage): return damage.problem
        case .success(let bytes): content = bytes
        }
        let leaves = BlockLines(content).leaves()
        guard leaves.count == Int(header.count), TreeHash.head(of: leaves) == header.root else {
            return "the records of a block are not those its head names"
        }
        if isHeld {
            // Sound, but not what was acknowledged: not a crash's doing.
            let held = max(header.firstIndex, writeAhead.coveredFrom)
            let records = writeAhead.records(from: held, to: header.endIndex)
            guard
                content.suffix(from: BlockLines(content).offset(of: Int(held - header.firstIndex)))
                    .prefix(records.bytes.count).elementsEqual(records.bytes)
            else {
                throw LogError.corrupt(
                    segment.path, "holds other records than the write-ahead file", index: held, offset: segment.offset)
            }
        }
        var root = segmentRoot
        for leaf in leaves {
            frontier.append(leaf) { [shape] level, node in
                if level == shape.segmentLog2 { root = node }
            }
        }
        segmentRoot = root
        return nil
    }

    private mutating func noteMissingEnd() { missingEnd = segmentRoot }

    /// Cuts the newest segment off before its next block.
    private mutating func cut(
        _ segment: SegmentFile, _ problem: String, _ report: inout RecoveryReport
    ) throws(LogError) {
        let index = segment.nextIndex
        let isComplete = index == segment.firstIndex + shape.segmentRecords
        // The end of a full segment is durable before the file with its last record is removed.
        let held = isComplete ? index - 1 : index
        let isHeld = held >= writeAhead.coveredFrom && held < writeAhead.endIndex
        let torn = try segment.rest(limit: SegmentRecovery.tornBytes)
        guard isHeld, torn.count < SegmentRecovery.tornBytes, !claimsMore(torn, than: writeAhead.endIndex)
        else { throw LogError.corrupt(segment.path, problem, index: index, offset: segment.offset) }
        report.tornBlockBytes += torn.count
        report.notes.append("\(torn.count) bytes of torn blocks at record \(index) moved to quarantine; sealed again")
        try Quarantine.keep(torn, of: segment.path, at: segment.offset, folder, fileSystem)
        let file = try fileSystem.open(segment.path, .write)
        try file.truncate(to: segment.offset)
        try file.sync()
        if isComplete { noteMissingEnd() }
    }

    /// The most bytes a crash can tear: blocks are made durable at the latest when their write-ahead file is left.
    private static let tornBytes = 32 << 20

    /// Whether a block in `bytes` holds records that the write-ahead files do not: then it was durable, and is no tear.
    private func claimsMore(_ bytes: [UInt8], than end: UInt64) -> Bool {
        var position = 0
        while position + BlockHeader.byteCount <= bytes.count {
            if bytes[position] == 0x1F, bytes[position + 1] == 0x8B,
                case .header(let header, _) = BlockHeader.parse(
                    Array(bytes[position..<(position + BlockHeader.byteCount)])),
                header.kind == .lines, header.endIndex > end, header.endIndex <= end + shape.segmentRecords
            {
                return true
            }
            position += 1
        }
        return false
    }
}
