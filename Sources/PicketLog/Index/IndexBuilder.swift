/// Makes the index of a full segment from the segment.
struct IndexBuilder {
    private var zones: [SegmentIndex.Zone] = []
    /// For every value (its key's number, then its canonical text) the numbers of its blocks, ascending.
    private var postings: [[UInt8]: [Int]] = [:]

    /// The number of the block that was added last.
    private var block = -1

    /// Adds the next block.
    mutating func add(_ header: BlockHeader, offset: Int, content: [UInt8]) {
        block += 1
        zones.append(
            SegmentIndex.Zone(
                offset: offset, size: header.memberSize, firstIndex: header.firstIndex, count: header.count,
                earliest: header.earliest, latest: header.latest))
        var seen: Set<ArraySlice<UInt8>> = []
        _ = BlockLines(content).forEach { line in
            LineFields.forEach(content, line) { key, value in
                guard let key = IndexedKey.listed(content, key) else { return true }
                // With the last two letters of its key, which tell the listed keys apart: no copy unless it is new.
                if seen.insert(content[(value.lowerBound - 4)..<value.upperBound]).inserted {
                    append([key.rawValue] + content[value])
                }
                return true
            }
        }
    }

    private mutating func append(_ value: [UInt8]) {
        if postings[value]?.last != block { postings[value, default: []].append(block) }
    }

    /// The index of the segment with this root as a file: a head with root and checksum, then zones and lists,
    /// compressed. Nil when it would be too large to be worth it.
    func encoded(root: TreeHash) -> [UInt8]? {
        var body: [UInt8] = []
        Varint.append(UInt64(zones.count), to: &body)
        for zone in zones {
            Varint.append(UInt64(zone.offset), to: &body)
            Varint.append(UInt64(zone.size), to: &body)
            Varint.append(zone.firstIndex, to: &body)
            Varint.append(UInt64(zone.count), to: &body)
            LittleEndian.append(zone.earliest, to: &body)
            LittleEndian.append(zone.latest, to: &body)
        }
        var before: [UInt8] = []
        for (value, blocks) in postings.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let shared = zip(before, value).prefix { $0 == $1 }.count
            Varint.append(UInt64(shared), to: &body)
            Varint.append(UInt64(value.count - shared), to: &body)
            body += value[shared...]
            var list: [UInt8] = []
            var last = -1
            for block in blocks {
                Varint.append(UInt64(block - last - 1), to: &list)
                last = block
            }
            Varint.append(UInt64(list.count), to: &body)
            body += list
            before = value
        }
        guard body.count <= SegmentIndex.byteLimit, let deflater = Deflater(level: 6) else { return nil }
        var out: [UInt8] = []
        LittleEndian.append(SegmentIndex.magic, to: &out)
        LittleEndian.append(SegmentIndex.version, to: &out)
        root.append(to: &out)
        LittleEndian.append(UInt32(body.count), to: &out)
        LittleEndian.append(Checksum.crc32(body), to: &out)
        LittleEndian.append(UInt64(0), to: &out)
        return deflater.append(body, to: &out) ? out : nil
    }

    /// Reads a whole segment; nil when it is not full, not sound, or has too many values.
    static func build(
        _ folder: LogFolder, _ first: UInt64, _ shape: LogShape, root: TreeHash, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> [UInt8]? {
        guard let inflater = Inflater() else { return nil }
        var segment = try SegmentFile(folder.segmentFile(first, shape), firstIndex: first, fileSystem)
        var builder = IndexBuilder()
        while case .member(let header, let dataOffset) = try segment.head(shape), header.kind == .lines {
            let member = try segment.bytes(of: header)
            guard case .success(let content) = Block.content(of: member, header, dataOffset: dataOffset, inflater)
            else {
                return nil
            }
            builder.add(header, offset: segment.offset, content: content)
            segment.advance(over: header)
        }
        return segment.nextIndex == first + shape.segmentRecords ? builder.encoded(root: root) : nil
    }
}
