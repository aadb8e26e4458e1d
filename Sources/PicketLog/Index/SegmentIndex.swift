/// What is known of a full segment without reading it: where its blocks lie and which times they hold, and for every
/// value of the listed keys the blocks that hold it. Derived from the segment, disposable, and bound to it by its root.
struct SegmentIndex: Sendable {
    /// One block of the segment.
    struct Zone: Equatable, Sendable {
        var offset: Int
        var size: Int
        var firstIndex: UInt64
        var count: UInt32
        var earliest: Int64
        var latest: Int64

        /// Whether records that `query` wants can lie here, by their indexes and times.
        func fits(_ query: LogQuery) -> Bool {
            query.fits(earliest: earliest, latest: latest) && firstIndex < query.toIndex
                && firstIndex + UInt64(count) > query.fromIndex
        }
    }

    private(set) var zones: [Zone] = []
    /// The lists of blocks, as in the file.
    private let lists: [UInt8]

    static let magic: UInt32 = 0x5844_4950
    static let version: UInt32 = 1
    static let headBytes = 56
    /// Bytes an index may have, uncompressed: thirty for each record in a segment of the standard size.
    static let byteLimit = 8 << 20

    /// The blocks in which records that `query` wants can lie.
    func candidates(_ query: LogQuery) -> [Zone] {
        let wanted = query.terms.filter { $0.key.isListed }
        guard !wanted.isEmpty else { return zones.filter { $0.fits(query) } }
        let terms = wanted.mapValues { values in Set(values) }
        var blocks: [IndexedKey: Set<Int>] = [:]
        forEachList { value, list in
            guard let key = value.first.flatMap({ IndexedKey(rawValue: $0) }), let values = terms[key],
                values.contains(where: { $0.count == value.count - 1 && value.dropFirst().elementsEqual($0) })
            else { return }
            blocks[key, default: []].formUnion(list())
        }
        var found: Set<Int>?
        for key in wanted.keys {
            let own = blocks[key] ?? []
            found = found.map { $0.intersection(own) } ?? own
        }
        return (found ?? []).sorted().map { zones[$0] }.filter { $0.fits(query) }
    }

    /// Reads an index; nil when it is damaged, of another version, or of a segment with another root.
    init?(_ bytes: [UInt8], root: TreeHash) {
        guard bytes.count > SegmentIndex.headBytes, LittleEndian.load(UInt32.self, bytes, at: 0) == SegmentIndex.magic,
            LittleEndian.load(UInt32.self, bytes, at: 4) == SegmentIndex.version, TreeHash(bytes, at: 8) == root
        else { return nil }
        let size = Int(LittleEndian.load(UInt32.self, bytes, at: 40))
        guard size <= SegmentIndex.byteLimit, let inflater = Inflater(),
            let body = inflater.inflate(bytes, SegmentIndex.headBytes..<bytes.count, size: size),
            Checksum.crc32(body) == LittleEndian.load(UInt32.self, bytes, at: 44)
        else { return nil }
        var cursor = Varint.Cursor(0)
        guard let count = cursor.next(body), count <= body.count else { return nil }
        for _ in 0..<count {
            guard let offset = cursor.next(body), let size = cursor.next(body), let first = cursor.next(body),
                let records = cursor.next(body).flatMap({ UInt32(exactly: $0) }), cursor.position + 16 <= body.count
            else { return nil }
            zones.append(
                Zone(
                    offset: offset, size: size, firstIndex: UInt64(first), count: records,
                    earliest: LittleEndian.load(Int64.self, body, at: cursor.position),
                    latest: LittleEndian.load(Int64.self, body, at: cursor.position + 8)))
            cursor.position += 16
        }
        lists = Array(body[cursor.position...])
        guard isWhole() else { return nil }
    }

    /// Tells every value (its key's number, then its canonical text) and how to read its blocks.
    ///
    /// Values are sorted, and written without what they share with the one before. The checksum was right, so the lists
    /// are as they were written; reading stops at the first that is not.
    private func forEachList(_ body: (ArraySlice<UInt8>, () -> [Int]) -> Void) {
        var cursor = Varint.Cursor(0)
        var value: [UInt8] = []
        while cursor.position < lists.count {
            guard let shared = cursor.next(lists), shared <= value.count, let rest = cursor.next(lists),
                rest <= lists.count - cursor.position
            else { return }
            value.removeLast(value.count - shared)
            value.append(contentsOf: lists[cursor.position..<(cursor.position + rest)])
            cursor.position += rest
            guard let size = cursor.next(lists), size <= lists.count - cursor.position else { return }
            let start = cursor.position
            body(value[...]) { blocks(lists, start..<(start + size)) }
            cursor.position += size
        }
    }

    /// The numbers of a list: each is the gap to the one before.
    private func blocks(_ lists: [UInt8], _ range: Range<Int>) -> [Int] {
        var cursor = Varint.Cursor(range.lowerBound)
        var found: [Int] = []
        var last = -1
        while cursor.position < range.upperBound, let gap = cursor.next(lists), gap < zones.count - last - 1 {
            last += gap + 1
            found.append(last)
        }
        return found
    }

    /// Whether the lists can be read to their end.
    private func isWhole() -> Bool {
        var cursor = Varint.Cursor(0)
        while cursor.position < lists.count {
            guard cursor.next(lists) != nil, let rest = cursor.next(lists), rest <= lists.count - cursor.position else {
                return false
            }
            cursor.position += rest
            guard let size = cursor.next(lists), size <= lists.count - cursor.position else { return false }
            cursor.position += size
        }
        return true
    }
}
