import PicketEvents

/// Makes the index of a full segment from the segment.
struct IndexBuilder {
    private var zones: [SegmentIndex.Zone] = []
    /// Every listed value, once: the end of its key, which tells the listed keys apart, `":`, and its canonical text.
    private var values = Interner()
    /// By the number of a value.
    private var postings: [Posting] = []

    /// The blocks of a value, ascending: a chain in ``links``. A list of its own for each of half a million values would take
    /// more memory than the values.
    private struct Posting {
        let key: IndexedKey
        let first: Int32
        var last: Int32
    }

    private struct Link {
        let block: Int32
        /// -1 at the end.
        var next: Int32 = -1
    }

    private var links: [Link] = []
    /// Bytes of ``values``.
    private var valueBytes = 0
    /// Of a segment with more there is no index: reading it whole is as good. A fleet of a million devices, each with one
    /// record and an address of its own, stays below.
    private static let valueBytesLimit = 24 << 20
    private var isTooLarge: Bool { valueBytes > IndexBuilder.valueBytesLimit }

    /// Bytes before a value that are interned with it: two letters of its key, a quote and a colon.
    private static let keyEnd = 4

    /// The number of the block that was added last.
    private var block = -1

    /// Adds the next block.
    mutating func add(_ header: BlockHeader, offset: Int, content: [UInt8]) {
        block += 1
        zones.append(
            SegmentIndex.Zone(
                offset: offset, size: header.memberSize, firstIndex: header.firstIndex, count: header.count,
                earliest: header.earliest, latest: header.latest))
        _ = BlockLines(content).forEach { line in
            LineFields.forEach(content, line) { key, value in
                guard !isTooLarge else { return false }
                guard let key = IndexedKey.listed(content, key) else { return true }
                let range = (value.lowerBound - IndexBuilder.keyEnd)..<value.upperBound
                let number = values.intern(content.span.bytes, range)
                let next = Int32(links.count)
                if number == postings.count {
                    valueBytes += range.count
                    postings.append(Posting(key: key, first: next, last: next))
                    links.append(Link(block: Int32(block)))
                } else if links[Int(postings[number].last)].block != Int32(block) {
                    links[Int(postings[number].last)].next = next
                    postings[number].last = next
                    links.append(Link(block: Int32(block)))
                }
                return true
            }
        }
    }

    /// The index of the segment with this root as a file: a head with root and checksum, a directory of zones and pieces,
    /// and the pieces with the lists. Nil when it would be too large to be worth it.
    func encoded(root: TreeHash) -> [UInt8]? {
        guard !isTooLarge else { return nil }
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
        guard let deflater = Deflater(level: 6) else { return nil }
        var stored: [UInt8] = []
        for piece in pieces() {
            let start = stored.count
            guard deflater.append(piece.content, to: &stored) else { return nil }
            Varint.append(UInt64(piece.first.count), to: &body)
            body += piece.first
            Varint.append(UInt64(stored.count - start), to: &body)
            Varint.append(UInt64(piece.content.count), to: &body)
            LittleEndian.append(Checksum.crc32(piece.content), to: &body)
        }
        var directory: [UInt8] = []
        guard deflater.append(body, to: &directory) else { return nil }
        var out: [UInt8] = []
        LittleEndian.append(SegmentIndex.magic, to: &out)
        LittleEndian.append(SegmentIndex.version, to: &out)
        root.append(to: &out)
        LittleEndian.append(UInt32(body.count), to: &out)
        LittleEndian.append(Checksum.crc32(body), to: &out)
        LittleEndian.append(UInt32(directory.count), to: &out)
        LittleEndian.append(UInt32(0), to: &out)
        out += directory + stored
        return out.count <= SegmentIndex.byteLimit ? out : nil
    }

    /// The lists of all values in ascending order, cut into pieces. A value is written without what it shares with the one
    /// before it in its piece.
    private func pieces() -> [(first: [UInt8], content: [UInt8])] {
        var pieces: [(first: [UInt8], content: [UInt8])] = []
        var before: [UInt8] = []
        func text(_ number: Int) -> ArraySlice<UInt8> { values.bytes(number).dropFirst(IndexBuilder.keyEnd) }
        let order = postings.indices.sorted {
            let (a, b) = (postings[$0].key.rawValue, postings[$1].key.rawValue)
            return a == b ? text($0).lexicographicallyPrecedes(text($1)) : a < b
        }
        for number in order {
            let value = [postings[number].key.rawValue] + text(number)
            if pieces.last.map({ $0.content.count >= SegmentIndex.pieceBytes }) ?? true {
                pieces.append((value, []))
                before = []
            }
            var piece = pieces.removeLast()
            let shared = zip(before, value).prefix { $0 == $1 }.count
            Varint.append(UInt64(shared), to: &piece.content)
            Varint.append(UInt64(value.count - shared), to: &piece.content)
            piece.content += value[shared...]
            var list: [UInt8] = []
            var last = -1
            var place = Int(postings[number].first)
            while place >= 0 {
                let block = Int(links[place].block)
                Varint.append(UInt64(block - last - 1), to: &list)
                last = block
                place = Int(links[place].next)
            }
            Varint.append(UInt64(list.count), to: &piece.content)
            piece.content += list
            pieces.append(piece)
            before = value
        }
        return pieces
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
            // What is wrong is told, with its place, by whoever reads the blocks instead.
            guard case .success(let content) = Block.content(of: member, header, dataOffset: dataOffset, inflater),
                BlockLines(content).problem(with: header) == nil
            else { return nil }
            builder.add(header, offset: segment.offset, content: content)
            guard !builder.isTooLarge else { return nil }
            segment.advance(over: header)
        }
        guard segment.nextIndex == first + shape.segmentRecords, try segment.problemAtEnd(shape) == nil else {
            return nil
        }
        return builder.encoded(root: root)
    }
}
