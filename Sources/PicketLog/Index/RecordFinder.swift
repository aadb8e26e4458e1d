import Glibc

/// Finds the wanted records of one block.
struct RecordFinder: Sendable {
    private let query: LogQuery
    /// Bytes that every wanted record holds, where there are such.
    private let needle: ByteSearch?

    init(_ query: LogQuery) {
        self.query = query
        needle = query.needle.map { ByteSearch($0) }
    }

    /// Reads a block where the index says it lies, and finds its wanted records.
    ///
    /// - Parameters:
    ///   - mayHold: whether that many bytes more may be held now; large blocks ask one after the other, each when those
    ///     before have said what they hold.
    ///   - holds: is told how many bytes the records have.
    /// - Returns: nil when no more may be held.
    func matches(
        in zone: SegmentIndex.Zone, _ file: any LogFile, _ path: String, _ inflater: Inflater,
        mayHold: (Int) -> Bool, holds: (Int) -> Void
    ) throws(LogError) -> [QueryReader.Match]? {
        guard zone.size <= LogLimits.memberBytes else { throw LogError.corrupt(path, "a block is too large") }
        return try MemberTurn.read(zone.size, at: zone.offset, of: file) { (member) throws(LogError) in
            // gzip's last four bytes: the length of the content, of which no more can be found.
            guard member.count >= 4, mayHold(Int(LittleEndian.load(UInt32.self, member, at: member.count - 4))) else {
                return nil
            }
            guard case .header(let header, let dataOffset) = BlockHeader.parse(member),
                header.firstIndex == zone.firstIndex, header.memberSize == member.count, header.count == zone.count,
                case .success(let content) = Block.content(
                    of: member, header, dataOffset: dataOffset, isProof: false, inflater)
            else { throw LogError.corrupt(path, "a block is damaged", index: zone.firstIndex, offset: zone.offset) }
            if let problem = BlockLines(content).problem(with: header) {
                throw LogError.corrupt(path, problem, index: zone.firstIndex, offset: zone.offset)
            }
            let found = find(content, first: header.firstIndex)
            holds(found.reduce(0) { $0 + $1.line.count })
            return found
        }
    }

    /// How many bytes the block's content has, as gzip's last four bytes say.
    func contentBytes(of zone: SegmentIndex.Zone, _ file: any LogFile) throws(LogError) -> Int {
        guard zone.size >= 4, zone.size <= LogLimits.memberBytes else { return 0 }
        let bytes = try file.read(at: zone.offset + zone.size - 4, count: 4)
        return bytes.count == 4 ? Int(LittleEndian.load(UInt32.self, bytes, at: 0)) : 0
    }

    /// The wanted records of a block's content, whose first record is `first`.
    func find(_ content: [UInt8], first: UInt64) -> [QueryReader.Match] {
        var found: [QueryReader.Match] = []
        var index = first
        func look(_ line: Range<Int>) {
            if index >= query.fromIndex, index < query.toIndex, query.fits(content, line) {
                found.append(QueryReader.Match(index: index, line: Array(content[line])))
            }
            index += 1
        }
        guard let needle else {
            _ = BlockLines(content).forEach(look)
            return found
        }
        // Looks closely only at lines that hold the needle; those in between are counted.
        content.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var position = 0
            while let place = needle.first(in: bytes, from: position) {
                var start = position
                while let end = memchr(base + start, 0x0A, place - start) {
                    start = base.distance(to: UnsafeRawPointer(end)) + 1
                    index += 1
                }
                guard let end = memchr(base + place, 0x0A, bytes.count - place) else { return }
                look(start..<base.distance(to: UnsafeRawPointer(end)))
                position = base.distance(to: UnsafeRawPointer(end)) + 1
            }
        }
        return found
    }
}
