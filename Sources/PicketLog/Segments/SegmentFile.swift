/// Reads the members of one segment from the beginning, one head after the other.
struct SegmentFile {
    let path: String
    /// The first index of the segment.
    let firstIndex: UInt64
    private let file: any LogFile
    /// Where the next member begins.
    private(set) var offset = 0
    /// The first record of the next member.
    private(set) var nextIndex: UInt64

    init(_ path: String, firstIndex: UInt64, _ fileSystem: any LogFileSystem) throws(LogError) {
        self.path = path
        self.firstIndex = firstIndex
        nextIndex = firstIndex
        file = try fileSystem.open(path, .read)
    }

    /// The head of the end member of a full segment; nil when the file does not end with one. The member holds no data,
    /// so its size is fixed.
    static func end(
        of path: String, _ firstIndex: UInt64, _ shape: LogShape, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> BlockHeader? {
        guard let status = try fileSystem.status(path) else { return nil }
        let length = BlockHeader.byteCount + 2 + BlockHeader.trailerBytes
        guard status.size >= length else { return nil }
        let bytes = try fileSystem.open(path, .read).read(at: status.size - length, count: length)
        guard case .header(let header, _) = BlockHeader.parse(bytes), header.kind == .end,
            header.memberSize == length, BlockHeader.isSound(bytes, checksumAt: header.checksumAt),
            header.firstIndex == firstIndex, UInt64(header.count) == shape.segmentRecords
        else { return nil }
        return header
    }

    /// What stands at ``offset``.
    enum Member: Equatable {
        case member(BlockHeader, dataOffset: Int)
        /// The file ends here.
        case none
        /// The file ends within the member.
        case cut
        case damaged(String)
    }

    /// Reads the head of the next member; ``offset`` stays.
    func head(_ shape: LogShape) throws(LogError) -> Member {
        let available = try file.size() - offset
        guard available > 0 else { return .none }
        var bytes = try file.read(at: offset, count: min(available, BlockHeader.byteCount))
        var parsed = BlockHeader.parse(bytes)
        if parsed == .short, bytes.count < min(available, BlockHeader.maximumBytes) {
            bytes = try file.read(at: offset, count: min(available, BlockHeader.maximumBytes))
            parsed = BlockHeader.parse(bytes)
        }
        switch parsed {
        case .short: return .cut
        case .damaged(let problem): return .damaged(problem)
        case .header(let header, let dataOffset):
            if let problem = misfit(header, shape) { return .damaged(problem) }
            return header.memberSize > available ? .cut : .member(header, dataOffset: dataOffset)
        }
    }

    /// Why `header` cannot stand here, if it cannot.
    private func misfit(_ header: BlockHeader, _ shape: LogShape) -> String? {
        if header.kind == .end {
            guard header.firstIndex == firstIndex, UInt64(header.count) == shape.segmentRecords,
                nextIndex == firstIndex + shape.segmentRecords
            else { return "the end of the segment stands too early" }
            return nil
        }
        guard header.firstIndex == nextIndex, nextIndex < firstIndex + shape.segmentRecords else {
            return "a block of record \(header.firstIndex) stands where \(nextIndex) should"
        }
        guard header.endIndex <= shape.blockEnd(after: nextIndex) else {
            return "a block of \(header.count) records reaches beyond its place"
        }
        return nil
    }

    /// Why a full segment whose blocks were all stepped over does not end as it should; nil when it does: with its end, and
    /// nothing behind it.
    func problemAtEnd(_ shape: LogShape) throws(LogError) -> LogError? {
        guard case .member(let header, _) = try head(shape), header.kind == .end,
            try file.size() == offset + header.memberSize
        else { return .corrupt(path, "the segment goes on, or has no end", index: nextIndex, offset: offset) }
        return nil
    }

    /// The whole next member, as its head says.
    func bytes(of header: BlockHeader) throws(LogError) -> [UInt8] {
        try file.read(at: offset, count: header.memberSize)
    }

    /// Steps over the next member.
    mutating func advance(over header: BlockHeader) {
        offset += header.memberSize
        if header.kind == .lines { nextIndex = header.endIndex }
    }

    /// Bytes of the file.
    func size() throws(LogError) -> Int { try file.size() }

    /// The rest of the file from ``offset``, at most `limit` bytes.
    func rest(limit: Int) throws(LogError) -> [UInt8] {
        try file.read(at: offset, count: min(limit, max(0, try file.size() - offset)))
    }
}
