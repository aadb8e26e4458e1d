/// What is known of a full segment without reading it: where its blocks lie and which times they hold, and for every
/// value of the listed keys the blocks that hold it. Derived from the segment, disposable, and bound to it by its root.
///
/// The lists lie in pieces of their own, of which a question needs one or two: to decompress all lists of a segment costs
/// as much as ten of its blocks.
struct SegmentIndex: Sendable {
    /// One block of the segment.
    struct Zone: Equatable, Sendable {
        var offset: Int
        var size: Int
        var firstIndex: UInt64
        var count: UInt32
        var earliest: Int64
        var latest: Int64

        /// Whether records that `query` wants can lie here, by their indexes and, unless `byTime` is false, their times.
        func fits(_ query: LogQuery, byTime: Bool = true) -> Bool {
            (!byTime || query.fits(earliest: earliest, latest: latest)) && firstIndex < query.toIndex
                && firstIndex + UInt64(count) > query.fromIndex
        }
    }

    /// A piece of the lists, compressed by itself.
    private struct Piece {
        /// The first value in it.
        var first: [UInt8]
        var offset: Int
        var size: Int
        var contentSize: Int
        var checksum: UInt32
    }

    private(set) var zones: [Zone] = []
    private var pieces: [Piece] = []
    private let bytes: [UInt8]

    static let magic: UInt32 = 0x5844_4950
    static let version: UInt32 = 2
    static let headBytes = 56
    /// Bytes an index may have: thirty for each record in a segment of the standard size.
    static let byteLimit = 8 << 20
    /// Where the writer begins a new piece: large enough that compression loses nothing.
    static let pieceBytes = 64 << 10
    /// The largest piece a reader takes: the size above and one value with its list.
    private static let pieceLimit = 4 << 20

    /// Reads an index; nil when it is damaged, of another version, or of a segment with another root.
    init?(_ bytes: [UInt8], root: TreeHash) {
        guard bytes.count > SegmentIndex.headBytes, LittleEndian.load(UInt32.self, bytes, at: 0) == SegmentIndex.magic,
            LittleEndian.load(UInt32.self, bytes, at: 4) == SegmentIndex.version, TreeHash(bytes, at: 8) == root
        else { return nil }
        let stored = Int(LittleEndian.load(UInt32.self, bytes, at: 48))
        let start = SegmentIndex.headBytes + stored
        guard start <= bytes.count,
            let directory = SegmentIndex.inflate(
                bytes, SegmentIndex.headBytes..<start, size: Int(LittleEndian.load(UInt32.self, bytes, at: 40)),
                checksum: LittleEndian.load(UInt32.self, bytes, at: 44))
        else { return nil }
        self.bytes = bytes
        guard read(directory, piecesAt: start) else { return nil }
    }

    private mutating func read(_ directory: [UInt8], piecesAt start: Int) -> Bool {
        var cursor = Varint.Cursor(0)
        guard let count = cursor.next(directory), count <= directory.count else { return false }
        for _ in 0..<count {
            guard let offset = cursor.next(directory), let size = cursor.next(directory),
                let first = cursor.next(directory),
                let records = cursor.next(directory).flatMap({ UInt32(exactly: $0) }),
                cursor.position + 16 <= directory.count
            else { return false }
            zones.append(
                Zone(
                    offset: offset, size: size, firstIndex: UInt64(first), count: records,
                    earliest: LittleEndian.load(Int64.self, directory, at: cursor.position),
                    latest: LittleEndian.load(Int64.self, directory, at: cursor.position + 8)))
            cursor.position += 16
        }
        var offset = start
        while cursor.position < directory.count {
            guard let length = cursor.next(directory), length <= directory.count - cursor.position else { return false }
            let first = Array(directory[cursor.position..<(cursor.position + length)])
            cursor.position += length
            guard let size = cursor.next(directory), size <= bytes.count - offset,
                let contentSize = cursor.next(directory), cursor.position + 4 <= directory.count
            else { return false }
            let checksum = LittleEndian.load(UInt32.self, directory, at: cursor.position)
            cursor.position += 4
            pieces.append(
                Piece(first: first, offset: offset, size: size, contentSize: contentSize, checksum: checksum))
            offset += size
        }
        return offset == bytes.count
    }

    private static func inflate(_ bytes: [UInt8], _ range: Range<Int>, size: Int, checksum: UInt32) -> [UInt8]? {
        guard size <= pieceLimit, let inflater = Inflater(), let content = inflater.inflate(bytes, range, size: size),
            Checksum.crc32(content) == checksum
        else { return nil }
        return content
    }

    /// Whether both say the same, however it is compressed.
    func says(sameAs other: SegmentIndex) -> Bool {
        guard zones == other.zones, pieces.count == other.pieces.count else { return false }
        return zip(pieces, other.pieces).allSatisfy { mine, theirs in
            guard mine.first == theirs.first, let content = content(of: mine) else { return false }
            return content == other.content(of: theirs)
        }
    }

    private func content(of piece: Piece) -> [UInt8]? {
        SegmentIndex.inflate(
            bytes, piece.offset..<(piece.offset + piece.size), size: piece.contentSize, checksum: piece.checksum)
    }

    /// The blocks in which records that `query` wants can lie; nil when the index is damaged there.
    func candidates(_ query: LogQuery) -> [Zone]? {
        var found: Set<Int>?
        for (key, values) in query.terms where key.isListed {
            var own: Set<Int> = []
            for value in Set(values) {
                guard let blocks = blocks(of: [key.rawValue] + value) else { return nil }
                own.formUnion(blocks)
            }
            found = found.map { $0.intersection(own) } ?? own
        }
        guard let found else { return zones.filter { $0.fits(query) } }
        return found.sorted().map { zones[$0] }.filter { $0.fits(query) }
    }

    /// The numbers of the blocks that hold `value` (its key's number, then its canonical text); nil for damage.
    private func blocks(of value: [UInt8]) -> [Int]? {
        guard let piece = pieces.last(where: { !value.lexicographicallyPrecedes($0.first) }) else { return [] }
        guard let lists = content(of: piece) else { return nil }
        var cursor = Varint.Cursor(0)
        var current: [UInt8] = []
        while cursor.position < lists.count {
            guard let shared = cursor.next(lists), shared <= current.count, let rest = cursor.next(lists),
                rest <= lists.count - cursor.position
            else { return nil }
            current.removeLast(current.count - shared)
            current.append(contentsOf: lists[cursor.position..<(cursor.position + rest)])
            cursor.position += rest
            guard let size = cursor.next(lists), size <= lists.count - cursor.position else { return nil }
            if current == value { return numbers(lists, cursor.position..<(cursor.position + size)) }
            cursor.position += size
        }
        return []
    }

    /// The numbers of a list: each is the gap to the one before.
    private func numbers(_ lists: [UInt8], _ range: Range<Int>) -> [Int]? {
        var cursor = Varint.Cursor(range.lowerBound)
        var found: [Int] = []
        var last = -1
        while cursor.position < range.upperBound {
            guard let gap = cursor.next(lists), gap < zones.count - last - 1 else { return nil }
            last += gap + 1
            found.append(last)
        }
        return found
    }
}
